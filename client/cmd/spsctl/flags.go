package main

import (
	"errors"
	"regexp"
	"strings"
)

// What cobra says of flags that exclude each other, of which one is needed, and
// that are needed.
var (
	flagsExclude = regexp.MustCompile(`^if any flags in the group \[.*\] are set none of the others can be; \[(.*)\] were all set$`)
	flagNeeded   = regexp.MustCompile(`^at least one of the flags in the group \[(.*)\] is required$`)
	flagsMissing = regexp.MustCompile(`^required flag\(s\) (.*) not set$`)
)

// plainFlags says in plain words what cobra says of flags.
func plainFlags(err error) error {
	if m := flagsExclude.FindStringSubmatch(err.Error()); m != nil {
		return errors.New("give only one of " + dashed(m[1], " and "))
	}
	if m := flagNeeded.FindStringSubmatch(err.Error()); m != nil {
		return errors.New("give " + dashed(m[1], " or "))
	}
	if m := flagsMissing.FindStringSubmatch(err.Error()); m != nil {
		return errors.New("give " + dashed(strings.NewReplacer(`"`, "", ",", "").Replace(m[1]), " and "))
	}
	return err
}

// dashed writes the names of flags, with a word before the last one.
func dashed(names, last string) string {
	all := strings.Fields(names)
	for i, name := range all {
		all[i] = "--" + name
	}
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	return strings.Join(all[:len(all)-1], ", ") + last + all[len(all)-1]
}
