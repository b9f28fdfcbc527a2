package server

import (
	"fmt"
	"strconv"

	"github.com/spsalert/spsalert/server/access"
)

// eyesSettings returns the keys of the rule about the second person.
func eyesSettings() []Setting {
	return []Setting{
		{
			Key: "four_eyes.alone", Default: "none",
			Doc: "what one person may issue alone, with commas: classifications of notifications, kinds of other statements; all or none",
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

// parseAlone reads what one person may issue alone.
func parseAlone(v string) (access.Scope, error) {
	switch v {
	case "none":
		return access.Scope{}, nil
	case "all":
		return access.WholeScope(), nil
	}
	return access.ParseScope(v)
}
