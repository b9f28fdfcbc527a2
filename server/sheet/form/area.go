package form

import (
	"regexp"
	"sync"

	"github.com/spsalert/spsalert/client/codes"
	"github.com/spsalert/spsalert/client/plain"
)

// areaCode is a code of ISO 3166.
var areaCode = regexp.MustCompile(`^[A-Z]{2}(-[A-Z0-9]{1,3})?$`)

// AreaCode reports whether a text has the form of a code of ISO 3166, such as VN or
// VN-45.
func AreaCode(text string) bool { return areaCode.MatchString(text) }

// AreaNamed returns the code of an area by its whole name in any language; empty if
// there is none, or several.
func AreaNamed(name string) string { return areas()[plain.Joined(name)] }

var areas = sync.OnceValue(func() map[string]string { return Named("area") })

// Named returns the codes of a code list by their names and themselves, as
// [plain.Joined] has them. What names two is left out.
func Named(system string) map[string]string {
	all := map[string]string{}
	list, ok := codes.Builtin().List(system)
	if !ok {
		return all
	}
	twice := map[string]bool{}
	for e := range list.All() {
		for _, name := range append(e.Other, e.Code) {
			add(all, twice, name, e.Code)
		}
		for _, n := range e.Names {
			add(all, twice, n.Text, e.Code)
		}
	}
	for name := range twice {
		delete(all, name)
	}
	return all
}

func add(all map[string]string, twice map[string]bool, name, code string) {
	key := plain.Joined(name)
	if before, ok := all[key]; ok && before != code {
		twice[key] = true
	}
	all[key] = code
}
