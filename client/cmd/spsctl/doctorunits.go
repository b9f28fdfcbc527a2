package main

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

const (
	unitCases   = 1000 // at how many cases with units doctor looks, the last first
	astrayNamed = 3    // how many of those with a unit that is gone it names
)

// units looks for cases with units that are not on the card. A role that does not
// read the cases of all units is told nothing.
func (d *doctor) units(ctx context.Context, node *client.Client, role certs.Role) {
	if role != certs.RoleOfficer && role != certs.RoleValidator && role != certs.RoleAuditor {
		return
	}
	card, err := node.UnitService().ListUnits(ctx, &spsv1.ListUnitsRequest{})
	if err != nil {
		return
	}
	d.astray(card.GetUnits(), pages(unitCases, "", func(size int32, token string) ([]*spsv1.Case, string, error) {
		page, err := node.CaseService().ListCases(ctx, &spsv1.ListCasesRequest{Filter: "with_units", PageSize: size, PageToken: token})
		return page.GetCases(), page.GetNextPageToken(), err
	}))
}

// astray looks which of some cases, in which units have not done their part, are
// with a unit that is not one of those on the card: nobody belongs to it any more.
func (d *doctor) astray(card []*spsv1.Unit, cases iter.Seq2[*spsv1.Case, error]) {
	known := make(map[string]bool)
	for _, u := range card {
		known[u.GetId()] = true
	}
	var named []string
	looked, found := 0, 0
	for c, err := range cases {
		if err != nil {
			return
		}
		looked++
		for _, unit := range c.GetSummary().GetUnitsOpen() {
			if known[unit] {
				continue
			}
			if found++; found <= astrayNamed {
				named = append(named, c.GetReference()+" with "+unit)
			}
		}
	}
	switch {
	case looked == 0:
	case found == 0:
		d.ok("units", "every unit that has not done its part in a case is on the card")
	default:
		if more := found - len(named); more > 0 {
			named = append(named, fmt.Sprintf("%d more", more))
		}
		d.look("units", "give each to another unit: spsctl case route REFERENCE --to UNIT --from UNIT --reason TEXT",
			"cases are with units that are not on the card: %s", strings.Join(named, ", "))
	}
}
