package statement

import (
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// AdviseEffect returns a problem for each change of a code's status in s that would
// set no status, though s counts: as the next statement of its office in c, now, or as
// the first of a case if c is nil; and for each that lifts no suspension. held returns
// what was said before of the code of a change. Like [Advise] it is never a reason to
// refuse. An error is one of held.
func AdviseEffect(s *spsv1.Statement, c *Case, now time.Time, held func(*spsv1.CodeStatement) ([]*spsv1.CodeStatement, error)) (Problems, error) {
	if len(codeMeasures(s)) == 0 || (s.GetCaseRef() != nil) != (c != nil) {
		return nil, nil
	}
	next := newest(s)
	next.Time = now
	original, others := next, []CaseEntry(nil)
	if c != nil {
		original = c.f.original
		for i := range c.f.entries {
			others = append(others, c.f.entries[i].CaseEntry)
		}
		others = append(others, next)
	}
	paths := make(map[string]string) // of the changes, by the ids of their measures
	eachMessage(s.ProtoReflect(), "", func(m proto.Message, path string) {
		if measure, ok := m.(*spsv1.Measure); ok && measure.GetCodeStatus() != nil {
			paths[measure.GetId()] = path + ".code_status"
		}
	})
	all := slices.DeleteFunc(Fold(original, others).GetCodeStatements(), func(said *spsv1.CodeStatement) bool {
		return paths[said.GetMeasure()] == "" || said.GetSaid().GetStatement() != next.Name()
	})
	var problems Problems
	for len(all) > 0 {
		goods := 1 // of one measure
		for goods < len(all) && all[goods].GetMeasure() == all[0].GetMeasure() {
			goods++
		}
		if err := adviseChange(&problems, paths[all[0].GetMeasure()], all[:goods], held); err != nil {
			return nil, err
		}
		all = all[goods:]
	}
	return problems, nil
}

// adviseChange advises of a change at path, with one sentence for all its goods.
func adviseChange(problems *Problems, path string, goods []*spsv1.CodeStatement, held func(*spsv1.CodeStatement) ([]*spsv1.CodeStatement, error)) error {
	switch goods[0].GetNoEffectReason() {
	case spsv1.NoEffectReason_NO_EFFECT_REASON_ORIGIN_UNKNOWN:
		problems.add(path+".code.area", "ORIGIN_UNKNOWN", "say which country gave the code, such as VN: the case does not say it, so the change is kept and sets no status")
	case spsv1.NoEffectReason_NO_EFFECT_REASON_NOT_ITS_REGISTER:
		problems.add(path+".market.code", "CODE_OF_ANOTHER", "leave it to the office of the market or to the one whose country gave the code: said by another, the change is kept and sets no status")
	}
	if goods[0].GetAction() != spsv1.CodeAction_CODE_ACTION_REINSTATED || !CodeHolds(goods[0]) {
		return nil
	}
	before, err := held(goods[0])
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(goods, func(said *spsv1.CodeStatement) bool { return lifts(said, before) }) {
		problems.add(path+".code.code", "CODE_NOT_SUSPENDED", "compare the code, what it names, its goods and the market with the suspension that you mean: nothing is suspended there, so nothing is lifted")
	}
	return nil
}

// lifts reports whether a reinstatement lifts a suspension, one that is to come too, of
// what was said of its code before.
func lifts(said *spsv1.CodeStatement, before []*spsv1.CodeStatement) bool {
	from, of := said.GetStartTime().AsTime(), ScopeOfCode(said)
	holds := func(scope CodeScope) bool {
		state, _ := saidOf(before, scope, said.GetHalf()).at(from)
		return suspended(state)
	}
	return holds(of) || slices.ContainsFunc(before, func(old *spsv1.CodeStatement) bool {
		scope := ScopeOfCode(old)
		toCome := old.GetAction() == spsv1.CodeAction_CODE_ACTION_SUSPENDED && old.GetStartTime().AsTime().After(from)
		return old.GetHalf() == said.GetHalf() && CodeHolds(old) && (of.Covers(scope) && holds(scope) || of.Meets(scope) && toCome)
	})
}
