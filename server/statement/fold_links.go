package statement

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// balances gathers where the quantity of each lot went, by the word of the
// issuer: the current content says it first, its follow-ups since then by lot.
func (f *folder) balances() {
	current := f.current()
	f.state.Balances = slices.Clone(f.state.GetNotification().GetBalances())
	for i := range f.entries {
		e := &f.entries[i]
		if !e.holds() || e.office() != f.issuer() || e.Statement.GetSource() != nil || compareEntries(e.CaseEntry, current) < 0 {
			continue
		}
		for _, b := range e.Statement.GetFollowUp().GetFacts().GetBalances() {
			b = proto.CloneOf(b)
			b.About = strings.TrimPrefix(b.GetAbout(), "n:")
			f.state.Balances = slices.DeleteFunc(f.state.Balances, func(old *spsv1.LotBalance) bool { return old.GetAbout() == b.GetAbout() })
			f.state.Balances = append(f.state.Balances, b)
		}
	}
}

// links gathers how the case belongs to others, the original's word first.
func (f *folder) links() {
	gather := func(e CaseEntry) {
		for _, r := range e.Statement.GetRelatesTo() {
			switch r.GetKind() {
			case spsv1.RelationKind_RELATION_KIND_SAME_EVENT,
				spsv1.RelationKind_RELATION_KIND_RECURRENCE,
				spsv1.RelationKind_RELATION_KIND_TRANSCRIBES:
				f.state.Links = append(f.state.Links, &spsv1.CaseLink{Kind: r.GetKind(), Said: e.mark(), Relation: r})
			}
		}
	}
	gather(f.original)
	for i := range f.entries {
		if f.entries[i].holds() {
			gather(f.entries[i].CaseEntry)
		}
	}
}
