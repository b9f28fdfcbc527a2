package main

import (
	"fmt"
	"strings"

	"github.com/spsalert/spsalert/client/codes"
)

// checkLanguage refuses what no language is called. Which language of the locale
// is there nobody chose for spsctl, so that is not looked at.
func checkLanguage(tag string) error {
	if tag == "" {
		return nil
	}
	base, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(tag, "_", "-")), "-")
	list, _ := codes.Builtin().List("language")
	for e := range list.All() {
		if known, _, _ := strings.Cut(e.Code, "-"); known == base {
			return nil
		}
	}
	return usageError{fmt.Errorf("--lang is %q, want en, vi, zh or th; for texts and names of codes alone another language, such as km or lo", tag)}
}
