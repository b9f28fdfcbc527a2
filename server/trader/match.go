package trader

import (
	"slices"
	"time"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// entry is what the register has under something folded.
type entry struct {
	exporter string              // id
	written  string              // as it is registered
	code     *spsv1.ExporterCode // nil for a name or tax number
}

// register finds entries.
type register func(sort sort, folded string) ([]entry, error)

// match returns what leads from a case of an office to exporters, by their ids.
// today is by which codes are in force.
func (m *matter) match(office string, today time.Time, find register) (map[string][]*spsv1.NoticeMatch, error) {
	found := make(map[string][]*spsv1.NoticeMatch)
	for _, s := range m.sightings {
		entries, err := find(s.sort, s.folded)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if basis := s.leadsTo(e, office, today); basis != 0 {
				found[e.exporter] = add(found[e.exporter], s, e, basis)
			}
		}
	}
	return found, nil
}

// leadsTo returns as what a sighting leads to an entry, 0 if it does not.
func (s sighting) leadsTo(e entry, office string, today time.Time) spsv1.MatchBasis {
	switch {
	case s.sort == byTaxID:
		return spsv1.MatchBasis_MATCH_BASIS_TAX_ID
	case s.sort == byName && s.elsewhere(office):
		return 0
	case s.sort == byName:
		return spsv1.MatchBasis_MATCH_BASIS_NAME
	case s.kind == spsv1.SiteCodeKind_SITE_CODE_KIND_GACC_REGISTRATION: // China gives these, wherever the site is
	case s.elsewhere(office):
		return 0 // a code that another country gave
	}
	day := uint32(today.Year()*10000 + int(today.Month())*100 + today.Day())
	from, until := dayOf(e.code.GetFromDate()), dayOf(e.code.GetUntilDate())
	if from > day || until != 0 && until < day {
		return spsv1.MatchBasis_MATCH_BASIS_CODE_OUT_OF_DATE
	}
	return spsv1.MatchBasis_MATCH_BASIS_CODE
}

// elsewhere reports whether an area is said, and is not that of an office.
func (s sighting) elsewhere(office string) bool { return s.area != "" && !inArea(s.area, office) }

// dayOf returns a day as a number that grows with it; 0 for none.
func dayOf(d *spsv1.Date) uint32 { return d.GetYear()*10000 + d.GetMonth()*100 + d.GetDay() }

// add adds a match, or what it is about to one that is there.
func add(matches []*spsv1.NoticeMatch, s sighting, e entry, basis spsv1.MatchBasis) []*spsv1.NoticeMatch {
	about := s.about
	if s.nothing {
		about = []string{nothing}
	}
	for _, m := range matches {
		if m.GetBasis() == basis && m.GetRegistered() == e.written && m.GetAsWritten() == s.written && m.GetStatement() == s.statement {
			m.About = both(m.GetAbout(), about)
			return matches
		}
	}
	return append(matches, &spsv1.NoticeMatch{
		Basis: basis, AsWritten: s.written, Registered: e.written, Statement: s.statement, About: slices.Clone(about),
	})
}

// nothing stands for no goods at all among the ids that a match is about; it is
// taken out as soon as there are some.
const nothing = "-"

// both returns what either of two lists of ids names; none is all.
func both(a, b []string) []string {
	switch {
	case len(a) == 0 || len(b) == 0:
		return nil
	case slices.Equal(a, []string{nothing}):
		return slices.Clone(b)
	}
	all := slices.Clone(a)
	for _, id := range b {
		if id != nothing && !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all
}

// sure reports whether a match needs no officer's yes.
func sure(m *spsv1.NoticeMatch) bool {
	return m.GetBasis() == spsv1.MatchBasis_MATCH_BASIS_CODE || m.GetBasis() == spsv1.MatchBasis_MATCH_BASIS_BY_HAND
}

// goods returns the ids that matches are about: of those that are sure, or if
// none is, of all. None means all goods, and [nothing] none.
func goods(matches []*spsv1.NoticeMatch) []string {
	relevant := slices.DeleteFunc(slices.Clone(matches), func(m *spsv1.NoticeMatch) bool { return !sure(m) })
	if len(relevant) == 0 {
		relevant = matches
	}
	all := []string{nothing}
	for _, m := range relevant {
		all = both(all, m.GetAbout())
	}
	return all
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
