package statement

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// CodeStatusOf returns how a site code stands for a market and goods, from one
// instant to another; the worst in between counts. all is what was said of the
// code, in any order; what does not cover the scope is passed over.
//
// Each half is what its office said last, by epoch and sequence, of what had
// begun: no clock decides between two statements. A suspension with an end is
// over after it, though an earlier one had none: the last word is the office's
// whole word. A reinstatement with an end lifts until then, and what stood before
// it stands again. What an office was heard to say counts while it has said
// nothing of the scope itself; if several heard it, the worst.
func CodeStatusOf(all []*spsv1.CodeStatement, scope CodeScope, from, to time.Time) *spsv1.CodeStatus {
	c := &spsv1.CodeStatus{Market: scope.Market, Product: scope.Product}
	if len(all) > 0 {
		newest := slices.MaxFunc(all, CompareCodeSaid)
		c.Code, c.Origin = newest.GetCode(), newest.GetOrigin()
	}
	refused, withheld := saidOf(all, scope, spsv1.CodeHalf_CODE_HALF_REFUSED), saidOf(all, scope, spsv1.CodeHalf_CODE_HALF_WITHHELD)
	c.Refused, c.Withheld = refused.status(from, to), withheld.status(from, to)
	if c.Answer = answer(c); c.GetAnswer() == spsv1.CodeAnswer_CODE_ANSWER_GOOD && !refused.by(to) && !withheld.by(to) {
		c.Answer = spsv1.CodeAnswer_CODE_ANSWER_UNKNOWN
	}
	return c
}

func answer(c *spsv1.CodeStatus) spsv1.CodeAnswer {
	refused, withheld := suspended(c.GetRefused().GetState()), suspended(c.GetWithheld().GetState())
	switch {
	case refused && withheld:
		return spsv1.CodeAnswer_CODE_ANSWER_REFUSED_AND_WITHHELD
	case refused:
		return spsv1.CodeAnswer_CODE_ANSWER_REFUSED
	case withheld:
		return spsv1.CodeAnswer_CODE_ANSWER_WITHHELD
	case c.GetRefused() != nil || c.GetWithheld() != nil:
		return spsv1.CodeAnswer_CODE_ANSWER_GOOD
	}
	return spsv1.CodeAnswer_CODE_ANSWER_UNKNOWN
}

func suspended(s spsv1.CodeState) bool { return s == spsv1.CodeState_CODE_STATE_SUSPENDED }

// lane is what one office has entered for a half, the last first.
type lane []*spsv1.CodeStatement

// halfSaid is what counts for a half and a scope: the own words of its office, and
// by who entered them what others heard it say.
type halfSaid struct {
	own   lane
	heard []lane
}

func saidOf(all []*spsv1.CodeStatement, scope CodeScope, half spsv1.CodeHalf) halfSaid {
	by := make(map[string]lane)
	for _, said := range all {
		if said.GetHalf() == half && CodeHolds(said) && ScopeOfCode(said).Covers(scope) {
			by[said.GetEnteredBy()] = append(by[said.GetEnteredBy()], said)
		}
	}
	var h halfSaid
	for _, entered := range slices.Sorted(maps.Keys(by)) {
		l := by[entered]
		slices.SortStableFunc(l, bySaying)
		slices.Reverse(l)
		if entered == "" {
			h.own = l
		} else {
			h.heard = append(h.heard, l)
		}
	}
	return h
}

// CodeHolds reports whether what is said of a code counts.
func CodeHolds(said *spsv1.CodeStatement) bool {
	return said.GetStanding() == spsv1.EntryStanding_ENTRY_STANDING_EFFECTIVE
}

// ScopeOfCode returns for what something is said of a code.
func ScopeOfCode(said *spsv1.CodeStatement) CodeScope {
	return CodeScope{Market: said.GetMarket(), Product: said.GetProduct()}
}

// bySaying orders what is said of codes by office, epoch and sequence, and in one
// statement by the number of the measure.
func bySaying(a, b *spsv1.CodeStatement) int {
	return cmp.Or(
		compareMarks(a.GetSaid(), b.GetSaid()),
		cmp.Compare(len(a.GetMeasure()), len(b.GetMeasure())), cmp.Compare(a.GetMeasure(), b.GetMeasure()),
	)
}

// CompareCodeSaid orders what is said of codes by when it was issued, for lists;
// the last issued gives the code its spelling, and nothing else.
func CompareCodeSaid(a, b *spsv1.CodeStatement) int {
	return cmp.Or(a.GetSaid().GetTime().AsTime().Compare(b.GetSaid().GetTime().AsTime()), bySaying(a, b))
}

// placed reads the name of a statement, see [CaseEntry.Name].
func placed(name string) (office string, epoch, sequence uint64) {
	rest, _ := strings.CutPrefix(name, "offices/")
	office, rest, _ = strings.Cut(rest, "/statements/")
	first, second, _ := strings.Cut(rest, "-")
	epoch, _ = strconv.ParseUint(first, 10, 64)     // names are this package's own
	sequence, _ = strconv.ParseUint(second, 10, 64) // and always so
	return office, epoch, sequence
}

