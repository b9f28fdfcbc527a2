package trader

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// An officer who releases a notice says yes to what it shows: to goods to which only
// a name leads, and to what is for addressees only. The yes covers these, and nothing
// that comes later: that waits for another yes.

// byHand reports whether an officer made a match.
func byHand(x *spsv1.NoticeMatch) bool { return x.GetBasis() == spsv1.MatchBasis_MATCH_BASIS_BY_HAND }

// closed reports whether a match stands in what is for addressees only, but for what
// was released.
func (m *matter) closed(x *spsv1.NoticeMatch, released []string) bool {
	return slices.Contains(m.restricted, x.GetStatement()) && !slices.Contains(released, x.GetStatement())
}

// telling returns what an officer would release of a notice now, and what is told
// without an officer. last is what was told last, nil if nothing was. It notes what of
// it is for addressees only.
func (m *matter) telling(e *spsv1.Exporter, n *spsv1.ConsignmentNotice, last *spsv1.NoticeContent) (whole, open *spsv1.NoticeContent) {
	matches, released := n.GetOffice().GetMatches(), n.GetOffice().GetReleasedStatements()
	codes, rest := parted(matches)
	whole = m.content(e, matches)
	if len(codes) > 0 && len(rest) > 0 {
		covered, _ := m.covered(e, matches, last)
		whole = m.content(e, append(slices.Clone(matches), covered...))
	}
	n.Office.RestrictedStatements = nil
	if len(m.restricted) > 0 && !proto.Equal(whole, m.openly(nil).content(e, m.opened(matches, nil))) {
		n.Office.RestrictedStatements = m.restricted
	}
	free := m.openly(released)
	covered, ok := free.covered(e, m.opened(matches, released), last)
	if !ok && last != nil {
		return whole, ended(last, whole)
	}
	return whole, free.content(e, covered)
}

// opened returns the matches that do not stand in what is for addressees only, but for
// what was released.
func (m *matter) opened(matches []*spsv1.NoticeMatch, released []string) []*spsv1.NoticeMatch {
	return slices.DeleteFunc(slices.Clone(matches), func(x *spsv1.NoticeMatch) bool { return m.closed(x, released) })
}

// parted parts matches into codes, which lead without an officer, and the rest.
func parted(matches []*spsv1.NoticeMatch) (codes, rest []*spsv1.NoticeMatch) {
	for _, x := range matches {
		if x.GetBasis() == spsv1.MatchBasis_MATCH_BASIS_CODE {
			codes = append(codes, x)
		} else {
			rest = append(rest, x)
		}
	}
	return codes, rest
}

// covered returns the matches by which goods are shown without another yes: codes,
// and the rest as far as it leads to what was told last. It reports false if it leads
// to goods, and to none of these.
func (m *matter) covered(e *spsv1.Exporter, matches []*spsv1.NoticeMatch, last *spsv1.NoticeContent) ([]*spsv1.NoticeMatch, bool) {
	codes, rest := parted(matches)
	if len(rest) == 0 {
		return codes, true
	}
	shown, before := goodsIn(m.content(e, rest)), goodsIn(last)
	kept := slices.DeleteFunc(slices.Clone(shown), func(id string) bool {
		product, _, _ := strings.Cut(id, ".")
		return !slices.Contains(before, id) && !slices.Contains(before, product)
	})
	switch {
	case len(codes) == 0 && len(kept) == len(shown) && last != nil:
		return rest, true
	case len(kept) == 0:
		return codes, len(codes) > 0
	}
	all := append(codes, &spsv1.NoticeMatch{Basis: spsv1.MatchBasis_MATCH_BASIS_BY_HAND, About: kept})
	for _, x := range rest {
		shownCode := func(c *spsv1.SiteCode) bool { return foldCode(c.GetCode()) == foldCode(x.GetAsWritten()) }
		switch x.GetBasis() {
		case spsv1.MatchBasis_MATCH_BASIS_CODE_OUT_OF_DATE, spsv1.MatchBasis_MATCH_BASIS_CODE_PARTIAL:
			if slices.ContainsFunc(last.GetCodes(), shownCode) {
				all = append(all, x)
			}
		}
	}
	return all, true
}

// goodsIn returns the ids of the lots in a content, and of products without lots.
func goodsIn(c *spsv1.NoticeContent) (ids []string) {
	for _, p := range c.GetNotification().GetProducts() {
		if len(p.GetLots()) == 0 {
			ids = append(ids, p.GetId())
		}
		for _, l := range p.GetLots() {
			ids = append(ids, l.GetId())
		}
	}
	return ids
}

// wait notes whether there is more than what an exporter was told last, and why that
// waits for an officer.
func (m *matter) wait(n *spsv1.ConsignmentNotice, last *spsv1.NoticeContent, hold spsv1.HoldReason) {
	n.Office.NewsHeld = len(news(last, n.GetContent())) > 0
	if hold == 0 {
		hold = spsv1.HoldReason_HOLD_REASON_MATCH
		if slices.ContainsFunc(n.GetOffice().GetRestrictedStatements(), func(name string) bool {
			return !slices.Contains(n.GetOffice().GetReleasedStatements(), name)
		}) {
			hold = spsv1.HoldReason_HOLD_REASON_ADDRESSEES_ONLY
		}
	}
	if !n.GetOffice().GetNewsHeld() && hold != spsv1.HoldReason_HOLD_REASON_OFFICER {
		hold = 0
	}
	n.Office.HoldReason = hold
}
