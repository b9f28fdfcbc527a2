package routing

import (
	"fmt"
	"time"

	"github.com/spsalert/spsalert/client/plain"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// Check returns everything that is wrong with routing rules, in the field at path,
// beyond the rules of single fields.
func Check(rules *spsv1.Routing, path string, t Tree) statement.Problems {
	var problems statement.Problems
	names := make(map[string]bool)
	for i, r := range rules.GetRules() {
		at := fmt.Sprintf("%s.rules[%d]", path, i)
		name := plain.Text(r.GetName())
		if names[name] {
			problems = append(problems, statement.Problem{
				Field: at + ".name", Reason: "RULE_NAME_USED", Sentence: "give another name: a rule before it has this one",
			})
		}
		names[name] = true
		problems = append(problems, Unknown(r.GetUnits(), at+".units", t)...)
	}
	return append(problems, Unknown(rules.GetOtherwise(), path+".otherwise", t)...)
}

// Unknown returns which units, in the field at path, are not on the card.
func Unknown(units []string, path string, t Tree) statement.Problems {
	var problems statement.Problems
	for i, id := range units {
		if t.Unit(id) == nil {
			problems = append(problems, UnitUnknown(fmt.Sprintf("%s[%d]", path, i)))
		}
	}
	return problems
}

// UnitUnknown says of a field that it names no unit of the card.
func UnitUnknown(field string) statement.Problem {
	return statement.Problem{
		Field: field, Reason: "UNIT_UNKNOWN", Sentence: "give the id of a unit that is on the card of this office",
	}
}

// longestShift bounds how long somebody can be on duty.
const longestShift = 31 * 24 * time.Hour

// CheckRota returns everything that is wrong with a duty rota, in the field at path,
// beyond the rules of single fields.
func CheckRota(rota *spsv1.DutyRota, path string, t Tree) statement.Problems {
	var problems statement.Problems
	for i, s := range rota.GetShifts() {
		at := fmt.Sprintf("%s.shifts[%d]", path, i)
		if s.GetUnit() != "" && t.Unit(s.GetUnit()) == nil {
			problems = append(problems, UnitUnknown(at+".unit"))
		}
		if s.GetEndTime().AsTime().Sub(s.GetStartTime().AsTime()) > longestShift {
			problems = append(problems, statement.Problem{
				Field: at + ".end_time", Reason: "SHIFT_LONG", Sentence: "let a shift last at most 31 days",
			})
		}
	}
	return problems
}
