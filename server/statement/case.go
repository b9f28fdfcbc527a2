package statement

import (
	"maps"
	"slices"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Case is a case as the office that holds its entries sees it. It knows what the
// next statement in it should say, and what is wrong with one: [Case.Complete]
// and [Case.Check]. It is safe for concurrent use as long as nobody changes the
// entries.
type Case struct {
	f *folder
}

// NewCase folds a case, see [Fold].
func NewCase(original CaseEntry, others []CaseEntry) *Case {
	return &Case{f: fold(original, others)}
}

// State returns what the entries of the case add up to. Nobody may change it.
func (c *Case) State() *spsv1.CaseState { return c.f.state }

// by returns the entry of a statement by its name or its reference; nil if it is
// not in the case. The second result is true for the original.
func (c *Case) by(name string) (e *CaseEntry, original bool) {
	if o := &c.f.original; name == o.Name() || name == o.Reference {
		return o, true
	}
	for i := range c.f.entries {
		e := &c.f.entries[i].CaseEntry
		if e.Statement != nil && (e.Name() == name || e.Reference == name) {
			return e, false
		}
	}
	return nil, false
}

// reach is whom something was told.
type reach struct {
	network bool
	offices map[string]bool
	hand    []*spsv1.Addressee // areas, bodies and offices without a node that the issuer addressed
}

// told returns everyone who was ever addressed in the case, also by a readdress,
// but the office that speaks. What has no effect told nobody. Under the handling ADDRESSEES_ONLY only the issuing
// office decides who that is; what the speaker told itself counts too.
func (c *Case) told(speaker string) *reach {
	only := c.f.state.GetHandling() == spsv1.Handling_HANDLING_ADDRESSEES_ONLY
	r := &reach{offices: map[string]bool{c.f.issuer(): true}}
	r.add(c.f.original, true)
	for i := range c.f.entries {
		e := &c.f.entries[i]
		own := e.office() == c.f.issuer()
		if e.reaches() && (own || !only || e.office() == speaker) {
			r.add(e.CaseEntry, own)
		}
	}
	delete(r.offices, speaker)
	return r
}

// toldOf returns everyone who was told of one entry.
func (c *Case) toldOf(entry *CaseEntry) *reach {
	r := &reach{offices: make(map[string]bool)}
	r.add(*entry, true)
	origin := entry.Origin.String()
	for i := range c.f.entries {
		e := &c.f.entries[i]
		if e.reaches() && e.Readdress.GetOrigin() == origin && e.Readdress.GetSequence() == entry.Sequence {
			r.add(e.CaseEntry, false)
		}
	}
	delete(r.offices, entry.office())
	return r
}

// superseded returns everyone who was told of what a statement takes the place
// of.
func (c *Case) superseded(s *spsv1.Statement) *reach {
	all := &reach{offices: make(map[string]bool)}
	for _, r := range s.GetRelatesTo() {
		at := c.f.find(r.GetEntry()).entry
		if r.GetKind() != spsv1.RelationKind_RELATION_KIND_SUPERSEDES || at == nil || !takes(newest(s), r, at) {
			continue
		}
		all.join(c.toldOf(&at.CaseEntry))
	}
	return all
}

// teller takes up who told a statement outside the network, if anybody did.
func (r *reach) teller(s *spsv1.Statement) {
	switch t := s.GetSource().GetTeller(); {
	case t == nil:
	case t.GetOffice() != "":
		r.offices[t.GetOffice()] = true
	case t.GetName() != "":
		r.join(&reach{hand: []*spsv1.Addressee{{Body: t.GetName(), ByHand: true}}})
	default:
		r.join(&reach{hand: []*spsv1.Addressee{{Area: t.GetArea(), ByHand: true}}})
	}
}

// join takes up whom another reach has.
func (r *reach) join(other *reach) {
	r.network = r.network || other.network
	maps.Copy(r.offices, other.offices)
	for _, a := range other.hand {
		if !slices.ContainsFunc(r.hand, func(b *spsv1.Addressee) bool { return who(a) == who(b) }) {
			r.hand = append(r.hand, a)
		}
	}
}

// add takes up whom an entry told; those by hand only if the speaker is the one
// who tells them.
func (r *reach) add(e CaseEntry, hand bool) {
	r.network = r.network || e.Audience.GetNetwork()
	for _, office := range e.Audience.GetOffices() {
		r.offices[office] = true
	}
	for _, a := range e.Statement.GetAddressees() {
		switch {
		case a.GetOffice() == e.office(), a.GetOffice() == "" && !a.GetByHand():
		case !a.GetByHand():
			r.offices[a.GetOffice()] = true // one that the network's statement is meant for
		case hand && !slices.ContainsFunc(r.hand, func(b *spsv1.Addressee) bool { return who(a) == who(b) }):
			r.hand = append(r.hand, &spsv1.Addressee{Office: a.GetOffice(), Area: a.GetArea(), Body: a.GetBody(), ByHand: true})
		}
	}
}

// has reports whether an office was told.
func (r *reach) has(office string) bool { return r.network || r.offices[office] }

// sorted returns the codes of the offices.
func (r *reach) sorted() []string { return slices.Sorted(maps.Keys(r.offices)) }

// missing returns who would not get s, of those who were told.
func (r *reach) missing(s *spsv1.Statement) []string {
	addressed := make(map[string]bool)
	for _, a := range s.GetAddressees() {
		addressed[who(a)] = true
	}
	var missing []string
	for _, office := range r.sorted() {
		if !s.GetNetwork() && !addressed[who(mention(office))] {
			missing = append(missing, office)
		}
	}
	for _, a := range r.hand {
		if !addressed[who(a)] {
			missing = append(missing, named(a))
		}
	}
	return missing
}

// named says in a word whom a statement names.
func named(r recipient) string {
	for _, name := range []string{r.GetOffice(), r.GetBody(), r.GetArea().GetCode(), r.GetArea().GetAsWritten()} {
		if name != "" {
			return name
		}
	}
	return ""
}
