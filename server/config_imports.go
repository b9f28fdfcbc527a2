package server

import (
	"strconv"
	"time"

	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/intake"
)

// importSettings returns the keys of imports. Each is for one laboratory, or the code register.
func importSettings() []Setting {
	count := func(key string, def int, doc string, most int, field func(*intake.Limits) *int) Setting {
		return Setting{Key: key, Default: strconv.Itoa(def), Doc: doc, set: func(c *Config, v string) (err error) {
			*field(&c.Imports), err = parseWithin(v, 1, most)
			return err
		}}
	}
	return []Setting{
		{
			Key: "imports.bytes", Default: "32MiB", Doc: "largest sheet that is imported",
			set: func(c *Config, v string) (err error) {
				c.Imports.Bytes, err = parseSize(v, 1<<10, blob.MaxSize)
				return err
			},
		},
		count("imports.rows", 50_000, "most rows of a sheet that is imported", 200_000, func(l *intake.Limits) *int { return &l.Rows }),
		count("imports.open", 10, "imports of one laboratory, or of the code register, that are neither done, failed nor cancelled", 1000, func(l *intake.Limits) *int { return &l.Open }),
		count("imports.kept", 200, "imports of one laboratory, or of the code register, that are listed; the oldest that ended goes for a new one", 10_000, func(l *intake.Limits) *int { return &l.Kept }),
		{
			Key: "imports.keep", Default: "720h", Doc: "an import is removed so long after it changed last; what it kept stays",
			set: func(c *Config, v string) (err error) {
				c.Imports.Keep, err = parseWait(v, time.Hour, 10*365*24*time.Hour)
				return err
			},
		},
	}
}
