package server

import "fmt"

// deskSettings returns the keys of the desk.
func deskSettings() []Setting {
	return []Setting{{
		Key: "focal_point",
		Doc: "id of the unit whose people are the focal point: they see everything and issue for the office, like whoever belongs to no unit",
		set: func(c *Config, v string) error {
			if v != "" && !unitID.MatchString(v) {
				return fmt.Errorf("%q is not the id of a unit, such as plant-protection", v)
			}
			c.FocalPoint = v
			return nil
		},
	}, {
		Key: "desk.call_after", Default: "100",
		Doc: "percent of the time to acknowledge an alert after which the desk says whom to telephone",
		set: func(c *Config, v string) (err error) {
			c.CallAfter, err = parseWithin(v, 1, 100)
			return err
		},
	}}
}
