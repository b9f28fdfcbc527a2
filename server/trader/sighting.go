package trader

import (
	"slices"

	"github.com/spsalert/spsalert/client/plain"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// sort is what kind of thing leads to an exporter. It begins the keys under
// which cases are found again.
type sort byte

const (
	byCode  sort = 'c'
	byName  sort = 'n'
	byTaxID sort = 't'
)

// sighting is a code, name or tax number in a case, which may be of an exporter.
type sighting struct {
	sort      sort
	folded    string
	written   string
	kind      spsv1.SiteCodeKind // of a code, as far as it is said
	area      string             // code of the area whose authority gave it, if that is said
	statement string             // in which it stands; "" for the notification as it stands
	about     []string           // local ids of the whole; none means all goods
	// nothing is true if it is about no goods: a code that was suspended by itself.
	nothing bool
}

// look adds what stands in goods, parties and measures. Their local ids are those
// of the whole if anew is nil.
func (m *matter) look(statement string, products []*spsv1.Product, parties []*spsv1.Party, measures []*spsv1.Measure, anew ids) {
	about := func(old []string) ([]string, bool) {
		if anew == nil {
			return old, true
		}
		return anew.about(old)
	}
	for _, p := range products {
		for _, c := range p.GetCodes() {
			m.code(sighting{statement: statement, about: lotsOf(p, c)}, c)
		}
		for _, l := range p.GetLots() {
			for _, c := range l.GetCodes() {
				m.code(sighting{statement: statement, about: []string{l.GetId()}}, c)
			}
		}
	}
	for _, p := range parties {
		m.parties = append(m.parties, p)
		if at, ok := about(p.GetAbout()); ok {
			m.party(sighting{statement: statement, about: at}, p)
		}
	}
	for _, measure := range measures {
		if c := measure.GetCodeStatus().GetCode(); c != nil {
			at, ok := about(measure.GetAbout())
			m.code(sighting{statement: statement, about: at, nothing: !ok || len(at) == 0}, c)
		}
	}
}

// lotsOf returns the goods under a code that stands with a product: all of it,
// but for lots that have another code of the same kind.
func lotsOf(p *spsv1.Product, c *spsv1.SiteCode) []string {
	if len(p.GetLots()) == 0 {
		return []string{p.GetId()}
	}
	var lots []string
	for _, l := range p.GetLots() {
		same, other := false, false
		for _, own := range l.GetCodes() {
			if foldCode(own.GetCode()) == foldCode(c.GetCode()) {
				same = true
			} else if own.GetKind() == c.GetKind() {
				other = true
			}
		}
		if same || !other {
			lots = append(lots, l.GetId())
		}
	}
	if len(lots) == 0 { // every lot says otherwise: the product alone has it
		return []string{p.GetId()}
	}
	return lots
}

// code adds a code.
func (m *matter) code(at sighting, c *spsv1.SiteCode) {
	at.sort, at.folded, at.written = byCode, foldCode(c.GetCode()), c.GetCode()
	at.kind, at.area = c.GetKind(), c.GetArea().GetCode()
	m.sight(at)
}

// party adds what stands with an operator.
func (m *matter) party(at sighting, p *spsv1.Party) {
	for _, c := range p.GetCodes() {
		m.code(at, c)
	}
	numbers := []struct {
		kind spsv1.SiteCodeKind
		text string
	}{
		{spsv1.SiteCodeKind_SITE_CODE_KIND_ESTABLISHMENT, p.GetApprovalNumber()},
		{spsv1.SiteCodeKind_SITE_CODE_KIND_GACC_REGISTRATION, p.GetGaccNumber()},
	}
	for _, n := range numbers {
		m.code(at, &spsv1.SiteCode{Kind: n.kind, Code: n.text, Area: p.GetArea()})
	}
	at.area = p.GetArea().GetCode()
	at.sort, at.folded, at.written = byName, foldName(p.GetName()), p.GetName()
	m.sight(at)
	at.sort, at.folded, at.written = byTaxID, foldCode(p.GetTaxId()), p.GetTaxId()
	m.sight(at)
}

// sight adds a sighting that says something.
func (m *matter) sight(at sighting) {
	if at.folded == "" {
		return
	}
	if at.sort == byCode && !slices.Contains(m.codes, at.written) {
		m.codes = append(m.codes, at.written)
	}
	m.sightings = append(m.sightings, at)
}

// secrets returns the names, codes and numbers of operators and persons that
// stand in the case, but for those of one exporter.
func (m *matter) secrets(e *spsv1.Exporter, own func(folded string) bool) (names, codes []string) {
	mine := make(map[string]bool)
	for _, t := range e.GetDisplayName() {
		mine[foldName(t.GetText())] = true
	}
	name := func(text string) {
		if folded := plain.Text(text); tellsApart(folded) && !mine[foldName(text)] {
			names = append(names, folded)
		}
	}
	code := func(text string) {
		if folded := foldCode(text); tellsApart(folded) && !own(folded) {
			codes = append(codes, folded)
		}
	}
	for _, p := range m.parties {
		name(p.GetName())
		code(p.GetTaxId())
		for _, c := range p.GetContacts() {
			name(c.GetName())
			code(c.GetPhone())
			code(c.GetEmail())
		}
	}
	for _, c := range m.codes {
		code(c)
	}
	return names, codes
}
