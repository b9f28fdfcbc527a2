package trader

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// share is the part of a case that is one exporter's.
type share struct {
	coverage
	of       *spsv1.Exporter
	office   string
	certain  bool            // a code leads to the exporter without an officer
	about    map[string]bool // products and lots that matches name
	products map[string]bool // kept, with lots
	others   map[string]bool // documents, transports, samples, results and findings that are kept
}

// content returns what an exporter is shown of a case to which matches lead. It
// depends on its arguments, and on whom [matter.match] noted, alone, and changes none.
func (m *matter) content(e *spsv1.Exporter, matches []*spsv1.NoticeMatch) *spsv1.NoticeContent {
	c := &spsv1.NoticeContent{
		Issuer: m.issuer, Status: m.status, IssueTime: timestamppb.New(m.issued),
		CaseStatus: m.state.GetStatus(), Outcome: m.state.GetOutcome(), WithdrawalReason: m.state.GetWithdrawalReason(),
	}
	if len(matches) == 0 {
		return c
	}
	s := m.shareOf(e, matches)
	n := allow(m.whole)
	n.Risk = riskOf(n, s)
	s.goods(n)
	s.consignment(n)
	s.found(n)
	s.done(n, m)
	conceal(n.ProtoReflect(), m.secretsFor(s).in)
	c.Notification, c.Codes, c.CodeChanges = n, m.codesOf(matches), m.changesIn(n)
	return c
}

// changesIn returns whose word the measures of a part of the whole about codes are.
func (m *matter) changesIn(n *spsv1.Notification) []*spsv1.NoticeCodeChange {
	return slices.DeleteFunc(slices.Clone(m.changes), func(c *spsv1.NoticeCodeChange) bool {
		return !slices.ContainsFunc(n.GetMeasures(), func(done *spsv1.Measure) bool { return done.GetId() == c.GetMeasure() })
	})
}

func (m *matter) shareOf(e *spsv1.Exporter, matches []*spsv1.NoticeMatch) *share {
	s := &share{
		coverage: coverageOf(matches), of: e, office: m.at.office, certain: slices.ContainsFunc(matches, byExactCode),
		about: make(map[string]bool), products: make(map[string]bool), others: make(map[string]bool),
	}
	for _, id := range s.ids {
		s.about[id] = true
	}
	return s
}

// owns reports whether a code is registered as one of the exporter, on whatever day,
// or may be, as far as it says.
func (s *share) owns(c *spsv1.SiteCode) bool {
	return s.owned(c, func(*spsv1.ExporterCode) bool { return true })
}

// ownsOn reports the same of a day. Of who is not known to own a code of the case on its
// day, but by an officer's yes alone, no day is asked.
func (s *share) ownsOn(c *spsv1.SiteCode, day uint32) bool {
	return s.owned(c, func(own *spsv1.ExporterCode) bool { return !s.certain || registeredOn(own, day) })
}

func (s *share) owned(c *spsv1.SiteCode, when func(*spsv1.ExporterCode) bool) bool {
	seen := sighting{folded: foldCode(c.GetCode()), kind: c.GetKind(), area: c.GetArea().GetCode()}
	return slices.ContainsFunc(s.of.GetCodes(), func(own *spsv1.ExporterCode) bool {
		_, may := seen.means(own, where{office: s.office})
		return may && when(own)
	})
}

// riskOf returns the decision on the risk if there are goods.
func riskOf(n *spsv1.Notification, s *share) *spsv1.Risk {
	if s.none {
		return nil
	}
	return n.GetRisk()
}

// codesOf returns the codes by which matches lead to the exporter.
func (m *matter) codesOf(matches []*spsv1.NoticeMatch) (codes []*spsv1.SiteCode) {
	for _, match := range matches {
		switch match.GetBasis() {
		case spsv1.MatchBasis_MATCH_BASIS_CODE, spsv1.MatchBasis_MATCH_BASIS_CODE_OUT_OF_DATE, spsv1.MatchBasis_MATCH_BASIS_CODE_PARTIAL:
		default:
			continue
		}
		at := slices.IndexFunc(m.sightings, func(s sighting) bool { return s.sort == byCode && s.written == match.GetAsWritten() })
		if at < 0 || slices.ContainsFunc(codes, func(c *spsv1.SiteCode) bool { return foldCode(c.GetCode()) == m.sightings[at].folded }) {
			continue
		}
		codes = append(codes, &spsv1.SiteCode{Kind: m.sightings[at].kind, Code: m.sightings[at].written})
	}
	return codes
}

