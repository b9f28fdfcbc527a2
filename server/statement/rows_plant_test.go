package statement_test

import spsv1 "github.com/spsalert/spsalert/gen/sps/v1"

// interception returns an ISPM 13 notification of plants or other articles.
func interception(subject string) *spsv1.Notification {
	return &spsv1.Notification{
		Classification: spsv1.Classification_CLASSIFICATION_NON_COMPLIANCE,
		Type:           spsv1.NotificationType_NOTIFICATION_TYPE_PLANT,
		Field:          spsv1.Field_FIELD_PLANT,
		Ispm13Action:   spsv1.Ispm13Action_ISPM13_ACTION_NON_COMPLIANCE,
		Subject:        en(subject),
	}
}

func class(s string) *spsv1.Concept {
	return &spsv1.Concept{Codings: []*spsv1.Coding{{System: "europhyt-commodity-class", Code: s}}}
}

func plant(name string, rank spsv1.TaxonRank) []*spsv1.Taxon {
	return []*spsv1.Taxon{{ScientificName: name, Rank: rank}}
}

func pest(name string, rank spsv1.TaxonRank) *spsv1.Organism {
	return &spsv1.Organism{
		Taxon:                &spsv1.Taxon{ScientificName: name, Rank: rank},
		IdentificationStatus: spsv1.IdentificationStatus_IDENTIFICATION_STATUS_CONFIRMED,
	}
}

// plantRows are interceptions of plants, wood packaging and dunnage.
func plantRows() []row {
	return []row{aubergines(), lemons(), roses(), dunnage(), crates(), ornamentals()}
}

func aubergines() row {
	n := interception("Anthonomus eugenii and Bemisia tabaci on Solanum melongena from the Dominican Republic")
	n.Products = []*spsv1.Product{{
		Id: "p1", CommodityClass: class("OTHER LIVING PLANTS : FRUIT & VEGETABLES"), Origins: from("DO"),
		Species: plant("Solanum melongena", spsv1.TaxonRank_TAXON_RANK_SPECIES),
		Lots:    []*spsv1.Lot{{Id: "p1.l1"}},
	}}
	n.Findings = []*spsv1.Finding{
		{Id: "f1", About: []string{"p1.l1"}, PlantReason: spsv1.PlantReason_PLANT_REASON_REGULATED_ORGANISM, Organism: pest("Anthonomus eugenii", spsv1.TaxonRank_TAXON_RANK_SPECIES)},
		{Id: "f2", About: []string{"p1.l1"}, PlantReason: spsv1.PlantReason_PLANT_REASON_REGULATED_ORGANISM, Organism: pest("Bemisia tabaci", spsv1.TaxonRank_TAXON_RANK_SPECIES)},
	}
	return row{"Dominican Republic, Solanum melongena: one lot with two organisms", speak("EU", "", n), map[string]string{
		"notification.findings[0].about[0]":                       "p1.l1",
		"notification.findings[1].about[0]":                       "p1.l1",
		"notification.findings[1].organism.taxon.scientific_name": "Bemisia tabaci",
		"notification.products[0].name":                           "0",
		"notification.ispm13_action":                              "ISPM13_ACTION_NON_COMPLIANCE",
	}}
}

