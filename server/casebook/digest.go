package casebook

import (
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/spsalert/spsalert/client/codes"
	"github.com/spsalert/spsalert/client/plain"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// words collects the words of a summary by mark, each once.
type words struct {
	of   [marks][]byte
	size int
	seen map[string]bool
}

// add adds a word as it is to be compared; none if it is empty.
func (w *words) add(m mark, word string) {
	if word == "" {
		return
	}
	marked := string(rune(m)) + word
	if w.seen[marked] {
		return
	}
	w.seen[marked] = true
	w.of[m] = append(w.of[m], marked...)
	w.size += len(marked)
}

// digest returns what a statement can be found by; nothing for nil.
func digest(s *spsv1.Statement) *words {
	w := &words{seen: make(map[string]bool)}
	content := statement.Content(s)
	w.texts(markSubject, content.GetSubject())
	w.goods(content.GetProducts(), content.GetParties(), content.GetFindings(), content.GetMeasures())
	for _, f := range []*spsv1.Facts{s.GetFollowUp().GetFacts(), s.GetRequest().GetFacts(), s.GetResponse().GetFacts()} {
		w.goods(f.GetProducts(), f.GetParties(), f.GetFindings(), f.GetMeasures())
	}
	w.codes(s.GetRequest().GetCodes())
	w.announcement(s.GetAnnouncement())
	for _, x := range s.GetExternalReferences() {
		w.external(x)
	}
	for _, a := range s.GetAddressees() {
		w.who(markAddressee, a)
	}
	for _, f := range s.GetFlags() {
		switch f.GetKind() {
		case spsv1.FlagKind_FLAG_KIND_FOR_FOLLOW_UP:
			w.who(markFollowUp, f)
		case spsv1.FlagKind_FLAG_KIND_FOR_ATTENTION:
			w.who(markAttention, f)
		default:
		}
	}
	return w
}

// goods adds what a notification, or what is added to one, says of goods and of
// whom and what they have to do with.
func (w *words) goods(products []*spsv1.Product, parties []*spsv1.Party, findings []*spsv1.Finding, measures []*spsv1.Measure) {
	for _, p := range products {
		w.product(p)
	}
	for _, p := range parties {
		w.add(markParty, plain.Text(p.GetName()))
		w.codes(p.GetCodes())
		w.add(markCode, plain.Joined(p.GetApprovalNumber()))
		w.add(markCode, plain.Joined(p.GetGaccNumber()))
	}
	for _, f := range findings {
		w.concept(markHazard, f.GetHazard().GetAgent())
		w.concept(markHazard, f.GetHazard().GetCategory())
		w.taxon(markHazard, f.GetOrganism().GetTaxon())
	}
	for _, m := range measures {
		w.add(markCode, plain.Joined(m.GetCodeStatus().GetCode().GetCode()))
	}
}

func (w *words) product(p *spsv1.Product) {
	w.texts(markProduct, p.GetName())
	w.texts(markProduct, p.GetLabelName())
	w.add(markProduct, plain.Text(p.GetBrand()))
	for _, t := range p.GetSpecies() {
		w.taxon(markProduct, t)
	}
	w.concept(markCategory, p.GetCategory())
	w.concept(markCategory, p.GetItem())
	w.concept(markCategory, p.GetCommodityClass())
	w.tariff(p.GetCommodityCodes())
	w.codes(p.GetCodes())
	w.origins(p.GetOrigins())
	for _, l := range p.GetLots() {
		w.codes(l.GetCodes())
		w.origins(l.GetOrigins())
	}
}

func (w *words) announcement(a *spsv1.Announcement) {
	w.texts(markSubject, a.GetSubject())
	rule := a.GetRuleChange()
	for _, c := range rule.GetProducts() {
		w.concept(markProduct, c)
	}
	for _, area := range rule.GetOrigins() {
		w.area(markOrigin, area)
	}
	w.tariff(rule.GetCommodityCodes())
	w.tariff(a.GetBorderGateStatus().GetCommodityCodes())
}

func (w *words) texts(m mark, texts []*spsv1.LocalizedText) {
	for _, t := range texts {
		w.add(m, plain.Text(t.GetText()))
	}
}

func (w *words) codings(m mark, codings []*spsv1.Coding) {
	for _, c := range codings {
		w.add(m, plain.Text(c.GetCode()))
		w.add(m, plain.Text(c.GetDisplay()))
	}
}

func (w *words) concept(m mark, c *spsv1.Concept) {
	w.codings(m, c.GetCodings())
	w.add(m, plain.Text(c.GetAsWritten()))
}

func (w *words) taxon(m mark, t *spsv1.Taxon) {
	w.codings(m, t.GetCodings())
	w.add(m, plain.Text(t.GetScientificName()))
	w.texts(m, t.GetCommonName())
	w.add(m, plain.Text(t.GetAsWritten()))
}

func (w *words) tariff(codings []*spsv1.Coding) {
	for _, c := range codings {
		if codes.IsTariff(c.GetSystem()) {
			w.add(markTariff, plain.Digits(c.GetCode()))
		}
	}
}

func (w *words) codes(codes []*spsv1.SiteCode) {
	for _, c := range codes {
		w.add(markCode, plain.Joined(c.GetCode()))
	}
}

func (w *words) origins(origins []*spsv1.Origin) {
	for _, o := range origins {
		w.area(markOrigin, o.GetArea())
	}
}

func (w *words) area(m mark, a *spsv1.Area) {
	w.add(m, plain.Text(a.GetCode()))
	w.add(m, plain.Text(a.GetAsWritten()))
}

// external adds a number of another system right behind the system, so that the
// two can be asked for together.
func (w *words) external(x *spsv1.ExternalReference) {
	system, number := plain.Text(x.GetSystem()), plain.Text(x.GetNumber())
	pair := string(rune(markSystem)) + system + string(rune(markNumber)) + number
	if system == "" || number == "" || w.seen[pair] {
		return
	}
	w.seen[pair] = true
	w.of[markSystem] = append(w.of[markSystem], pair...)
	w.size += len(pair)
}

// recipient is whom a statement names: an office, an area or a body.
type recipient interface {
	GetOffice() string
	GetArea() *spsv1.Area
	GetBody() string
}

func (w *words) who(m mark, r recipient) {
	w.add(m, plain.Text(r.GetOffice()))
	w.add(m, plain.Text(r.GetBody()))
	w.area(m, r.GetArea())
}

// kinds is the oneof of Statement whose fields are the kinds.
var kinds = (&spsv1.Statement{}).ProtoReflect().Descriptor().Oneofs().ByName("body")

// kindAnnouncement is the kind of announcements as a summary has it.
var kindAnnouncement = kindNumber(kinds.Fields().ByName("announcement"))

// kindOf returns the kind of a statement as a summary has it, 0 for none.
func kindOf(s *spsv1.Statement) byte {
	return kindNumber(s.ProtoReflect().WhichOneof(kinds))
}

func kindNumber(kind protoreflect.FieldDescriptor) byte {
	if kind == nil {
		return 0
	}
	return small(kind.Number() - kindBase)
}

func classificationOf(s *spsv1.Statement) spsv1.Classification {
	return statement.Content(s).GetClassification()
}
