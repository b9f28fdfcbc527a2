package statement

import (
	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// AdviseEffect returns a problem for each change of a code's status in s that would
// set no status, though s counts: as the next statement of its office in c, or as
// the first of a case if c is nil. Like [Advise] it is never a reason to refuse.
func AdviseEffect(s *spsv1.Statement, c *Case) Problems {
	if len(codeMeasures(s)) == 0 || (s.GetCaseRef() != nil) != (c != nil) {
		return nil
	}
	next := newest(s)
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
	var problems Problems
	for _, said := range Fold(original, others).GetCodeStatements() {
		path, ok := paths[said.GetMeasure()]
		if !ok || said.GetSaid().GetStatement() != next.Name() {
			continue
		}
		delete(paths, said.GetMeasure()) // one sentence for all its goods
		switch said.GetNoEffectReason() {
		case spsv1.NoEffectReason_NO_EFFECT_REASON_ORIGIN_UNKNOWN:
			problems.add(path+".code.area", "ORIGIN_UNKNOWN", "say which country gave the code, such as VN: the case does not say it, so the change is kept and sets no status")
		case spsv1.NoEffectReason_NO_EFFECT_REASON_NOT_ITS_REGISTER:
			problems.add(path+".market.code", "CODE_OF_ANOTHER", "leave it to the office of the market or to the one whose country gave the code: said by another, the change is kept and sets no status")
		}
	}
	return problems
}
