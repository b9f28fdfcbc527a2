package server

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spsalert/spsalert/server/access"
)

// Access says what callers may ask of the node, and how long what proves them
// is good.
type Access struct {
	Limits     access.Limits
	TokenAge   time.Duration // the longest life of a token
	Tokens     int           // most tokens in effect
	SessionAge time.Duration // how long a sign-in is good
	SetupAge   time.Duration // how long a set-up secret is good
}

// accessSettings returns the keys of [Access].
func accessSettings() []Setting {
	d := access.DefaultLimits()
	rate := func(key string, def access.Rate, doc string, field func(*access.Limits) *access.Rate) Setting {
		return Setting{Key: key, Default: def.String(), Doc: doc, set: func(c *Config, v string) (err error) {
			*field(&c.Access.Limits), err = access.ParseRate(v)
			return err
		}}
	}
	number := func(key string, def int, doc string, field func(*Access) *int) Setting {
		return Setting{Key: key, Default: strconv.Itoa(def), Doc: doc, set: func(c *Config, v string) (err error) {
			*field(&c.Access), err = parseCount(v)
			return err
		}}
	}
	wait := func(key, def, doc string, least, most time.Duration, field func(*Access) *time.Duration) Setting {
		return Setting{Key: key, Default: def, Doc: doc, set: func(c *Config, v string) (err error) {
			*field(&c.Access), err = parseWait(v, least, most)
			return err
		}}
	}
	const day = 24 * time.Hour
	return []Setting{
		rate("rates.read", d.Read, "reading calls of one caller, at once or spread; off: no limit", func(l *access.Limits) *access.Rate { return &l.Read }),
		rate("rates.write", d.Write, "changing calls of one caller that issue nothing", func(l *access.Limits) *access.Rate { return &l.Write }),
		rate("rates.issue", d.Issue, "issuing calls of one caller", func(l *access.Limits) *access.Rate { return &l.Issue }),
		number("rates.watches", d.Watches, "watches that one caller may have open", func(a *Access) *int { return &a.Limits.Watches }),
		rate("rates.failures", d.Failures, "failed tokens and sign-ins from one address", func(l *access.Limits) *access.Rate { return &l.Failures }),
		rate("rates.refusals", d.Refusals, "refused calls of one caller that the audit log keeps; the others it counts", func(l *access.Limits) *access.Rate { return &l.Refusals }),
		wait("tokens.max_age", "8760h", "the longest life of a token", time.Hour, 10*365*day, func(a *Access) *time.Duration { return &a.TokenAge }),
		number("tokens.most", access.DefaultTokens, "tokens that are in effect at once", func(a *Access) *int { return &a.Tokens }),
		wait("accounts.session", "12h", "how long a sign-in with an account is good", time.Minute, 30*day, func(a *Access) *time.Duration { return &a.SessionAge }),
		wait("accounts.setup", "72h", "how long a set-up secret of an account is good", time.Hour, 30*day, func(a *Access) *time.Duration { return &a.SetupAge }),
	}
}

// maxCount bounds numbers of the configuration that count things.
const maxCount = 100_000

// parseCount reads a number of things.
func parseCount(v string) (int, error) {
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > maxCount {
		return 0, fmt.Errorf("%q is not a number from 1 to %d", v, maxCount)
	}
	return n, nil
}

// registerOptions returns what the register of a node is made of.
func (s *Server) registerOptions(guarded guardedStore) access.RegisterOptions {
	a := s.config.Access
	return access.RegisterOptions{
		Store: guarded, Roster: s.id.roster, Now: s.now, Logger: s.logger,
		Limits: a.Limits, TokenAge: a.TokenAge, Tokens: a.Tokens, SessionAge: a.SessionAge, SetupAge: a.SetupAge,
	}
}