// at returns how a half stands by a lane at an instant, and which word decides.
func (l lane) at(t time.Time) (spsv1.CodeState, *spsv1.CodeStatement) {
	for _, said := range l {
		ended := said.GetEndTime() != nil && !said.GetEndTime().AsTime().After(t)
		switch {
		case said.GetStartTime().AsTime().After(t):
		case said.GetAction() == spsv1.CodeAction_CODE_ACTION_SUSPENDED && ended:
			return spsv1.CodeState_CODE_STATE_ENDED, said
		case said.GetAction() == spsv1.CodeAction_CODE_ACTION_SUSPENDED:
			return spsv1.CodeState_CODE_STATE_SUSPENDED, said
		case !ended:
			return spsv1.CodeState_CODE_STATE_REINSTATED, said
		}
	}
	return spsv1.CodeState_CODE_STATE_UNSPECIFIED, nil
}

// by reports whether anything was said of the half until an instant, or holds from
// then on.
func (h halfSaid) by(t time.Time) bool {
	return slices.ContainsFunc(append(slices.Concat(h.heard...), h.own...), func(said *spsv1.CodeStatement) bool {
		return !said.GetSaid().GetTime().AsTime().After(t) || !said.GetStartTime().AsTime().After(t)
	})
}

// at returns how the half stands at an instant, and which word decides.
func (h halfSaid) at(t time.Time) (spsv1.CodeState, *spsv1.CodeStatement) {
	state, said := h.own.at(t)
	if h.own != nil {
		return state, said
	}
	for _, l := range h.heard {
		other, by := l.at(t)
		if said == nil || suspended(other) {
			state, said = other, by
		}
		if suspended(state) {
			break
		}
	}
	return state, said
}

// status returns how the half stands in a span of time; nil if nothing was said
// of it.
func (h halfSaid) status(from, to time.Time) *spsv1.CodeHalfStatus {
	all := append(slices.Concat(h.heard...), h.own...)
	if len(all) == 0 {
		return nil
	}
	s := &spsv1.CodeHalfStatus{}
	s.State, s.Said = h.at(from)
	last := s.GetState()
	for _, t := range CodeTurns(all) {
		if !t.After(from) {
			continue
		}
		state, said := h.at(t)
		switch {
		case !t.After(to):
			if last = state; suspended(state) && !suspended(s.GetState()) {
				s.State, s.Said = state, said
			}
		case suspended(state) != suspended(last):
			s.ChangeTime, s.ChangeState = timestamppb.New(t), state
			return s
		}
	}
	return s
}

// CodeTurns returns the instants at which what counts of what was said of a code
// begins or ends, in their order.
func CodeTurns(all []*spsv1.CodeStatement) []time.Time {
	var turns []time.Time
	for _, said := range all {
		if !CodeHolds(said) {
			continue
		}
		turns = append(turns, said.GetStartTime().AsTime())
		if said.GetEndTime() != nil {
			turns = append(turns, said.GetEndTime().AsTime())
		}
	}
	slices.SortFunc(turns, time.Time.Compare)
	return slices.CompactFunc(turns, time.Time.Equal)
}

// CodeScopes returns the markets and goods of which something that counts was
// said, each once, in an order that follows from what was said.
func CodeScopes(all []*spsv1.CodeStatement) []CodeScope {
	var scopes []CodeScope
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, bySaying)
	for _, said := range sorted {
		scope := ScopeOfCode(said)
		same := func(s CodeScope) bool { return s.Covers(scope) && scope.Covers(s) }
		if CodeHolds(said) && !slices.ContainsFunc(scopes, same) {
			scopes = append(scopes, scope)
		}
	}
	return scopes
}

// CodeParts returns how parts of a scope stand that are suspended where the whole
// is not.
func CodeParts(all []*spsv1.CodeStatement, whole *spsv1.CodeStatus, from, to time.Time) []*spsv1.CodeStatus {
	asked := CodeScope{Market: whole.GetMarket(), Product: whole.GetProduct()}
	var parts []*spsv1.CodeStatus
	for _, scope := range CodeScopes(all) {
		if scope.Covers(asked) || !scope.Meets(asked) {
			continue
		}
		part := CodeStatusOf(all, scope, from, to)
		if suspended(part.GetRefused().GetState()) && !suspended(whole.GetRefused().GetState()) ||
			suspended(part.GetWithheld().GetState()) && !suspended(whole.GetWithheld().GetState()) {
			parts = append(parts, part)
		}
	}
	return parts
}

// WorstCode returns what several statuses come to.
func WorstCode(statuses []*spsv1.CodeStatus) spsv1.CodeAnswer {
	worst, known := &spsv1.CodeStatus{}, false
	for _, s := range statuses {
		known = known || s.GetAnswer() != spsv1.CodeAnswer_CODE_ANSWER_UNKNOWN
		for _, half := range []struct {
			to **spsv1.CodeHalfStatus
			of *spsv1.CodeHalfStatus
		}{{&worst.Refused, s.GetRefused()}, {&worst.Withheld, s.GetWithheld()}} {
			if *half.to == nil || suspended(half.of.GetState()) {
				*half.to = half.of
			}
		}
	}
	if !known {
		return spsv1.CodeAnswer_CODE_ANSWER_UNKNOWN
	}
	return answer(worst)
}
