package office

import (
	"testing"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/routing"
)

// TestWhoSeesADraft holds the rule of units; the roles over the wire are tested
// with a node.
func TestWhoSeesADraft(t *testing.T) {
	of := func(unit, id string) *spsv1.Draft {
		return &spsv1.Draft{Unit: unit, DraftedBy: &spsv1.Person{Id: id}}
	}
	caller := func(role certs.Role, unit, id string) access.Caller {
		return access.Caller{Identity: certs.Identity{Role: role, ID: id}, Unit: unit}
	}
	for _, c := range []struct {
		name   string
		draft  *spsv1.Draft
		caller access.Caller
		want   bool
	}{
		{"an officer of the focal point", of("lang-son", "an"), caller(certs.RoleOfficer, "", "binh"), true},
		{"an officer of the unit", of("lang-son", "an"), caller(certs.RoleOfficer, "lang-son", "binh"), true},
		{"an officer of another unit", of("lang-son", "an"), caller(certs.RoleOfficer, "lao-cai", "binh"), false},
		{"a validator of another unit", of("lang-son", "an"), caller(certs.RoleValidator, "lao-cai", "binh"), false},
		{"a validator of a unit, of the focal point's", of("", "an"), caller(certs.RoleValidator, "lao-cai", "binh"), false},
		{"an auditor of another unit", of("lang-son", "an"), caller(certs.RoleAuditor, "lao-cai", "binh"), true},
		{"a post of the unit", of("lang-son", "an"), caller(certs.RolePost, "lang-son", "gate"), true},
		{"a post without a unit", of("", "an"), caller(certs.RolePost, "", "gate"), false},
		{"a post without a unit, its own", of("", "gate"), caller(certs.RolePost, "", "gate"), true},
		{"one of the same name in a unit", of("lang-son", "gate"), caller(certs.RolePost, "", "gate"), false},
	} {
		if got := visible(c.draft, c.caller, routing.NewTree(nil)); got != c.want {
			t.Errorf("%s: visible = %t, want %t", c.name, got, c.want)
		}
	}
}
