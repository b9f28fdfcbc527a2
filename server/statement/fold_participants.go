package statement

import (
	"cmp"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// participants gathers whom the case concerns and the registers of each. Whom
// the issuer addressed comes first, in the order in which it named them; then
// whom a readdress brought in; then who spoke up; then who was heard of only
// outside the network.
func (f *folder) participants() {
	ps := &participants{at: make(map[string]*spsv1.Participant)}
	f.addressed(ps)
	f.flags(ps)
	for i := range f.entries {
		e := &f.entries[i]
		if !e.holds() || e.Readdress != nil {
			continue
		}
		if source := e.Statement.GetSource(); source != nil {
			told(ps.of(outsider{source.GetTeller()}), e.CaseEntry, f.voice(e.CaseEntry) != "")
		} else if e.office() != f.issuer() {
			register(ps.of(mention(e.office())), e.CaseEntry)
		}
		for _, h := range e.Statement.GetHandDeliveries() {
			p := ps.of(h)
			p.HandDeliveries = append(p.HandDeliveries, h)
		}
	}
	for _, h := range f.original.Statement.GetHandDeliveries() {
		p := ps.of(h)
		p.HandDeliveries = append(p.HandDeliveries, h)
	}
	f.state.Participants = ps.list
}

// participants are found by whom they are, and kept in the order in which they
// were met.
type participants struct {
	list []*spsv1.Participant
	at   map[string]*spsv1.Participant
}

func (ps *participants) of(r recipient) *spsv1.Participant {
	key := who(r)
	p := ps.at[key]
	if p == nil {
		p = &spsv1.Participant{Office: r.GetOffice(), Area: r.GetArea(), Body: r.GetBody()}
		ps.at[key] = p
		ps.list = append(ps.list, p)
	}
	return p
}

// mention is an office as a recipient.
type mention string

func (m mention) GetOffice() string    { return string(m) }
func (m mention) GetArea() *spsv1.Area { return nil }
func (m mention) GetBody() string      { return "" }

// outsider is who told something by hand as a recipient: an office, else a body by
// its name, else an area.
type outsider struct{ *spsv1.Authority }

func (o outsider) GetBody() string { return o.GetName() }

// addressed takes up whom the issuer addressed: its addressees, and the offices
// that it brought in by a readdress of the original. What an entry named stays so
// when the entry is taken back: whoever was told was told.
func (f *folder) addressed(ps *participants) {
	f.named(ps, f.original)
	for i := range f.entries {
		switch e := &f.entries[i]; {
		case e.office() != f.issuer() || !e.reaches():
		case e.Statement != nil:
			f.named(ps, e.CaseEntry)
		case e.Readdress != nil && f.find(e.Readdress).original:
			f.broughtIn(ps, e.CaseEntry)
		}
	}
}

// named takes up the addressees of a statement. Whether one has a node, and so
// whether clocks run for it, is as it was named last.
func (f *folder) named(ps *participants, e CaseEntry) {
	for _, a := range e.Statement.GetAddressees() {
		if a.GetOffice() == f.issuer() && a.GetUnit() == "" {
			continue
		}
		p := ps.of(a)
		if p.Addressed == nil || p.ByHand && !a.GetByHand() {
			p.Addressed, p.CardNumber = e.mark(), a.GetCardNumber()
		}
		p.ByHand = a.GetByHand()
		p.Roles = union(p.Roles, a.GetRoles())
		if a.GetUnit() != "" {
			p.Units = union(p.Units, []string{a.GetUnit()})
		}
	}
}

// broughtIn takes up the offices to which a readdress handed the original on.
func (f *folder) broughtIn(ps *participants, e CaseEntry) {
	for _, office := range e.Audience.GetOffices() {
		if office == f.issuer() || slices.Contains(f.original.Audience.GetOffices(), office) {
			continue
		}
		p := ps.of(mention(office))
		p.Readdressed = true
		if p.Addressed == nil || p.ByHand {
			p.Addressed, p.ByHand, p.CardNumber = e.mark(), false, 0
		}
	}
}

// flags notes what the current version asks of whom. A flag does not make an
// addressee, but who is asked is concerned.
func (f *folder) flags(ps *participants) {
	for _, flag := range f.current().Statement.GetFlags() {
		p := ps.of(flag)
		p.Flags = union(p.Flags, []spsv1.FlagKind{flag.GetKind()})
		p.FlagDueTime = earlier(p.FlagDueTime, flag.GetDueTime())
	}
}

// current returns the entry that gives the current content.
func (f *folder) current() CaseEntry {
	for i := range f.entries {
		if f.entries[i].Name() == f.state.GetCurrent() {
			return f.entries[i].CaseEntry
		}
	}
	return f.original
}

// register writes what an office says of itself. Entries come in the order of
// its logs, so the last one stands.
func register(p *spsv1.Participant, e CaseEntry) {
	s := e.Statement
	if a := s.GetAcknowledgement(); a != nil {
		p.Acknowledged, p.Unit = e.mark(), cmp.Or(a.GetUnit(), p.GetUnit())
	}
	if taken := stance(s); taken != nil {
		p.Stance, p.StanceSaid = taken, e.mark()
	}
	if outcome := s.GetFollowUp().GetOutcome(); outcome != nil {
		p.Outcome, p.OutcomeSaid = outcome, e.mark()
	}
	if part := s.GetFollowUp().GetPart(); part != spsv1.Part_PART_UNSPECIFIED {
		p.Part, p.PartSaid = part, e.mark()
	}
	for _, b := range s.GetFollowUp().GetFacts().GetBalances() {
		p.Balances = slices.DeleteFunc(p.Balances, func(old *spsv1.LotBalance) bool { return old.GetAbout() == b.GetAbout() })
		p.Balances = append(p.Balances, b)
	}
}

// told notes what somebody was heard to say outside the network, and whether it
// counts. It never writes the registers: those are the office's own.
func told(p *spsv1.Participant, e CaseEntry, counts bool) {
	s := e.Statement
	p.Told = append(p.Told, &spsv1.Told{
		EnteredBy:    e.office(),
		Said:         e.mark(),
		Source:       s.GetSource(),
		Acknowledged: s.GetAcknowledgement() != nil,
		Stance:       stance(s),
		Outcome:      s.GetFollowUp().GetOutcome(),
		Part:         s.GetFollowUp().GetPart(),
		Counts:       counts,
	})
}

// union appends what is new.
func union[T comparable](list, more []T) []T {
	for _, one := range more {
		if !slices.Contains(list, one) {
			list = append(list, one)
		}
	}
	return list
}

// earlier returns the earlier of two times, of which either may be absent.
func earlier(a, b *timestamppb.Timestamp) *timestamppb.Timestamp {
	switch {
	case a == nil:
		return b
	case b == nil || a.AsTime().Before(b.AsTime()):
		return a
	}
	return b
}