func lemons() row {
	n := interception("Citrus limon from Albania: special requirements not met, additional declaration missing, false information")
	n.Products = []*spsv1.Product{{
		Id: "p1", CommodityClass: class("OTHER LIVING PLANTS : FRUIT & VEGETABLES"), Origins: from("AL"),
		Species: plant("Citrus limon", spsv1.TaxonRank_TAXON_RANK_SPECIES),
	}}
	n.Documents = []*spsv1.Document{
		{Id: "d1", Kind: spsv1.DocumentKind_DOCUMENT_KIND_PHYTOSANITARY_CERTIFICATE},
		{Id: "d2", Kind: spsv1.DocumentKind_DOCUMENT_KIND_PHYTOSANITARY_CERTIFICATE_OR_PLANT_PASSPORT},
	}
	n.Findings = []*spsv1.Finding{
		{Id: "f1", About: []string{"p1"}, PlantReason: spsv1.PlantReason_PLANT_REASON_SPECIAL_REQUIREMENT_NOT_MET},
		{
			Id: "f2", About: []string{"p1", "d1"}, PlantReason: spsv1.PlantReason_PLANT_REASON_DOCUMENT_FAILURE,
			DocumentFault: fault(spsv1.DocumentFaultKind_DOCUMENT_FAULT_KIND_ADDITIONAL_DECLARATION_MISSING),
		},
		{
			Id: "f3", About: []string{"p1", "d2"}, PlantReason: spsv1.PlantReason_PLANT_REASON_DOCUMENT_FAILURE,
			DocumentFault: fault(spsv1.DocumentFaultKind_DOCUMENT_FAULT_KIND_FALSE_INFORMATION),
		},
	}
	return row{"Albania, Citrus limon: three reasons", speak("EU", "", n), map[string]string{
		"notification.findings[0].plant_reason":            "PLANT_REASON_SPECIAL_REQUIREMENT_NOT_MET",
		"notification.findings[1].document_fault.kinds[0]": "DOCUMENT_FAULT_KIND_ADDITIONAL_DECLARATION_MISSING",
		"notification.findings[2].document_fault.kinds[0]": "DOCUMENT_FAULT_KIND_FALSE_INFORMATION",
		"notification.documents[1].kind":                   "DOCUMENT_KIND_PHYTOSANITARY_CERTIFICATE_OR_PLANT_PASSPORT",
		"notification.risk":                                "false",
	}}
}

func roses() row {
	n := interception("Rosa sp. from Kenya: incorrect identity declared on documents; copy or duplicate not endorsed")
	n.Products = []*spsv1.Product{{
		Id: "p1", CommodityClass: class("OTHER LIVING PLANTS : CUT FLOWERS AND BRANCHES WITH FOLIAGE"), Origins: from("KE"),
		Species: []*spsv1.Taxon{{ScientificName: "Rosa", Rank: spsv1.TaxonRank_TAXON_RANK_GENUS, AsWritten: "ROSA SP."}},
	}}
	n.Documents = []*spsv1.Document{{Id: "d1", Kind: spsv1.DocumentKind_DOCUMENT_KIND_PHYTOSANITARY_CERTIFICATE_OR_PLANT_PASSPORT}}
	n.Findings = []*spsv1.Finding{
		{Id: "f1", About: []string{"p1", "d1"}, DocumentFault: fault(spsv1.DocumentFaultKind_DOCUMENT_FAULT_KIND_WRONG_IDENTITY)},
		{Id: "f2", About: []string{"p1", "d1"}, DocumentFault: fault(spsv1.DocumentFaultKind_DOCUMENT_FAULT_KIND_COPY, spsv1.DocumentFaultKind_DOCUMENT_FAULT_KIND_NOT_ENDORSED)},
	}
	return row{"Kenya, Rosa: a genus, a copy that is not endorsed", speak("EU", "", n), map[string]string{
		"notification.products[0].species[0].rank":         "TAXON_RANK_GENUS",
		"notification.products[0].species[0].as_written":   "ROSA SP.",
		"notification.findings[0].document_fault.kinds[0]": "DOCUMENT_FAULT_KIND_WRONG_IDENTITY",
		"notification.findings[1].document_fault.kinds":    "2",
		"notification.findings[1].document_fault.kinds[1]": "DOCUMENT_FAULT_KIND_NOT_ENDORSED",
	}}
}

func dunnage() row {
	n := interception("Dunnage of mixed forest plants from Russia: special requirements not met")
	n.Products = []*spsv1.Product{{
		Id: "p1", ArticleKind: spsv1.ArticleKind_ARTICLE_KIND_DUNNAGE, CommodityClass: class("PRODUCTS : DUNNAGE"), Origins: from("RU"),
		Species: []*spsv1.Taxon{{AsWritten: "MIXED FOREST PLANTS", Rank: spsv1.TaxonRank_TAXON_RANK_GROUP}},
	}}
	n.Findings = []*spsv1.Finding{{Id: "f1", About: []string{"p1"}, PlantReason: spsv1.PlantReason_PLANT_REASON_SPECIAL_REQUIREMENT_NOT_MET}}
	return row{"Russia, dunnage: a group that is no taxon", speak("EU", "", n), map[string]string{
		"notification.products[0].article_kind":               "ARTICLE_KIND_DUNNAGE",
		"notification.products[0].species[0].rank":            "TAXON_RANK_GROUP",
		"notification.products[0].species[0].scientific_name": "",
		"notification.products[0].species[0].as_written":      "MIXED FOREST PLANTS",
	}}
}

