package statement_test

import spsv1 "github.com/spsalert/spsalert/gen/sps/v1"

// information returns a notification of food that is no rejection.
func information(c spsv1.Classification, subject string, d spsv1.RiskDecision) *spsv1.Notification {
	return &spsv1.Notification{
		Classification: c,
		Type:           spsv1.NotificationType_NOTIFICATION_TYPE_FOOD,
		Subject:        en(subject),
		Risk:           risk(d),
	}
}

const (
	forAlert     = spsv1.Classification_CLASSIFICATION_ALERT
	forAttention = spsv1.Classification_CLASSIFICATION_INFORMATION_FOR_ATTENTION
	forFollowUp  = spsv1.Classification_CLASSIFICATION_INFORMATION_FOR_FOLLOW_UP
)

// goodsRows are notifications whose goods, way or origin are hard to say.
func goodsRows() []row {
	first, second := oysters()
	return []row{first, second, teas(), jam(), strawberries(), gums(), seeds(), shop(), farm()}
}

// oysters are one notification in two versions: the weekly file and a later one
// that says more about the way of the goods.
func oysters() (first, second row) {
	const reference = "2024.9647"
	content := func(subject string) *spsv1.Notification {
		n := information(forAttention, subject, spsv1.RiskDecision_RISK_DECISION_POTENTIALLY_SERIOUS)
		n.Risk.Outbreak = true
		n.Products = []*spsv1.Product{{
			Id: "p1", Name: en("chilled oysters"), Category: category("bivalve molluscs and products thereof"), Origins: from("IE"),
			Preservation: words("chilled"),
		}}
		n.Parties = operators("EE", "FI", "IE", "LV", "NL")
		n.Findings = []*spsv1.Finding{{Id: "f1", Hazard: &spsv1.Hazard{
			Agent: words("norovirus"), Nature: spsv1.HazardNature_HAZARD_NATURE_BIOLOGICAL,
			Qualifiers: []spsv1.HazardQualifier{spsv1.HazardQualifier_HAZARD_QUALIFIER_SUSPECTED},
		}}}
		n.Distribution = distributed("BE", "DK", "EE", "FI", "DE", "IT", "LV", "NL")
		n.Consignment = &spsv1.Consignment{Route: []*spsv1.RoutePoint{
			{Role: spsv1.RouteRole_ROUTE_ROLE_TRANSIT, Area: area("LV")},
			{Role: spsv1.RouteRole_ROUTE_ROLE_TRANSIT, Area: area("EE")},
		}}
		return n
	}
	asked := func() []*spsv1.Flag {
		return flags(
			attention(unit("BE"), unit("DK"), unit("EE"), unit("FR"), unit("DE"), unit("IE"), unit("IT"), unit("LV"), unit("NL")),
			followUp(unit("EE"), unit("LV"), unit("NL")),
		)
	}
	one := speak("EU", "FI", content("Foodborne outbreak suspected to be caused by Norovirus in chilled oysters from Ireland, via Latvia and via Estonia"))
	one.ExternalReferences, one.Flags = rasff(reference), asked()

	n := content("foodborne outbreak suspected to be caused by norovirus in chilled oysters (Crassostrea gigas) from Ireland, " +
		"purified in France, dispatched from the Netherlands, via Latvia and via Estonia")
	n.Products[0].Species = []*spsv1.Taxon{{ScientificName: "Crassostrea gigas", Rank: spsv1.TaxonRank_TAXON_RANK_SPECIES}}
	n.Consignment.Route = append([]*spsv1.RoutePoint{
		{Role: spsv1.RouteRole_ROUTE_ROLE_GROWN, Area: area("IE")},
		{Role: spsv1.RouteRole_ROUTE_ROLE_PROCESSED, Area: area("FR")},
		{Role: spsv1.RouteRole_ROUTE_ROLE_DISPATCHED, Area: area("NL")},
	}, n.Consignment.Route...)
	two := speak("EU", "FI", nil)
	two.RequestId = "5f1b6a52-0f0e-4b8e-9d3c-7f5f6f1f2a11"
	two.ExternalReferences, two.Flags = rasff(reference), asked()
	two.ExternalReferences[0].Version = "2"
	two.CaseRef = caseRef("EU")
	two.RelatesTo = []*spsv1.Relation{{Kind: spsv1.RelationKind_RELATION_KIND_AMENDS, Entry: entry("EU", 7), Reference: "EU-2026-000007"}}
	two.Body = &spsv1.Statement_Amendment{Amendment: &spsv1.Amendment{
		Notification: n,
		Reason:       en("the way of the goods has become known"),
		Changes:      []*spsv1.Change{{Kind: spsv1.ChangeKind_CHANGE_KIND_ADDITION, Path: "consignment.route"}, {Kind: spsv1.ChangeKind_CHANGE_KIND_EDITORIAL, Path: "subject"}},
	}}
	first = row{"2024.9647 outbreak, first version", one, map[string]string{
		"notification.risk.outbreak":                    "true",
		"notification.consignment.route":                "2",
		"notification.findings[0].hazard.qualifiers[0]": "HAZARD_QUALIFIER_SUSPECTED",
		"notification.distribution":                     "8",
		"flags":                                         "12",
	}}
	second = row{"2024.9647 outbreak, second version", two, map[string]string{
		"amendment.notification.consignment.route":                      "5",
		"amendment.notification.consignment.route[1].role":              "ROUTE_ROLE_PROCESSED",
		"amendment.notification.consignment.route[2].area.code":         "NL",
		"amendment.notification.products[0].species[0].scientific_name": "Crassostrea gigas",
		"relates_to[0].kind":             "RELATION_KIND_AMENDS",
		"external_references[0].version": "2",
	}}
	return first, second
}

