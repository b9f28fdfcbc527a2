package statement_test

import spsv1 "github.com/spsalert/spsalert/gen/sps/v1"

// rejection returns a border rejection of food with a risk decision and a
// subject.
func rejection(subject string, d spsv1.RiskDecision) *spsv1.Notification {
	return &spsv1.Notification{
		Classification: spsv1.Classification_CLASSIFICATION_BORDER_REJECTION,
		Type:           spsv1.NotificationType_NOTIFICATION_TYPE_FOOD,
		Subject:        en(subject),
		Risk:           risk(d),
	}
}

func fault(kinds ...spsv1.DocumentFaultKind) *spsv1.DocumentFault {
	return &spsv1.DocumentFault{Kinds: kinds}
}

// documentRows are notifications that have a document or an identity at fault,
// and mostly no hazard.
func documentRows() []row {
	return []row{ducks(), cumin(), walnuts(), rice(), ceramics(), spoons(), gelatin()}
}

func ducks() row {
	n := rejection("Suspected fraud (incorrect number of boxes in the certificate and in the container) for roast ducks from China",
		spsv1.RiskDecision_RISK_DECISION_POTENTIALLY_SERIOUS)
	n.Products = []*spsv1.Product{{Id: "p1", Name: en("roast ducks"), Category: category("poultry meat and poultry meat products"), Origins: from("CN")}}
	n.Parties = operators("CN", "HU")
	n.Consignment = &spsv1.Consignment{
		Transports:  []*spsv1.Transport{{Id: "t1"}}, // a container, its number not stated
		Destination: area("HU"),
	}
	n.Documents = []*spsv1.Document{{Id: "d1", Kind: spsv1.DocumentKind_DOCUMENT_KIND_HEALTH_CERTIFICATE}}
	n.Findings = []*spsv1.Finding{{
		Id: "f1", About: []string{"p1", "d1", "t1"},
		DocumentFault: fault(spsv1.DocumentFaultKind_DOCUMENT_FAULT_KIND_FALSE_INFORMATION),
		Mismatches:    []*spsv1.Mismatch{{What: words("number of boxes"), Declared: "number in the certificate", Found: "another number in the container", DeclaredIn: "d1", FoundOn: "t1"}},
	}}
	n.SuspectedFraud = &spsv1.FraudSuspicion{About: []string{"d1"}, OpenInvestigation: true}
	s := speak("EU", "DE", n)
	s.ExternalReferences = rasff("2024.0618")
	s.Network, s.Handling = false, spsv1.Handling_HANDLING_ADDRESSEES_ONLY
	s.Addressees = []*spsv1.Addressee{to("CN", spsv1.AddresseeRole_ADDRESSEE_ROLE_ORIGIN)}
	s.Flags = flags(attention(unit("DE"), unit("HU")), followUp(office("CN")))
	return row{"2024.0618 boxes in certificate and container differ", s, map[string]string{
		"external_references[0].number":                      "2024.0618",
		"notification.suspected_fraud.open_investigation":    "true",
		"notification.findings[0].mismatches[0].declared_in": "d1",
		"notification.findings[0].mismatches[0].found_on":    "t1",
		"notification.distribution":                          "0",
		"on_behalf_of":                                       "DE",
		"addressees[0].office":                               "CN",
		"flags[1].unit":                                      "HU",
		"flags[2].kind":                                      "FLAG_KIND_FOR_FOLLOW_UP",
	}}
}

