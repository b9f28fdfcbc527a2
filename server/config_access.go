package server

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
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
	AuditKeep  time.Duration // how long audit records are kept; 0: for ever
	TokenKeep  time.Duration // how long tokens are listed after their end; 0: for ever
	// Systems is what systems that call with a certificate may issue, by ID.
	Systems map[string]access.Scope
	// Units is to which units those belong who call with a certificate, by ID.
	Units map[string]string
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
	keep := func(key, def, doc string, field func(*Access) *time.Duration) Setting {
		return Setting{Key: key, Default: def, Doc: doc, set: func(c *Config, v string) (err error) {
			if v == "off" {
				return nil
			}
			*field(&c.Access), err = parseWait(v, 30*day, 100*365*day)
			return err
		}}
	}
	return []Setting{
		rate("rates.read", d.Read, "reading calls of one caller, at once or spread; off: no limit", func(l *access.Limits) *access.Rate { return &l.Read }),
		rate("rates.write", d.Write, "changing calls of one caller that issue nothing", func(l *access.Limits) *access.Rate { return &l.Write }),
		rate("rates.issue", d.Issue, "issuing calls of one caller", func(l *access.Limits) *access.Rate { return &l.Issue }),
		number("rates.watches", d.Watches, "watches that one caller may have open", func(a *Access) *int { return &a.Limits.Watches }),
		rate("rates.failures", d.Failures, "failed tokens and sign-ins from one address", func(l *access.Limits) *access.Rate { return &l.Failures }),
		rate("rates.refusals", d.Refusals, "refused calls of one caller that the audit log keeps; the others it counts", func(l *access.Limits) *access.Rate { return &l.Refusals }),
		wait("tokens.max_age", "8760h", "the longest life of a token", time.Hour, 10*365*day, func(a *Access) *time.Duration { return &a.TokenAge }),
		number("tokens.most", access.DefaultTokens, "tokens that are in effect at once", func(a *Access) *int { return &a.Tokens }),
		keep("tokens.keep", "17520h", "how long tokens are listed after they expired or were revoked; off: for ever", func(a *Access) *time.Duration { return &a.TokenKeep }),
		wait("accounts.session", "12h", "how long a sign-in with an account is good", time.Minute, 30*day, func(a *Access) *time.Duration { return &a.SessionAge }),
		wait("accounts.setup", "72h", "how long a set-up secret of an account is good", time.Hour, 30*day, func(a *Access) *time.Duration { return &a.SetupAge }),
		{
			Key: "systems", Doc: "what systems that call with a certificate may issue, such as plant-portal=border_rejection,follow_up; food-portal=alert; nothing if not given",
			set: func(c *Config, v string) (err error) {
				c.Access.Systems, err = parseSystems(v)
				return err
			},
		},
		{
			Key: "units", Doc: "to which unit those belong who call with a certificate, by the id in it, such as lan.nguyen=plant-protection; gate=huu-nghi; to none if not given",
			set: func(c *Config, v string) (err error) {
				c.Access.Units, err = parseUnits(v)
				return err
			},
		},
		keep("audit.keep", "87600h", "how long audit records are kept; off: for ever", func(a *Access) *time.Duration { return &a.AuditKeep }),
	}
}

// systemID is what a system or person may be called, as in a certificate.
var systemID = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// parseSystems reads the scopes of systems: ID=SCOPE, separated by semicolons.
func parseSystems(v string) (map[string]access.Scope, error) {
	systems := make(map[string]access.Scope)
	for one := range strings.SplitSeq(strings.TrimSuffix(strings.TrimSpace(v), ";"), ";") {
		id, text, ok := strings.Cut(one, "=")
		id = strings.TrimSpace(id)
		scope, err := access.ParseScope(text)
		switch {
		case !ok || !systemID.MatchString(id):
			return nil, fmt.Errorf("%q does not begin with the id of a system and =, such as plant-portal=border_rejection", strings.TrimSpace(one))
		case err != nil:
			return nil, fmt.Errorf("%s: %w", id, err)
		}
		if _, twice := systems[id]; twice {
			return nil, fmt.Errorf("%s is given twice", id)
		}
		systems[id] = scope
	}
	return systems, nil
}

// unitID is what a unit may be called, as on a card.
var unitID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// parseUnits reads who belongs to which unit: ID=UNIT, separated by semicolons.
func parseUnits(v string) (map[string]string, error) {
	units := make(map[string]string)
	for one := range strings.SplitSeq(strings.TrimSuffix(strings.TrimSpace(v), ";"), ";") {
		id, unit, _ := strings.Cut(one, "=")
		id, unit = strings.TrimSpace(id), strings.TrimSpace(unit)
		if !systemID.MatchString(id) || !unitID.MatchString(unit) {
			return nil, fmt.Errorf("%q is not the id of a person, = and the id of a unit, such as lan.nguyen=plant-protection", strings.TrimSpace(one))
		}
		if _, twice := units[id]; twice {
			return nil, fmt.Errorf("%s is given twice", id)
		}
		units[id] = unit
	}
	return units, nil
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
		AuditKeep: a.AuditKeep, TokenKeep: a.TokenKeep, Units: a.Units,
	}
}
