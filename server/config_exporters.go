package server

import (
	"fmt"
	"time"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

// exporterSettings returns the keys of what exporters are told.
func exporterSettings() []Setting {
	return []Setting{
		{
			Key: "exporters.at_once", Default: "none",
			Doc: "classifications, with commas, of which an exporter is told at once whose code stands in a case; none: an officer releases each notice",
			set: func(c *Config, v string) (err error) {
				c.Exporters.AtOnce, err = parseAtOnce(v)
				return err
			},
		},
		{
			Key: "exporters.exact_code", Default: "4",
			Doc: "how many letters and digits a code has at least of which a match is exact; a shorter one is proposed to an officer",
			set: func(c *Config, v string) (err error) {
				c.Exporters.ExactCode, err = parseCount(v)
				return err
			},
		},
		{
			Key: "exporters.answer_within", Default: "72h",
			Doc: "how long an exporter has to answer a notice",
			set: func(c *Config, v string) (err error) {
				c.Exporters.AnswerWithin, err = parseWait(v, time.Hour, 90*24*time.Hour)
				return err
			},
		},
		{
			Key: "exporters.answers", Default: "200",
			Doc: "how many answers one notice takes",
			set: func(c *Config, v string) (err error) {
				c.Exporters.Answers, err = parseWithin(v, 1, 10000)
				return err
			},
		},
		{
			Key: "exporters.answer_files", Default: "500",
			Doc: "how many files the answers to one notice have together",
			set: func(c *Config, v string) (err error) {
				c.Exporters.Files, err = parseWithin(v, 1, 10000)
				return err
			},
		},
		{
			Key: "exporters.answer_length", Default: "20000",
			Doc: "how many characters the texts of one answer have together",
			set: func(c *Config, v string) (err error) {
				c.Exporters.Length, err = parseWithin(v, 500, 100000)
				return err
			},
		},
	}
}

// parseAtOnce reads classifications. Fraud is always an officer's to release.
func parseAtOnce(v string) ([]spsv1.Classification, error) {
	if v == "none" {
		return nil, nil
	}
	s, err := access.ParseScope(v)
	if err != nil {
		return nil, err
	}
	if len(s.Kinds) > 0 {
		return nil, fmt.Errorf("%q names kinds of statements: give classifications, as in alert,border_rejection", v)
	}
	for _, c := range s.Classifications {
		if c == spsv1.Classification_CLASSIFICATION_FRAUD {
			return nil, fmt.Errorf("%q names fraud: an officer releases each notice of it", v)
		}
	}
	return s.Classifications, nil
}
