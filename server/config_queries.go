package server

import (
	"fmt"
	"strconv"

	"github.com/spsalert/spsalert/server/casebook"
)

// querySettings returns the keys of what may be asked of lists and watches.
func querySettings() []Setting {
	def := casebook.DefaultLimits()
	count := func(key string, def, least, most int, doc string, field func(*casebook.Limits) *int) Setting {
		return Setting{Key: key, Default: strconv.Itoa(def), Doc: doc, set: func(c *Config, v string) (err error) {
			*field(&c.Queries), err = parseWithin(v, least, most)
			return err
		}}
	}
	return []Setting{
		count("limits.query_rows", def.Rows, 1000, 100_000_000,
			"statements that are looked at for one page of a list; a page that uses them up is short",
			func(l *casebook.Limits) *int { return &l.Rows }),
		{
			Key: "limits.query_size", Default: fmt.Sprintf("%dKiB", def.Size>>10), Doc: "longest filter, and longest query of free text",
			set: func(c *Config, v string) error {
				n, err := parseSize(v, 256, 64<<10)
				c.Queries.Size = int(n)
				return err
			},
		},
		count("limits.query_words", def.Words, 1, 1000, "most words of a query of free text",
			func(l *casebook.Limits) *int { return &l.Words }),
		count("limits.query_terms", def.Terms, 1, 1000, "most comparisons in a filter; each value of a field counts",
			func(l *casebook.Limits) *int { return &l.Terms }),
	}
}

// parseWithin reads a whole number between two.
func parseWithin(v string, least, most int) (int, error) {
	n, err := strconv.Atoi(v)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is not a whole number such as %d", v, least)
	case n < least || n > most:
		return 0, fmt.Errorf("%d is not between %d and %d", n, least, most)
	}
	return n, nil
}
