package realdata

import (
	"strings"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// countryCodes are the countries of the list, with their codes.
var countryCodes = map[string]string{
	"ALBANIA": "AL", "ARGENTINA": "AR", "AUSTRALIA": "AU", "BANGLADESH": "BD", "BELARUS": "BY", "BRAZIL": "BR", "CAMBODIA": "KH",
	"CAMEROON": "CM", "CANADA": "CA", "CANARY ISLANDS": "ES-CN", "CHILE": "CL", "CHINA": "CN", "COSTA RICA": "CR", "CUBA": "CU",
	"DOMINICAN REPUBLIC": "DO", "ECUADOR": "EC", "EGYPT": "EG", "ETHIOPIA": "ET", "GHANA": "GH", "GUATEMALA": "GT", "INDIA": "IN",
	"IRAN (ISLAMIC REPUBLIC OF)": "IR", "ISRAEL": "IL", "JAMAICA": "JM", "JORDAN": "JO", "KENYA": "KE",
	"LAO PEOPLE'S DEMOCRATIC REPUBLIC": "LA", "MALAYSIA": "MY", "MEXICO": "MX", "NEW ZEALAND": "NZ", "NIGERIA": "NG",
	"PAKISTAN": "PK", "PALESTINIAN TERRITORY, OCCUPIED": "PS", "PARAGUAY": "PY", "PHILIPPINES": "PH", "RUSSIAN FEDERATION": "RU",
	"SRI LANKA": "LK", "SURINAME": "SR", "THAILAND": "TH", "UGANDA": "UG", "UNITED STATES": "US", "URUGUAY": "UY", "VIETNAM": "VN",
	"ZAMBIA": "ZM",
}

// statement returns the notification of one interception. Day, post, lot and
// quantity are not in the list.
func (r interception) statement() *spsv1.Statement {
	n := &spsv1.Notification{
		Classification: spsv1.Classification_CLASSIFICATION_NON_COMPLIANCE,
		Type:           spsv1.NotificationType_NOTIFICATION_TYPE_PLANT,
		Field:          spsv1.Field_FIELD_PLANT,
		Ispm13Action:   spsv1.Ispm13Action_ISPM13_ACTION_NON_COMPLIANCE,
		Subject:        english(strings.TrimSpace(r.organism+r.reason+" on "+r.species+r.object) + " from " + r.country),
		Products:       []*spsv1.Product{r.product()},
	}
	finding := &spsv1.Finding{Id: "f1", About: []string{"p1"}, FindDate: &spsv1.Date{Year: 2016, Month: 11}}
	n.Findings = []*spsv1.Finding{finding}
	if r.organism != "" {
		finding.PlantReason = spsv1.PlantReason_PLANT_REASON_REGULATED_ORGANISM
		finding.Organism = organism(r.organism)
	} else {
		cause(n, finding, r.reason)
	}
	return &spsv1.Statement{
		Status:   spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL,
		Handling: spsv1.Handling_HANDLING_PUBLIC_SUMMARY,
		Network:  true,
		Body:     &spsv1.Statement_Notification{Notification: n},
	}
}

func (r interception) product() *spsv1.Product {
	p := &spsv1.Product{
		Id: "p1",
		Origins: []*spsv1.Origin{{
			State: spsv1.OriginState_ORIGIN_STATE_STATED,
			Area:  &spsv1.Area{Code: countryCodes[r.country], AsWritten: r.country},
		}},
	}
	switch r.object {
	case "":
		p.ArticleKind = spsv1.ArticleKind_ARTICLE_KIND_COMMODITY
	case "! OTHERS":
		p.ArticleKind, p.Name = spsv1.ArticleKind_ARTICLE_KIND_OTHER, english(r.object)
	case "DUNNAGE":
		p.ArticleKind = spsv1.ArticleKind_ARTICLE_KIND_DUNNAGE
	default:
		p.ArticleKind, p.Name = spsv1.ArticleKind_ARTICLE_KIND_WOOD_PACKAGING, english(r.object)
		if kind := packages[r.object]; kind != "" {
			p.Packaging = &spsv1.Packaging{Kind: &spsv1.Concept{Codings: []*spsv1.Coding{{System: "unece-rec21", Code: kind}}, AsWritten: r.object}}
		}
	}
	if r.commodity != "" {
		p.CommodityClass = &spsv1.Concept{
			Codings: []*spsv1.Coding{{System: "europhyt-commodity-class", Code: r.commodity}}, AsWritten: r.commodity, Lang: "en",
		}
		p.Species = []*spsv1.Taxon{taxon(r.species)}
	}
	if strings.HasSuffix(r.commodity, ": DUNNAGE") {
		p.ArticleKind = spsv1.ArticleKind_ARTICLE_KIND_DUNNAGE
	}
	return p
}

// packages are the codes of UN/ECE Recommendation 21 of what is packed in wood.
var packages = map[string]string{"WOODEN CRATE": "8B", "WOOD PALLET": "8A"}

func english(s string) []*spsv1.LocalizedText { return []*spsv1.LocalizedText{{Lang: "en", Text: s}} }

func organism(name string) *spsv1.Organism {
	o := &spsv1.Organism{Taxon: taxon(name)}
	if strings.HasPrefix(name, "DISEASE COMPLEX") {
		o.Taxon, o.DiseaseComplex, o.Unknown = &spsv1.Taxon{AsWritten: name}, true, true
	}
	return o
}

// ranks are those of names that their form does not tell.
var ranks = map[string]spsv1.TaxonRank{
	"COLEOPTERA": spsv1.TaxonRank_TAXON_RANK_ORDER, "DIPTERA": spsv1.TaxonRank_TAXON_RANK_ORDER,
	"DIPLOPODA": spsv1.TaxonRank_TAXON_RANK_CLASS_OR_ABOVE,
}

// taxon returns a name of the list, which writes all in capitals.
func taxon(name string) *spsv1.Taxon {
	t := &spsv1.Taxon{AsWritten: name}
	scientific, _, _ := strings.Cut(name, " (")
	words := strings.Fields(scientific)
	rank, known := ranks[name]
	switch {
	case strings.HasPrefix(name, "UNKNOWN"):
		t.Rank = spsv1.TaxonRank_TAXON_RANK_UNIDENTIFIED
		return t
	case strings.HasSuffix(name, " PLANTS"):
		t.Rank = spsv1.TaxonRank_TAXON_RANK_GROUP
		return t
	case known:
		t.Rank = rank
	case strings.Contains(name, " SUBSP. "), strings.Contains(name, " VAR. "):
		t.Rank = spsv1.TaxonRank_TAXON_RANK_INFRASPECIFIC
	case strings.HasSuffix(scientific, " SP."):
		t.Rank, scientific = spsv1.TaxonRank_TAXON_RANK_GENUS, strings.TrimSuffix(scientific, " SP.")
	case len(words) > 1:
		t.Rank = spsv1.TaxonRank_TAXON_RANK_SPECIES
	case strings.HasSuffix(name, "IDAE"), strings.HasSuffix(name, "ACEAE"):
		t.Rank = spsv1.TaxonRank_TAXON_RANK_FAMILY
	case strings.HasSuffix(name, "ALES"):
		t.Rank = spsv1.TaxonRank_TAXON_RANK_ORDER
	default:
		t.Rank = spsv1.TaxonRank_TAXON_RANK_GENUS
	}
	t.ScientificName = scientific[:1] + strings.ToLower(scientific[1:])
	return t
}

// faults are what is wrong with a document, after its name and a colon.
var faults = map[string][]spsv1.DocumentFaultKind{
	"ABSENT":                         {spsv1.DocumentFaultKind_DOCUMENT_FAULT_KIND_ABSENT},
	"EXPIRED DATE":                   {spsv1.DocumentFaultKind_DOCUMENT_FAULT_KIND_EXPIRED},
	"FALSE INFORMATION":              {spsv1.DocumentFaultKind_DOCUMENT_FAULT_KIND_FALSE_INFORMATION},
	"INCOMPLETE":                     {spsv1.DocumentFaultKind_DOCUMENT_FAULT_KIND_INCOMPLETE},
	"PLANT NOT INCLUDED":             {spsv1.DocumentFaultKind_DOCUMENT_FAULT_KIND_PLANT_NOT_INCLUDED},
	"ADDITIONAL DECLARATION MISSING": {spsv1.DocumentFaultKind_DOCUMENT_FAULT_KIND_ADDITIONAL_DECLARATION_MISSING},
	"ADDITIONAL DECLARATION INADEQUATE OR INVALID": {spsv1.DocumentFaultKind_DOCUMENT_FAULT_KIND_ADDITIONAL_DECLARATION_INADEQUATE},
	"COPY/ DUPLICATA NOT ENDORSED": {
		spsv1.DocumentFaultKind_DOCUMENT_FAULT_KIND_COPY, spsv1.DocumentFaultKind_DOCUMENT_FAULT_KIND_NOT_ENDORSED,
	},
}

// cause writes the reason of an interception, other than an organism, into its
// finding, and the document that is at fault into the notification.
func cause(n *spsv1.Notification, f *spsv1.Finding, written string) {
	at := func(kind spsv1.DocumentKind, fault *spsv1.DocumentFault) {
		n.Documents = []*spsv1.Document{{Id: "d1", Kind: kind}}
		f.About = append(f.About, "d1")
		f.PlantReason, f.DocumentFault = spsv1.PlantReason_PLANT_REASON_DOCUMENT_FAILURE, fault
	}
	name, what, _ := strings.Cut(written, ":")
	name, what = strings.TrimSpace(name), strings.TrimSpace(what)
	switch {
	case what == "NON COMPLIANCE WITH SPECIAL REQUIREMENTS":
		f.PlantReason = spsv1.PlantReason_PLANT_REASON_SPECIAL_REQUIREMENT_NOT_MET
	case strings.HasPrefix(what, "PROHIBITED"):
		f.PlantReason = spsv1.PlantReason_PLANT_REASON_PROHIBITED
	case what == "INCORRECT IDENTITY DECLARED ON DOCUMENTS":
		at(spsv1.DocumentKind_DOCUMENT_KIND_NOT_STATED, &spsv1.DocumentFault{
			Kinds: []spsv1.DocumentFaultKind{spsv1.DocumentFaultKind_DOCUMENT_FAULT_KIND_WRONG_IDENTITY},
		})
	case strings.HasPrefix(name, "PHYTO. CERT"):
		kind := spsv1.DocumentKind_DOCUMENT_KIND_PHYTOSANITARY_CERTIFICATE
		if strings.Contains(name, "PASSPORT") {
			kind = spsv1.DocumentKind_DOCUMENT_KIND_PHYTOSANITARY_CERTIFICATE_OR_PLANT_PASSPORT
		}
		fault := &spsv1.DocumentFault{Kinds: faults[what]}
		if fault.Kinds == nil {
			fault.Kinds, fault.Text = []spsv1.DocumentFaultKind{spsv1.DocumentFaultKind_DOCUMENT_FAULT_KIND_OTHER}, english(what)
		}
		at(kind, fault)
	default:
		f.PlantReason, f.Text = spsv1.PlantReason_PLANT_REASON_OTHER, english(written)
	}
}