func cumin() row {
	n := rejection("The batch number on the packaging of the product is different from the batch number in the Official Certificate for cumin powder from India",
		spsv1.RiskDecision_RISK_DECISION_NOT_SERIOUS)
	n.Products = []*spsv1.Product{{Id: "p1", Name: en("cumin powder"), Category: category("herbs and spices"), Origins: from("IN"), Lots: []*spsv1.Lot{{Id: "p1.l1"}}}}
	n.Parties = operators("IN", "LV")
	n.Documents = []*spsv1.Document{{Id: "d1", Kind: spsv1.DocumentKind_DOCUMENT_KIND_HEALTH_CERTIFICATE, Name: en("Official Certificate")}}
	n.Findings = []*spsv1.Finding{{
		Id: "f1", About: []string{"p1.l1", "d1"},
		Mismatches: []*spsv1.Mismatch{{What: words("batch number"), Declared: "batch number in the Official Certificate", Found: "batch number on the packaging", DeclaredIn: "d1", FoundOn: "p1.l1"}},
	}}
	s := speak("EU", "LV", n)
	s.ExternalReferences = rasff("2025.4790")
	return row{"2025.4790 batch number differs, nobody flagged", s, map[string]string{
		"flags": "0", "addressees": "0", "network": "true",
		"notification.findings[0].mismatches[0].what.as_written": "batch number",
		"notification.products[0].lots[0].number":                "",
		"notification.risk.decision":                             "RISK_DECISION_NOT_SERIOUS",
	}}
}

func walnuts() row {
	n := rejection("incorrect labelling (country of origin mismatch on label and phytosanitary certificate) on walnut kernels from China, dispatched from Uzbekistan",
		spsv1.RiskDecision_RISK_DECISION_NO_RISK)
	n.Products = []*spsv1.Product{{Id: "p1", Name: en("walnut kernels"), Category: category("nuts, nut products and seeds"), Origins: from("CN")}}
	n.Parties = operators("FR", "LV", "UZ")
	n.Consignment = &spsv1.Consignment{Route: []*spsv1.RoutePoint{{Role: spsv1.RouteRole_ROUTE_ROLE_DISPATCHED, Area: area("UZ")}}}
	n.Documents = []*spsv1.Document{
		{Id: "d1", Kind: spsv1.DocumentKind_DOCUMENT_KIND_PHYTOSANITARY_CERTIFICATE},
		{Id: "d2", Kind: spsv1.DocumentKind_DOCUMENT_KIND_LABEL},
	}
	n.Findings = []*spsv1.Finding{{
		Id: "f1", About: []string{"p1", "d1", "d2"}, Reason: words("incorrect labelling"),
		Mismatches: []*spsv1.Mismatch{{What: words("country of origin"), Declared: "country on the phytosanitary certificate", Found: "country on the label", DeclaredIn: "d1", FoundOn: "d2"}},
	}}
	n.Distribution = distributed("LV")
	s := speak("EU", "LV", n)
	s.ExternalReferences = rasff("2025.1156")
	s.Flags = attention(unit("FR"))
	return row{"2025.1156 origin and dispatch differ, origin not flagged", s, map[string]string{
		"notification.products[0].origins[0].area.code": "CN",
		"notification.consignment.route[0].role":        "ROUTE_ROLE_DISPATCHED",
		"notification.consignment.route[0].area.code":   "UZ",
		"notification.documents[1].kind":                "DOCUMENT_KIND_LABEL",
		"notification.risk.decision":                    "RISK_DECISION_NO_RISK",
		"flags":                                         "1",
	}}
}

