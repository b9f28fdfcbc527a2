package server

// deskSettings returns the keys of the desk.
func deskSettings() []Setting {
	return []Setting{{
		Key: "desk.call_after", Default: "100",
		Doc: "percent of the time to acknowledge an alert after which the desk says whom to telephone",
		set: func(c *Config, v string) (err error) {
			c.CallAfter, err = parseWithin(v, 1, 100)
			return err
		},
	}}
}
