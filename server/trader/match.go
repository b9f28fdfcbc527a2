package trader

import (
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// where says for whom exporters are looked for in a case: an office, whose register
// has the codes that its country gave and the registrations that others gave to
// its sites.
type where struct {
	office string
	zone   *time.Location // of its days
	// exactCode is how many letters and digits a code has at least that leads to an
	// exporter by itself.
	exactCode int
}

// entry is what the register has under something folded.
type entry struct {
	exporter string              // id
	written  string              // as it is registered
	code     *spsv1.ExporterCode // nil for a name or tax number
}

// register finds entries by what is folded as [sighting] has it.
type register func(sort sort, folded string) ([]entry, error)

// owners finds exporters by their ids.
type owners func(id string) (*spsv1.Exporter, error)

// ownersIn returns the owners in a store.
func ownersIn(r store.Reader) owners {
	return func(id string) (*spsv1.Exporter, error) { return getExporter(r, id) }
}

// match returns what leads from a case to exporters, by their ids, and notes whom
// the case names: what is made of it later for one of them conceals the others. How
// sure a match is its basis says: by MATCH_BASIS_CODE alone an exporter may be told
// without an officer.
func (m *matter) match(at where, find register, owner owners) (map[string][]*spsv1.NoticeMatch, error) {
	m.at = at
	found := make(map[string][]*spsv1.NoticeMatch)
	for _, s := range m.sightings {
		for _, key := range s.keys(at.office) {
			entries, err := find(s.sort, key)
			if err != nil {
				return nil, err
			}
			for _, e := range entries {
				if basis := m.leadsTo(s, e); basis != 0 {
					found[e.exporter] = add(found[e.exporter], s, e, basis)
				}
			}
		}
	}
	return found, m.meet(slices.Sorted(maps.Keys(found)), find, owner)
}

// keys returns what is looked for in the register of an office to find a sighting:
// a code with and without the letters of its country in front.
func (s sighting) keys(office string) []string {
	if s.sort != byCode {
		return []string{s.folded}
	}
	return statement.FoldsOf(s.folded, office)
}

// leadsTo returns as what a sighting leads to an entry, 0 if it does not.
func (m *matter) leadsTo(s sighting, e entry) spsv1.MatchBasis {
	switch {
	case s.sort == byTaxID:
		return spsv1.MatchBasis_MATCH_BASIS_TAX_ID
	case s.sort == byName && s.elsewhere(m.at.office):
		return 0
	case s.sort == byName:
		return spsv1.MatchBasis_MATCH_BASIS_NAME
	}
	exact, may := s.means(e.code, m.at)
	switch {
	case !may:
		return 0
	case !exact:
		return spsv1.MatchBasis_MATCH_BASIS_CODE_PARTIAL
	case !registeredOn(e.code, m.dayFor(s)):
		return spsv1.MatchBasis_MATCH_BASIS_CODE_OUT_OF_DATE
	}
	return spsv1.MatchBasis_MATCH_BASIS_CODE
}

// means reports whether a sighting of a code is a registered one: for certain, by
// its kind, by who gave it, and by a form that is long enough; or as far as it says.
func (s sighting) means(c *spsv1.ExporterCode, at where) (exact, may bool) {
	folded := statement.FoldCode(c.GetCode(), at.office)
	if folded != statement.FoldCode(s.folded, at.office) {
		return false, false
	}
	exact = utf8.RuneCountInString(folded) >= at.exactCode
	switch kind := c.GetKind(); {
	case s.kind == kind && kind != spsv1.SiteCodeKind_SITE_CODE_KIND_OTHER:
	case unsaid(s.kind), unsaid(kind), s.approval:
		exact = false
	default:
		return false, false
	}
	switch {
	case inArea(s.area, at.office):
	case s.area == "" && s.kind != spsv1.SiteCodeKind_SITE_CODE_KIND_GACC_REGISTRATION:
		// The letters of the country in front say who gave it, if they are registered so.
		exact = exact && s.folded != folded && s.folded == foldCode(c.GetCode())
	case s.area == "", s.kind == spsv1.SiteCodeKind_SITE_CODE_KIND_GACC_REGISTRATION && inArea(s.area, "CN"):
		exact = false // China gives these: that does not say where the site is
	default:
		return false, false
	}
	return exact, true
}

// unsaid reports whether a kind of codes names no kind.
func unsaid(k spsv1.SiteCodeKind) bool {
	return k == spsv1.SiteCodeKind_SITE_CODE_KIND_UNSPECIFIED || k == spsv1.SiteCodeKind_SITE_CODE_KIND_OTHER
}

// elsewhere reports whether an area is said, and is not that of an office.
func (s sighting) elsewhere(office string) bool { return s.area != "" && !inArea(s.area, office) }

// registeredOn reports whether a code is registered on a day.
func registeredOn(c *spsv1.ExporterCode, day uint32) bool {
	from, until := dayOf(c.GetFromDate()), dayOf(c.GetUntilDate())
	return from <= day && (until == 0 || day <= until)
}

// dayOf returns a day as a number that grows with it; 0 for none.
func dayOf(d *spsv1.Date) uint32 { return d.GetYear()*10000 + d.GetMonth()*100 + d.GetDay() }

// dayFor returns the day on which a code must be registered so that its goods are its
// owner's, as dayOf does: of a change of its status the day from which
// that holds; else the first on which goods of the case were sampled or something
// was found in them, or that of its issue if that is not said.
func (m *matter) dayFor(s sighting) uint32 {
	if !s.changes.IsZero() {
		return m.at.day(s.changes)
	}
	first := m.at.day(m.issued)
	note := func(d *spsv1.Date) {
		if day := dayOf(d); d.GetDay() != 0 && day < first {
			first = day
		}
	}
	for _, sample := range m.whole.GetSamples() {
		note(sample.GetSamplingDate())
	}
	for _, f := range m.whole.GetFindings() {
		note(f.GetFindDate())
	}
	return first
}

// day returns the day of an instant in the zone of the office, as dayOf does.
func (at where) day(t time.Time) uint32 {
	if at.zone != nil {
		t = t.In(at.zone)
	}
	return uint32(t.Year()*10000 + int(t.Month())*100 + t.Day())
}

// add adds a match, or what it is about to one that is there.
func add(matches []*spsv1.NoticeMatch, s sighting, e entry, basis spsv1.MatchBasis) []*spsv1.NoticeMatch {
	new := &spsv1.NoticeMatch{
		Basis: basis, AsWritten: s.written, Registered: e.written, Statement: s.statement, About: slices.Clone(s.about), NoGoods: s.noGoods,
	}
	for _, m := range matches {
		if m.GetBasis() == basis && m.GetRegistered() == e.written && m.GetAsWritten() == s.written && m.GetStatement() == s.statement {
			goods := goodsOf([]*spsv1.NoticeMatch{m, new})
			m.About, m.NoGoods = goods.ids, goods.none
			return matches
		}
	}
	return append(matches, new)
}

// coverage is the goods that matches lead to: all, none, or some by their local ids.
type coverage struct {
	all, none bool
	ids       []string
}

// goodsOf returns what any of some matches leads to.
func goodsOf(matches []*spsv1.NoticeMatch) coverage {
	c := coverage{none: true}
	for _, m := range matches {
		if m.GetNoGoods() {
			continue
		}
		c.none, c.all = false, c.all || len(m.GetAbout()) == 0
		for _, id := range m.GetAbout() {
			if !slices.Contains(c.ids, id) {
				c.ids = append(c.ids, id)
			}
		}
	}
	if c.all {
		c.ids = nil
	}
	return c
}

// sure reports whether a match needs no officer's yes.
func sure(m *spsv1.NoticeMatch) bool {
	return byExactCode(m) || m.GetBasis() == spsv1.MatchBasis_MATCH_BASIS_BY_HAND
}

// byExactCode reports whether a match is a code with all that tells whose it is.
func byExactCode(m *spsv1.NoticeMatch) bool { return m.GetBasis() == spsv1.MatchBasis_MATCH_BASIS_CODE }

// coverageOf returns the goods of an exporter to whom matches lead: those of matches
// that are sure, or if none is, of all.
func coverageOf(matches []*spsv1.NoticeMatch) coverage {
	if certain := slices.DeleteFunc(slices.Clone(matches), func(m *spsv1.NoticeMatch) bool { return !sure(m) }); len(certain) > 0 {
		matches = certain
	}
	return goodsOf(matches)
}

// leadAnew reports whether matches say more than was rejected: a code that was
// not there.
func leadAnew(rejected, now []*spsv1.NoticeMatch) bool {
	return slices.ContainsFunc(now, func(m *spsv1.NoticeMatch) bool {
		return sure(m) && !slices.ContainsFunc(rejected, func(old *spsv1.NoticeMatch) bool {
			return sure(old) && foldCode(old.GetRegistered()) == foldCode(m.GetRegistered())
		})
	})
}
