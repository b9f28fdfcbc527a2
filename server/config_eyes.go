package server

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/spsalert/spsalert/server/access"
)

// eyesSettings returns the keys of the rule about the second person.
func eyesSettings() []Setting {
	return []Setting{
		{
			Key: "four_eyes.alone", Default: "none",
			Doc: "what one person may issue alone, with commas: classifications, and kinds of what may be said in cases that are of those before and after it; all or none",
			set: func(c *Config, v string) (err error) {
				c.FourEyes.Alone, err = parseAlone(v)
				return err
			},
		},
		{
			Key: "four_eyes.out_of_hours", Default: "false",
			Doc: "whether one person may issue anything while the office is closed, by the hours on its card",
			set: func(c *Config, v string) (err error) {
				if c.FourEyes.OutOfHours, err = strconv.ParseBool(v); err != nil {
					return fmt.Errorf("%q is neither true nor false", v)
				}
				return nil
			},
		},
	}
}

// parseAlone reads what one person may issue alone. What is said in a case is
// bound to the classification of the case, so one must be named.
func parseAlone(v string) (access.Scope, error) {
	switch v {
	case "none":
		return access.Scope{}, nil
	case "all":
		return access.WholeScope(), nil
	}
	s, err := access.ParseScope(v)
	inCase := func(kind string) bool { return kind != "announcement" }
	if err == nil && len(s.Classifications) == 0 && slices.ContainsFunc(s.Kinds, inCase) {
		return access.Scope{}, fmt.Errorf("%q names no classification: add those of the cases in which one person may say it, as in news,closure", v)
	}
	return s, err
}