func crates() row {
	const complexName = "DISEASE COMPLEX, DIFFERENT UNKNOWN FACTORS (PARASITIC OR NON-PARASITIC)"
	n := interception("Organisms in wooden crates and other objects from China")
	n.Products = []*spsv1.Product{
		{Id: "p1", ArticleKind: spsv1.ArticleKind_ARTICLE_KIND_WOOD_PACKAGING, Name: en("wooden crate"), Origins: from("CN"), Packaging: &spsv1.Packaging{Kind: words("WOODEN CRATE")}},
		{Id: "p2", ArticleKind: spsv1.ArticleKind_ARTICLE_KIND_WOOD_PACKAGING, Name: en("wood packaging material"), Origins: from("CN")},
		{Id: "p3", ArticleKind: spsv1.ArticleKind_ARTICLE_KIND_OTHER, CommodityClass: class("! OTHERS"), Origins: from("CN")},
	}
	unknown := &spsv1.Organism{Taxon: &spsv1.Taxon{AsWritten: complexName}, DiseaseComplex: true, Unknown: true}
	n.Findings = []*spsv1.Finding{
		{Id: "f1", About: []string{"p1"}, Organism: pest("Cerambycidae", spsv1.TaxonRank_TAXON_RANK_FAMILY)},
		{Id: "f2", About: []string{"p1"}, Organism: pest("Trichoferus campestris", spsv1.TaxonRank_TAXON_RANK_SPECIES)},
		{Id: "f3", About: []string{"p2", "p3"}, Organism: unknown},
	}
	return row{"China, wooden crate and disease complex", speak("EU", "", n), map[string]string{
		"notification.products[0].article_kind":              "ARTICLE_KIND_WOOD_PACKAGING",
		"notification.findings[0].organism.taxon.rank":       "TAXON_RANK_FAMILY",
		"notification.findings[2].organism.disease_complex":  "true",
		"notification.findings[2].organism.taxon.as_written": complexName,
		"notification.findings[2].about[1]":                  "p3",
	}}
}

func ornamentals() row {
	n := interception("Ornamental plants from Costa Rica: another fault of phytosanitary certificate or plant passport")
	n.Products = []*spsv1.Product{{
		Id: "p1", CommodityClass: class("INTENDED FOR PLANTING : NOT YET PLANTED"), Origins: from("CR"), IntendedUse: words("planting"),
		Species: []*spsv1.Taxon{{AsWritten: "ORNAMENTAL PLANTS", Rank: spsv1.TaxonRank_TAXON_RANK_GROUP}},
	}}
	n.Documents = []*spsv1.Document{{Id: "d1", Kind: spsv1.DocumentKind_DOCUMENT_KIND_PHYTOSANITARY_CERTIFICATE_OR_PLANT_PASSPORT}}
	n.Findings = []*spsv1.Finding{
		{Id: "f1", About: []string{"p1", "d1"}, DocumentFault: fault(spsv1.DocumentFaultKind_DOCUMENT_FAULT_KIND_INCOMPLETE)},
		{Id: "f2", About: []string{"p1", "d1"}, DocumentFault: &spsv1.DocumentFault{
			Kinds: []spsv1.DocumentFaultKind{spsv1.DocumentFaultKind_DOCUMENT_FAULT_KIND_OTHER},
			Text:  text("en", "! OTHERS"),
		}},
	}
	return row{"Costa Rica, ornamental plants: ! OTHERS", speak("EU", "", n), map[string]string{
		"notification.products[0].species[0].as_written":       "ORNAMENTAL PLANTS",
		"notification.findings[1].document_fault.kinds[0]":     "DOCUMENT_FAULT_KIND_OTHER",
		"notification.findings[1].document_fault.text[0].text": "! OTHERS",
	}}
}