func teas() row {
	n := information(forFollowUp, "", spsv1.RiskDecision_RISK_DECISION_POTENTIAL_RISK)
	n.Subject = text("mul", "nieautoryzowana nowa żywność Clitoria ternatea w herbatach sprzedawanych przez Internet////unauthorized novel food Clitoria ternatea in teas sold online")
	n.Products = []*spsv1.Product{{
		Id: "p1", Name: en("teas sold online"), Category: category("cocoa and cocoa preparations, coffee and tea"),
		Origins: from("CN", "PL", "ZA", "LK", "TH"),
	}}
	n.Parties = operators("AT", "MX", "PL", "TH")
	n.Findings = []*spsv1.Finding{{Id: "f1", Hazard: &spsv1.Hazard{
		Agent:      words("Clitoria ternatea"),
		Category:   words("novel food"),
		Qualifiers: []spsv1.HazardQualifier{spsv1.HazardQualifier_HAZARD_QUALIFIER_UNAUTHORISED},
	}}}
	n.Distribution = distributed("AT", "CY", "CZ", "DK", "FR", "HU", "IT", "LT", "MX", "NL", "PL", "ES", "SE", "CH", "GB", "US")
	s := speak("EU", "PL", n)
	s.ExternalReferences = rasff("2025.5302")
	s.Addressees = []*spsv1.Addressee{to("CN", spsv1.AddresseeRole_ADDRESSEE_ROLE_ORIGIN), to("TH", spsv1.AddresseeRole_ADDRESSEE_ROLE_ORIGIN, spsv1.AddresseeRole_ADDRESSEE_ROLE_OPERATOR)}
	s.Flags = flags(
		attention(office("CN"), body("INFOSAN"), unit("PL"), unit("PT"), outside("ZA"), outside("LK"), office("TH")),
		followUp(unit("AT"), unit("CY"), unit("CZ"), unit("DK"), unit("FR"), unit("HU"), unit("IT"), unit("LT"), unit("NL"), unit("PL"), unit("ES"), unit("SE"), outside("CH")),
	)
	return row{"2025.5302 glued languages, five origins", s, map[string]string{
		"notification.subject[0].lang":                  "mul",
		"notification.products[0].origins":              "5",
		"notification.products[0].origins[3].area.code": "LK",
		"notification.consignment":                      "false",
		"flags":                                         "20",
		"flags[1].body":                                 "INFOSAN",
		"addressees[1].roles[1]":                        "ADDRESSEE_ROLE_OPERATOR",
	}}
}

func jam() row {
	n := information(forFollowUp, "Unauthorized novel foods in ayurvedic herbal preparation (jam)", spsv1.RiskDecision_RISK_DECISION_POTENTIAL_RISK)
	n.Products = []*spsv1.Product{{
		Id: "p1", Name: en("ayurvedic herbal preparation (jam)"), Category: category("dietetic foods, food supplements and fortified foods"),
		Origins: origin(spsv1.OriginState_ORIGIN_STATE_UNKNOWN),
	}}
	n.Parties = operators("FI", "NL")
	n.Findings = []*spsv1.Finding{{Id: "f1", Reason: words("unauthorised novel foods")}}
	n.Distribution = distributed("FI")
	s := speak("EU", "FI", n)
	s.ExternalReferences = rasff("2024.1133")
	s.Flags = flags(attention(unit("NL")), followUp(unit("FI"), unit("NL")))
	return row{"2024.1133 origin unknown", s, map[string]string{
		"notification.products[0].origins[0].state":  "ORIGIN_STATE_UNKNOWN",
		"notification.products[0].origins[0].area":   "false",
		"notification.findings[0].reason.as_written": "unauthorised novel foods",
	}}
}