func rice() row {
	n := rejection("absence of health certificate(s) and of certified analytical report for round rice from China, dispatched from Ukraine",
		spsv1.RiskDecision_RISK_DECISION_POTENTIAL_RISK)
	n.Products = []*spsv1.Product{{Id: "p1", Name: en("round rice"), Category: category("cereals and bakery products"), Origins: from("CN")}}
	n.Parties = operators("DE", "UA")
	n.Consignment = &spsv1.Consignment{Route: []*spsv1.RoutePoint{{Role: spsv1.RouteRole_ROUTE_ROLE_DISPATCHED, Area: area("UA")}}}
	n.Documents = []*spsv1.Document{
		{Id: "d1", Kind: spsv1.DocumentKind_DOCUMENT_KIND_HEALTH_CERTIFICATE, Presence: spsv1.DocumentPresence_DOCUMENT_PRESENCE_ABSENT},
		{Id: "d2", Kind: spsv1.DocumentKind_DOCUMENT_KIND_ANALYTICAL_REPORT, Presence: spsv1.DocumentPresence_DOCUMENT_PRESENCE_ABSENT},
	}
	n.Findings = []*spsv1.Finding{{Id: "f1", About: []string{"p1", "d1", "d2"}, DocumentFault: fault(spsv1.DocumentFaultKind_DOCUMENT_FAULT_KIND_ABSENT)}}
	n.Distribution = distributed("DE")
	s := speak("EU", "PL", n)
	s.ExternalReferences = rasff("2024.4289")
	s.Addressees = []*spsv1.Addressee{to("CN", spsv1.AddresseeRole_ADDRESSEE_ROLE_ORIGIN)}
	s.Flags = attention(office("CN"), outside("UA"))
	return row{"2024.4289 two absent documents", s, map[string]string{
		"notification.documents[0].presence":               "DOCUMENT_PRESENCE_ABSENT",
		"notification.documents[1].kind":                   "DOCUMENT_KIND_ANALYTICAL_REPORT",
		"notification.findings[0].about[2]":                "d2",
		"notification.findings[0].document_fault.kinds[0]": "DOCUMENT_FAULT_KIND_ABSENT",
		"flags[1].area.code":                               "UA",
	}}
}

func ceramics() row {
	n := rejection("Absence of declaration and laboratory report for the consignment of ceramic and plastic food contact materials from India",
		spsv1.RiskDecision_RISK_DECISION_NO_RISK)
	n.Type = spsv1.NotificationType_NOTIFICATION_TYPE_FOOD_CONTACT_MATERIAL
	n.Products = []*spsv1.Product{
		{Id: "p1", Name: en("ceramic food contact materials"), Category: category("food contact materials"), Origins: from("IN")},
		{Id: "p2", Name: en("plastic food contact materials"), Category: category("food contact materials"), Origins: from("IN")},
	}
	n.Parties = operators("IN", "LV")
	n.Documents = []*spsv1.Document{
		{Id: "d1", Kind: spsv1.DocumentKind_DOCUMENT_KIND_DECLARATION, Presence: spsv1.DocumentPresence_DOCUMENT_PRESENCE_ABSENT, About: []string{"p1", "p2"}},
		{Id: "d2", Kind: spsv1.DocumentKind_DOCUMENT_KIND_ANALYTICAL_REPORT, Presence: spsv1.DocumentPresence_DOCUMENT_PRESENCE_ABSENT, About: []string{"p1", "p2"}},
	}
	n.Findings = []*spsv1.Finding{{Id: "f1", About: []string{"d1", "d2"}, DocumentFault: fault(spsv1.DocumentFaultKind_DOCUMENT_FAULT_KIND_ABSENT)}}
	n.Distribution = distributed("LV")
	s := speak("EU", "LV", n)
	s.ExternalReferences = rasff("2024.9175")
	return row{"2024.9175 food contact material without papers", s, map[string]string{
		"notification.type":              "NOTIFICATION_TYPE_FOOD_CONTACT_MATERIAL",
		"notification.products":          "2",
		"notification.documents[0].kind": "DOCUMENT_KIND_DECLARATION",
	}}
}

