package trader

import (
	"cmp"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
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
	folded    string // see foldName; codes and numbers see foldCode
	written   string
	kind      spsv1.SiteCodeKind // of a code, as far as it is said
	approval  bool               // it is said to be an approval number, and not of what kind
	area      string             // code of the area whose authority gave it, if that is said
	statement string             // in which it stands; "" for the notification as it stands
	about     []string           // local ids of the whole; none means all goods, unless noGoods
	noGoods   bool               // it says nothing of goods
	changes   time.Time          // of a code whose status changes: from when; else zero
}

// look adds what stands in goods, parties and measures. Their local ids are those
// of the whole if anew is nil.
func (m *matter) look(name string, products []*spsv1.Product, parties []*spsv1.Party, measures []*spsv1.Measure, anew ids) {
	given := statement.GiversOf(m.whole)
	about := func(old []string) (now []string, noGoods bool) {
		if anew != nil {
			old, _ = anew.about(old) // of something else: of no goods
		}
		return old, len(old) == 0
	}
	for _, p := range products {
		for _, c := range p.GetCodes() {
			at := sighting{statement: name, about: lotsOf(p, c), area: giver(given, c, sole(p.GetOrigins()), given.Goods())}
			at.noGoods = len(at.about) == 0
			m.code(at, c)
		}
		for _, l := range p.GetLots() {
			for _, c := range l.GetCodes() {
				area := giver(given, c, sole(l.GetOrigins()), sole(p.GetOrigins()), given.Goods())
				m.code(sighting{statement: name, about: []string{l.GetId()}, area: area}, c)
			}
		}
	}
	for _, p := range parties {
		m.parties = append(m.parties, p)
		at := sighting{statement: name}
		at.about, at.noGoods = about(p.GetAbout())
		m.party(at, p, given)
	}
	for _, measure := range measures {
		if c := measure.GetCodeStatus().GetCode(); c != nil {
			at := sighting{statement: name, area: giver(given, c, given.Goods()), changes: m.changeOf(measure.GetCodeStatus())}
			at.about, at.noGoods = about(measure.GetAbout())
			m.code(m.narrowed(at, c), c)
		}
	}
}

// giver returns the country or area whose site a code names: of who gave it, else the
// first that is said of what it stands with; "" if none is. China registers sites of
// others: that it gave a registration does not say where the site is.
func giver(given statement.Givers, c *spsv1.SiteCode, sites ...string) string {
	area := given.Of(c)
	if c.GetKind() == spsv1.SiteCodeKind_SITE_CODE_KIND_GACC_REGISTRATION && inArea(area, "CN") {
		area = ""
	}
	return cmp.Or(append([]string{area}, sites...)...)
}

// sole returns the country of goods; "" if none is said, or several.
func sole(origins []*spsv1.Origin) string {
	return statement.GiversOf(&spsv1.Notification{Products: []*spsv1.Product{{Origins: origins}}}).Goods()
}

// changeOf returns from when a change of a code's status holds.
func (m *matter) changeOf(c *spsv1.CodeStatusChange) time.Time {
	if c.GetStartTime() != nil {
		return c.GetStartTime().AsTime()
	}
	for _, said := range m.state.GetCodeStatements() {
		if said.GetAction() == c.GetAction() && proto.Equal(said.GetMarket(), c.GetMarket()) && foldCode(said.GetCode().GetCode()) == foldCode(c.GetCode().GetCode()) {
			return said.GetStartTime().AsTime()
		}
	}
	return m.issued
}

// lotsOf returns the goods under a code that stands with a product: all of it,
// but for lots that have another code of the same kind; none if all have.
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
	return lots
}

// narrowed returns a sighting of a code that is about no lot of another code of the
// same kind, unless it names that lot.
func (m *matter) narrowed(at sighting, c *spsv1.SiteCode) sighting {
	var about []string
	for _, id := range at.about {
		if i := slices.IndexFunc(m.whole.GetProducts(), func(p *spsv1.Product) bool { return p.GetId() == id }); i >= 0 {
			about = append(about, lotsOf(m.whole.GetProducts()[i], c)...)
		} else {
			about = append(about, id)
		}
	}
	at.about, at.noGoods = about, len(about) == 0
	return at
}

// code adds a code.
func (m *matter) code(at sighting, c *spsv1.SiteCode) {
	at.sort, at.folded, at.written, at.kind = byCode, foldCode(c.GetCode()), c.GetCode(), c.GetKind()
	m.sight(at)
}

// party adds what stands with an operator. That one is named says nothing of goods,
// unless they are named with it.
func (m *matter) party(at sighting, p *spsv1.Party, given statement.Givers) {
	seat := p.GetArea().GetCode()
	for _, c := range p.GetCodes() {
		at.area = giver(given, c, seat)
		m.code(m.narrowed(at, c), c)
	}
	for _, c := range []*spsv1.SiteCode{
		{Kind: spsv1.SiteCodeKind_SITE_CODE_KIND_ESTABLISHMENT, Code: p.GetApprovalNumber()},
		{Kind: spsv1.SiteCodeKind_SITE_CODE_KIND_GACC_REGISTRATION, Code: p.GetGaccNumber()},
	} {
		number := m.narrowed(at, c)
		number.area, number.approval = seat, c.GetKind() == spsv1.SiteCodeKind_SITE_CODE_KIND_ESTABLISHMENT
		m.code(number, c)
	}
	at.area = seat
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