func strawberries() row {
	n := rejection("", spsv1.RiskDecision_RISK_DECISION_NOT_SERIOUS)
	n.Subject = text("mul", "TRUSKAWKI MROŻONE Z PRZEKROCZONĄ ZAWARTOŚCIĄ OKSAMYLU FROZEN STRAWBERRIES WITH OXAMYL CONTENT EXCEEDING 0.009±0.005 mg/kg")
	n.Products = []*spsv1.Product{{
		Id: "p1", Category: category("fruits and vegetables"), Preservation: words("frozen"),
		Name:    []*spsv1.LocalizedText{{Lang: "pl", Text: "truskawki mrożone"}, {Lang: "en", Text: "frozen strawberries"}},
		Origins: origin(spsv1.OriginState_ORIGIN_STATE_NOT_STATED),
	}}
	n.Findings = []*spsv1.Finding{{Id: "f1", About: []string{"p1"}, Evidence: []string{"s1.r1"}, Hazard: &spsv1.Hazard{
		Agent: words("oxamyl"), Qualifiers: []spsv1.HazardQualifier{spsv1.HazardQualifier_HAZARD_QUALIFIER_UNAUTHORISED},
	}}}
	n.Samples = []*spsv1.Sample{{Id: "s1", About: []string{"p1"}, Role: spsv1.SampleRole_SAMPLE_ROLE_OFFICIAL, Results: []*spsv1.LabResult{{
		Id: "s1.r1", Analyte: words("oxamyl"), Comparator: spsv1.Comparator_COMPARATOR_EQUAL,
		Value:       mgkg("0.009"),
		Uncertainty: mgkg("0.005"),
		Verdict:     spsv1.Verdict_VERDICT_NON_COMPLIANT,
	}}}}
	s := speak("EU", "PL", n)
	s.ExternalReferences = rasff("2025.5884")
	s.Flags = attention(office("CN"))
	return row{"2025.5884 uncertainty, origin not stated, flag without address", s, map[string]string{
		"notification.products[0].origins[0].state":            "ORIGIN_STATE_NOT_STATED",
		"notification.samples[0].results[0].value.value":       "0.009",
		"notification.samples[0].results[0].uncertainty.value": "0.005",
		"notification.samples[0].results[0].uncertainty.ucum":  "mg/kg",
		"notification.products[0].name[1].text":                "frozen strawberries",
		"addressees":                                           "0",
		"flags[0].office":                                      "CN",
		"notification.parties":                                 "0",
	}}
}

func gums() row {
	n := information(forAlert, "Choking hazard with fruit gums from China", spsv1.RiskDecision_RISK_DECISION_SERIOUS)
	n.Products = []*spsv1.Product{{Id: "p1", Name: en("fruit gums"), Category: category("confectionery"), Origins: []*spsv1.Origin{
		{State: spsv1.OriginState_ORIGIN_STATE_STATED, Area: &spsv1.Area{Code: "TW", AsWritten: "Taiwan"}},
	}}}
	n.Parties = operators("DE", "NL")
	n.Findings = []*spsv1.Finding{{
		Id: "f1", Hazard: &spsv1.Hazard{Agent: words("suffocation risk consumption"), Nature: spsv1.HazardNature_HAZARD_NATURE_PHYSICAL},
		Mismatches: []*spsv1.Mismatch{{What: words("origin"), Declared: "China", Found: "Taiwan"}},
	}}
	n.Distribution = distributed("DE")
	s := speak("EU", "DE", n)
	s.ExternalReferences = rasff("2025.4497")
	s.Flags = flags(attention(body("INFOSAN")), followUp(unit("NL")))
	return row{"2025.4497 subject and column name different origins", s, map[string]string{
		"notification.classification":                         "CLASSIFICATION_ALERT",
		"notification.findings[0].hazard.nature":              "HAZARD_NATURE_PHYSICAL",
		"notification.products[0].origins[0].area.as_written": "Taiwan",
		"notification.subject[0].text":                        "Choking hazard with fruit gums from China",
		"notification.findings[0].mismatches[0].found":        "Taiwan",
	}}
}

func seeds() row {
	n := information(forAlert, "shigatoxin-producing Escherichia coli in organic pumpkin seeds from Poland", spsv1.RiskDecision_RISK_DECISION_POTENTIALLY_SERIOUS)
	n.Products = []*spsv1.Product{{Id: "p1", Name: en("organic pumpkin seeds"), Category: category("nuts, nut products and seeds"), Origins: from("PL")}}
	n.Parties = operators("XI", "PL")
	n.Findings = []*spsv1.Finding{{Id: "f1", Hazard: &spsv1.Hazard{Agent: words("Escherichia coli shigatoxin-producing"), Nature: spsv1.HazardNature_HAZARD_NATURE_BIOLOGICAL}}}
	n.Distribution = distributed("XI", "PL")
	s := speak("EU", "EC", n)
	s.ExternalReferences = rasff("2024.5071")
	s.Flags = flags(attention(outside("XI")), followUp(outside("XI"), unit("PL")))
	return row{"2024.5071 the Commission for Northern Ireland", s, map[string]string{
		"on_behalf_of":                           "EC",
		"notification.distribution[0].area.code": "XI",
		"flags[0].area.code":                     "XI",
		"flags[1].kind":                          "FLAG_KIND_FOR_FOLLOW_UP",
	}}
}

