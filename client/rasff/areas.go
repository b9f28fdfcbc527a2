package rasff

import (
	"iter"
	"strings"
	"sync"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client/codes"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// areaCodes returns the codes of areas by their folded English names: the usual
// one and the others that are met.
var areaCodes = sync.OnceValue(func() map[string]string {
	known := make(map[string]string)
	for e := range entries("area") {
		known[fold(e.Name())] = e.Code
		for _, name := range e.Other {
			known[fold(name)] = e.Code
		}
	}
	return known
})

// entries returns the entries of a built-in code list.
func entries(system string) iter.Seq[codes.Entry] {
	list, ok := codes.Builtin().List(system)
	if !ok {
		return func(func(codes.Entry) bool) {} // a test holds the lists to be there
	}
	return list.All()
}

// fold returns a name without what does not matter when names are compared.
func fold(name string) string {
	return strings.ReplaceAll(strings.ToLower(squeeze(name)), "’", "'")
}

// squeeze returns s with one blank wherever there was any white space, and none
// around it.
func squeeze(s string) string {
	return strings.Join(strings.Fields(s), " ")
}

// toArea returns the area of an English name, with its code if it has one.
func toArea(name string) *spsv1.Area {
	return &spsv1.Area{Code: areaCodes()[fold(name)], AsWritten: name}
}

// areaKey returns what two mentions of one area have in common.
func areaKey(a *spsv1.Area) string {
	if a.GetCode() != "" {
		return a.GetCode()
	}
	return fold(a.GetAsWritten())
}

// unknownOrigin is what the column origin says of an origin that was looked for
// and not found.
const unknownOrigin = "unknown origin"

// bodies are names in the columns of flags that are no areas.
var bodies = []string{"INFOSAN", "European Commission", "EFSA Member", "EFSA"}

// body returns the name of a body as it writes itself; empty if name is not
// one.
func body(name string) string {
	for _, b := range bodies {
		if strings.EqualFold(squeeze(name), b) {
			return b
		}
	}
	return ""
}

// commissionUnit is the unit of the European Commission in its own office. It
// notifies for Northern Ireland.
const commissionUnit = "EC"

// network are the members of the RASFF network: the member states of the EU,
// those of EFTA, and Northern Ireland. The EU's office speaks for them, and each
// is a unit of it.
var network = func() map[string]bool {
	members := make(map[string]bool)
	for code := range strings.FieldsSeq(`
		AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK
		CH IS LI NO XI`) {
		members[code] = true
	}
	return members
}()

// unit returns the id of the unit of the EU's office that a notifying country
// is; empty if it is none.
func unit(name string) string {
	if strings.EqualFold(squeeze(name), "European Commission") {
		return commissionUnit
	}
	if code := areaCodes()[fold(name)]; network[code] {
		return code
	}
	return ""
}

// member returns the office of the federation whose area a is; empty if there
// is none.
func (o Options) member(a *spsv1.Area) certs.Office {
	for _, office := range o.Members {
		if office != Office && string(office) == a.GetCode() {
			return office
		}
	}
	return ""
}