// goods keeps the exporter's products and lots.
func (s *share) goods(n *spsv1.Notification) {
	var kept []*spsv1.Product
	for _, p := range n.GetProducts() {
		all := s.all || s.about[p.GetId()]
		lots := slices.DeleteFunc(slices.Clone(p.GetLots()), func(l *spsv1.Lot) bool { return !all && !s.about[l.GetId()] })
		if !all && len(lots) == 0 {
			continue
		}
		if len(lots) < len(p.GetLots()) { // what is said of the product is of others' goods too
			p.Quantity, p.Packaging, p.Gtins, p.Marks, p.Description = nil, nil, nil, nil, nil
		}
		p.Lots, p.Codes = lots, s.codes(p.GetCodes())
		s.products[p.GetId()] = true
		for _, l := range lots {
			l.Codes = s.codes(l.GetCodes())
			s.products[l.GetId()] = true
		}
		kept = append(kept, p)
	}
	n.Products = kept
	for _, p := range kept {
		p.Accompanies, p.MadeFrom = s.named(p.GetAccompanies()), s.named(p.GetMadeFrom())
	}
}

// codes keeps the exporter's codes.
func (s *share) codes(codes []*spsv1.SiteCode) []*spsv1.SiteCode {
	return slices.DeleteFunc(codes, func(c *spsv1.SiteCode) bool { return !s.owns(c) })
}

// named keeps the ids of what is kept.
func (s *share) named(ids []string) []string {
	return slices.DeleteFunc(ids, func(id string) bool { return !s.products[id] && !s.others[id] })
}

// mine reports whether something is about what is kept, and shortens what it is
// about to that. What is about all is, if there are goods.
func (s *share) mine(about *[]string) bool {
	if len(*about) == 0 {
		return !s.none
	}
	*about = s.named(*about)
	return len(*about) > 0
}

// consignment keeps how the exporter's goods travelled, and their papers. What a
// paper says that is about everybody's goods is theirs.
func (s *share) consignment(n *spsv1.Notification) {
	if s.none {
		n.Consignment = nil
	}
	if c := n.GetConsignment(); c != nil {
		c.Transports = slices.DeleteFunc(c.GetTransports(), func(t *spsv1.Transport) bool { return !s.mine(&t.About) })
		for _, t := range c.GetTransports() {
			s.others[t.GetId()] = true
		}
	}
	n.Documents = slices.DeleteFunc(n.GetDocuments(), func(d *spsv1.Document) bool {
		if len(d.GetAbout()) == 0 && !s.all {
			d.Number, d.AdditionalDeclaration, d.Name = "", nil, nil
		}
		return !s.mine(&d.About)
	})
	for _, d := range n.GetDocuments() {
		s.others[d.GetId()] = true
	}
}

// found keeps what was found in the exporter's goods.
func (s *share) found(n *spsv1.Notification) {
	n.Samples = slices.DeleteFunc(n.GetSamples(), func(x *spsv1.Sample) bool { return !s.mine(&x.About) })
	for _, x := range n.GetSamples() {
		s.others[x.GetId()] = true
		for _, r := range x.GetResults() {
			s.others[r.GetId()] = true
		}
	}
	n.Findings = slices.DeleteFunc(n.GetFindings(), func(f *spsv1.Finding) bool { return !s.mine(&f.About) })
	for _, f := range n.GetFindings() {
		s.others[f.GetId()] = true
		f.Evidence = s.named(f.GetEvidence())
		for _, x := range f.GetMismatches() {
			x.DeclaredIn, x.FoundOn = s.namedOne(x.GetDeclaredIn()), s.namedOne(x.GetFoundOn())
		}
	}
}

// namedOne keeps the id of what is kept.
func (s *share) namedOne(id string) string {
	if s.products[id] || s.others[id] {
		return id
	}
	return ""
}

// done keeps what was decided and done about the exporter's goods and codes.
func (s *share) done(n *spsv1.Notification, in *matter) {
	n.Decisions = slices.DeleteFunc(n.GetDecisions(), func(d *spsv1.Decision) bool { return !s.mine(&d.About) })
	for _, d := range n.GetDecisions() {
		d.Findings = s.named(d.GetFindings())
	}
	n.Measures = slices.DeleteFunc(n.GetMeasures(), func(m *spsv1.Measure) bool {
		if change := m.GetCodeStatus(); change != nil {
			m.About = s.named(m.GetAbout())
			return !s.ownsOn(change.GetCode(), in.at.day(in.changeOf(change)))
		}
		return !s.mine(&m.About)
	})
	n.Balances = slices.DeleteFunc(n.GetBalances(), func(b *spsv1.LotBalance) bool {
		return !s.products[b.GetAbout()] || !strings.Contains(b.GetAbout(), ".") && !s.all && !s.about[b.GetAbout()]
	})
}