func spoons() row {
	n := rejection("Declaration of conformity not signed and no test results proving conformity for Measuring spoons from China. "+
		"Consignment not identifiable - boxes aren't labelled. Measuring spoons cannot be linked to the accompanying documents. "+
		"Consignment unloaded at warehouse, prior the official control.", spsv1.RiskDecision_RISK_DECISION_POTENTIAL_RISK)
	n.Type = spsv1.NotificationType_NOTIFICATION_TYPE_FOOD_CONTACT_MATERIAL
	n.Products = []*spsv1.Product{{Id: "p1", Name: en("measuring spoons"), Category: category("food contact materials"), Origins: from("CN")}}
	n.Parties = operators("CN", "LV")
	n.Documents = []*spsv1.Document{
		{Id: "d1", Kind: spsv1.DocumentKind_DOCUMENT_KIND_DECLARATION, Name: en("declaration of conformity"), Presence: spsv1.DocumentPresence_DOCUMENT_PRESENCE_PAPER},
		{Id: "d2", Kind: spsv1.DocumentKind_DOCUMENT_KIND_ANALYTICAL_REPORT, Presence: spsv1.DocumentPresence_DOCUMENT_PRESENCE_ABSENT},
		{Id: "d3", Kind: spsv1.DocumentKind_DOCUMENT_KIND_LABEL, Presence: spsv1.DocumentPresence_DOCUMENT_PRESENCE_ABSENT},
	}
	n.Findings = []*spsv1.Finding{
		{Id: "f1", About: []string{"d1"}, DocumentFault: fault(spsv1.DocumentFaultKind_DOCUMENT_FAULT_KIND_UNSIGNED, spsv1.DocumentFaultKind_DOCUMENT_FAULT_KIND_NOT_LINKED)},
		{Id: "f2", About: []string{"d2"}, DocumentFault: fault(spsv1.DocumentFaultKind_DOCUMENT_FAULT_KIND_ABSENT)},
		{Id: "f3", About: []string{"p1", "d3"}, DocumentFault: fault(spsv1.DocumentFaultKind_DOCUMENT_FAULT_KIND_ABSENT), Text: en("boxes are not labelled, consignment not identifiable")},
		{Id: "f4", About: []string{"p1"}, Text: en("unloaded at a warehouse before the official control")},
	}
	n.Distribution = distributed("LV")
	s := speak("EU", "LV", n)
	s.ExternalReferences = rasff("2025.5951")
	s.Addressees = []*spsv1.Addressee{to("CN", spsv1.AddresseeRole_ADDRESSEE_ROLE_ORIGIN)}
	return row{"2025.5951 four faults of one consignment", s, map[string]string{
		"notification.findings":                            "4",
		"notification.findings[0].document_fault.kinds[0]": "DOCUMENT_FAULT_KIND_UNSIGNED",
		"notification.findings[0].document_fault.kinds[1]": "DOCUMENT_FAULT_KIND_NOT_LINKED",
		"notification.findings[3].text[0].text":            "unloaded at a warehouse before the official control",
	}}
}

func gelatin() row {
	n := rejection("Bovine gelatin powder from China with incomplete health certificate", spsv1.RiskDecision_RISK_DECISION_NO_RISK)
	n.Products = []*spsv1.Product{{
		Id: "p1", Name: en("bovine gelatin powder"), Category: category("other food product / mixed"), Origins: from("CN"),
		Species: []*spsv1.Taxon{{ScientificName: "Bos taurus", Rank: spsv1.TaxonRank_TAXON_RANK_SPECIES}},
	}}
	n.Parties = operators("CN", "NO")
	n.Documents = []*spsv1.Document{{Id: "d1", Kind: spsv1.DocumentKind_DOCUMENT_KIND_HEALTH_CERTIFICATE}}
	n.Findings = []*spsv1.Finding{{Id: "f1", About: []string{"d1"}, DocumentFault: fault(spsv1.DocumentFaultKind_DOCUMENT_FAULT_KIND_INCOMPLETE)}}
	n.Distribution = distributed("NO")
	s := speak("EU", "NO", n)
	s.ExternalReferences = rasff("2024.3173")
	s.Addressees = []*spsv1.Addressee{to("CN", spsv1.AddresseeRole_ADDRESSEE_ROLE_ORIGIN)}
	s.Flags = flags(attention(office("CN"), body("INFOSAN")), followUp(office("CN")))
	return row{"2024.3173 one office flagged twice, and a body", s, map[string]string{
		"flags[0].office": "CN", "flags[0].kind": "FLAG_KIND_FOR_ATTENTION",
		"flags[1].body":   "INFOSAN",
		"flags[2].office": "CN", "flags[2].kind": "FLAG_KIND_FOR_FOLLOW_UP",
		"notification.findings[0].document_fault.kinds[0]": "DOCUMENT_FAULT_KIND_INCOMPLETE",
	}}
}