func shop() row {
	const uri = "https://www.naturesfinestfoods.dk/"
	n := information(forFollowUp, uri+" are selling products with illegal ingredients as MACA and Ashwagandha", spsv1.RiskDecision_RISK_DECISION_POTENTIAL_RISK)
	n.Products = []*spsv1.Product{
		{Id: "p1", Name: en("products with maca"), Category: category("dietetic foods, food supplements and fortified foods"), Origins: from("SI"), Uris: []string{uri}},
		{Id: "p2", Name: en("products with ashwagandha"), Category: category("dietetic foods, food supplements and fortified foods"), Origins: from("SI"), Uris: []string{uri}},
	}
	n.Parties = []*spsv1.Party{
		{Id: "o1", Roles: []spsv1.PartyRole{spsv1.PartyRole_PARTY_ROLE_OPERATOR}, Area: area("SI")},
		{Id: "o2", Roles: []spsv1.PartyRole{spsv1.PartyRole_PARTY_ROLE_WEB_SHOP}, Uris: []string{uri}},
	}
	n.Findings = []*spsv1.Finding{
		{Id: "f1", About: []string{"p1", "o2"}, Hazard: &spsv1.Hazard{Agent: words("MACA"), Qualifiers: []spsv1.HazardQualifier{spsv1.HazardQualifier_HAZARD_QUALIFIER_PROHIBITED}}},
		{Id: "f2", About: []string{"p2", "o2"}, Hazard: &spsv1.Hazard{Agent: words("Ashwagandha"), Qualifiers: []spsv1.HazardQualifier{spsv1.HazardQualifier_HAZARD_QUALIFIER_PROHIBITED}}},
	}
	n.Distribution = distributed("DK")
	s := speak("EU", "DK", n)
	s.ExternalReferences = rasff("2024.9425")
	s.Flags = followUp(unit("DK"), unit("SI"))
	return row{"2024.9425 a web shop without a consignment", s, map[string]string{
		"notification.consignment":          "false",
		"notification.parties[1].roles[0]":  "PARTY_ROLE_WEB_SHOP",
		"notification.parties[1].uris[0]":   uri,
		"notification.findings[1].about[1]": "o2",
	}}
}

func farm() row {
	n := information(forFollowUp, "Salmonella Typhimurium sampled from a chicken farm", spsv1.RiskDecision_RISK_DECISION_POTENTIALLY_SERIOUS)
	n.Type = spsv1.NotificationType_NOTIFICATION_TYPE_ANIMAL
	n.Products = []*spsv1.Product{{
		Id: "p1", ArticleKind: spsv1.ArticleKind_ARTICLE_KIND_LIVE_ANIMAL, Category: category("live animals"), Origins: from("IT"),
		Species: []*spsv1.Taxon{{ScientificName: "Gallus gallus", Rank: spsv1.TaxonRank_TAXON_RANK_SPECIES, CommonName: en("chicken")}},
	}}
	n.Parties = operators("IT")
	n.Findings = []*spsv1.Finding{{Id: "f1", Evidence: []string{"s1"}, Organism: &spsv1.Organism{
		Taxon: &spsv1.Taxon{ScientificName: "Salmonella enterica", Rank: spsv1.TaxonRank_TAXON_RANK_STRAIN, AsWritten: "Salmonella typhimurium"},
	}}}
	n.Samples = []*spsv1.Sample{{Id: "s1", About: []string{"p1"}, Place: &spsv1.Place{Name: en("a chicken farm"), Area: area("IT")}}}
	n.Distribution = distributed("DE", "IT", "SM", "SI")
	s := speak("EU", "IT", n)
	s.ExternalReferences = rasff("2024.4285")
	s.Flags = flags(attention(unit("DE")), followUp(unit("DE"), unit("IT"), unit("SI")))
	return row{"2024.4285 a farm sample without a consignment", s, map[string]string{
		"notification.type":                            "NOTIFICATION_TYPE_ANIMAL",
		"notification.consignment":                     "false",
		"notification.samples[0].place.name[0].text":   "a chicken farm",
		"notification.findings[0].organism.taxon.rank": "TAXON_RANK_STRAIN",
		"notification.distribution[2].area.code":       "SM",
	}}
}

func mgkg(value string) *spsv1.Quantity {
	return &spsv1.Quantity{Value: value, Unit: &spsv1.Quantity_Ucum{Ucum: "mg/kg"}}
}
