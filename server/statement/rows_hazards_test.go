package statement_test

import spsv1 "github.com/spsalert/spsalert/gen/sps/v1"

// hazardRows are notifications whose hazards, qualifiers or flags are hard to
// say.
func hazardRows() []row {
	return []row{curry(), oystersNorway(), oats(), pangasius(), plastic()}
}

func curry() row {
	n := rejection("Pesticide residues (chlorpyrifos ) in Curry Powder and (tolfenpyrad) Meat Curry Powder Mixture from Sri Lanka", spsv1.RiskDecision_RISK_DECISION_SERIOUS)
	n.Products = []*spsv1.Product{
		{Id: "p1", Name: en("Curry Powder"), Category: category("herbs and spices"), Origins: from("LK")},
		{Id: "p2", Name: en("Meat Curry Powder Mixture"), Category: category("herbs and spices"), Origins: from("LK")},
	}
	n.Parties = operators("FI", "LK")
	n.Findings = []*spsv1.Finding{
		{Id: "f1", About: []string{"p1"}, Hazard: &spsv1.Hazard{
			Agent:      &spsv1.Concept{Codings: []*spsv1.Coding{{System: "cas", Code: "2921-88-2", Display: "chlorpyrifos"}}, AsWritten: "chlorpyrifos  unauthorised substance"},
			Category:   words("pesticide residues"),
			Qualifiers: []spsv1.HazardQualifier{spsv1.HazardQualifier_HAZARD_QUALIFIER_UNAUTHORISED},
		}},
		{Id: "f2", About: []string{"p2"}, Hazard: &spsv1.Hazard{Agent: words("tolfenpyrad"), Category: words("pesticide residues")}},
	}
	n.Distribution = distributed("FI")
	s := speak("EU", "FI", n)
	s.ExternalReferences = rasff("2024.6066")
	s.Flags = followUp(outside("LK"))
	return row{"2024.6066 two products, each with its own residue", s, map[string]string{
		"notification.findings[0].about[0]":                     "p1",
		"notification.findings[1].about[0]":                     "p2",
		"notification.findings[1].hazard.agent.as_written":      "tolfenpyrad",
		"notification.findings[0].hazard.agent.as_written":      "chlorpyrifos  unauthorised substance",
		"notification.findings[0].hazard.agent.codings[0].code": "2921-88-2",
		"notification.findings[0].hazard.qualifiers[0]":         "HAZARD_QUALIFIER_UNAUTHORISED",
		"flags[0].area.code":                                    "LK",
	}}
}

func oystersNorway() row {
	n := information(forAlert, "Norovirus in oysters from France", spsv1.RiskDecision_RISK_DECISION_SERIOUS)
	n.Products = []*spsv1.Product{{Id: "p1", Name: en("oysters"), Category: category("crustaceans and products thereof"), Origins: from("FR")}}
	n.Parties = operators("FR", "NO")
	n.Findings = []*spsv1.Finding{{Id: "f1", Hazard: &spsv1.Hazard{Agent: words("norovirus")}}}
	n.Distribution = distributed("IT", "MY", "NO", "TH")
	s := speak("EU", "NO", n)
	s.ExternalReferences = rasff("2024.1937")
	s.Addressees = []*spsv1.Addressee{
		to("TH", spsv1.AddresseeRole_ADDRESSEE_ROLE_DISTRIBUTION),
		{Area: area("MY"), ByHand: true, Roles: []spsv1.AddresseeRole{spsv1.AddresseeRole_ADDRESSEE_ROLE_DISTRIBUTION}},
	}
	s.Flags = attention(body("EFSA Member"), unit("FR"), body("INFOSAN"), unit("IT"), unit("NO"))
	return row{"2024.1937 distributed to members, one without a node", s, map[string]string{
		"addressees[0].office":    "TH",
		"addressees[1].area.code": "MY",
		"addressees[1].by_hand":   "true",
		"flags[0].body":           "EFSA Member",
		"flags[2].body":           "INFOSAN",
	}}
}

func oats() row {
	n := information(forAlert, "Gluten (>80mg/kg) in gluten-free oat flakes from Poland", spsv1.RiskDecision_RISK_DECISION_SERIOUS)
	n.Products = []*spsv1.Product{{
		Id: "p1", Name: en("gluten-free oat flakes"), Category: category("cereals and bakery products"),
		Origins: from("PL"),
	}}
	n.Parties = operators("PL")
	n.Findings = []*spsv1.Finding{{Id: "f1", Evidence: []string{"s1.r1"}, Hazard: &spsv1.Hazard{
		Agent: words("gluten"), Nature: spsv1.HazardNature_HAZARD_NATURE_ALLERGEN,
		Qualifiers: []spsv1.HazardQualifier{spsv1.HazardQualifier_HAZARD_QUALIFIER_PRESENT, spsv1.HazardQualifier_HAZARD_QUALIFIER_UNDECLARED},
	}}}
	n.Samples = []*spsv1.Sample{{Id: "s1", About: []string{"p1"}, Results: []*spsv1.LabResult{{
		Id: "s1.r1", Analyte: words("gluten"), Comparator: spsv1.Comparator_COMPARATOR_GREATER, Value: mgkg("80"),
	}}}}
	n.Distribution = distributed("DE", "LV", "PL", "SI")
	s := speak("EU", "PL", n)
	s.ExternalReferences = rasff("2024.7534")
	s.Flags = followUp(unit("DE"), unit("LV"), unit("PL"), unit("SI"))
	return row{"2024.7534 a result above a number, presence of an allergen", s, map[string]string{
		"notification.samples[0].results[0].comparator":  "COMPARATOR_GREATER",
		"notification.samples[0].results[0].value.value": "80",
		"notification.samples[0].results[0].value.ucum":  "mg/kg",
		"notification.findings[0].hazard.qualifiers[0]":  "HAZARD_QUALIFIER_PRESENT",
		"notification.findings[0].evidence[0]":           "s1.r1",
	}}
}

func pangasius() row {
	n := information(forAttention, "Unauthorised substance azithromycin in frozen slender catfish pangasius fillet from Vietnam", spsv1.RiskDecision_RISK_DECISION_POTENTIAL_RISK)
	n.Field = spsv1.Field_FIELD_FISHERY
	n.Products = []*spsv1.Product{{
		Id: "p1", Name: en("frozen slender catfish pangasius fillet"), Category: category("fish and fish products"), Origins: from("VN"), Preservation: words("frozen"),
		Species: []*spsv1.Taxon{{ScientificName: "Pangasius", Rank: spsv1.TaxonRank_TAXON_RANK_GENUS, AsWritten: "pangasius"}},
	}}
	n.Parties = operators("DE", "VN")
	n.Findings = []*spsv1.Finding{{Id: "f1", Hazard: &spsv1.Hazard{
		Agent: words("azithromycin"), Nature: spsv1.HazardNature_HAZARD_NATURE_CHEMICAL,
		Qualifiers: []spsv1.HazardQualifier{spsv1.HazardQualifier_HAZARD_QUALIFIER_UNAUTHORISED},
	}}}
	n.Distribution = distributed("DE")
	s := speak("EU", "DE", n)
	s.ExternalReferences = rasff("2024.3265")
	s.Addressees = []*spsv1.Addressee{to("VN", spsv1.AddresseeRole_ADDRESSEE_ROLE_ORIGIN)}
	s.Flags = flags(attention(office("VN")), followUp(office("VN")))
	return row{"2024.3265 a genus of fish, both flags to the origin", s, map[string]string{
		"notification.products[0].species[0].rank": "TAXON_RANK_GENUS",
		"notification.field":                       "FIELD_FISHERY",
		"flags[0].office":                          "VN", "flags[0].kind": "FLAG_KIND_FOR_ATTENTION",
		"flags[1].office": "VN", "flags[1].kind": "FLAG_KIND_FOR_FOLLOW_UP",
	}}
}

func plastic() row {
	n := rejection("Not an approved substance CAS number l038843-64-9 for the manufacture of food contact materials. Contradictory information about the type of plastic.",
		spsv1.RiskDecision_RISK_DECISION_POTENTIAL_RISK)
	n.Type = spsv1.NotificationType_NOTIFICATION_TYPE_FOOD_CONTACT_MATERIAL
	n.Products = []*spsv1.Product{{Id: "p1", Category: category("food contact materials"), Origins: from("TR")}}
	n.Parties = operators("LV", "TR")
	n.Findings = []*spsv1.Finding{
		{Id: "f1", Hazard: &spsv1.Hazard{
			// The source has a letter l for the digit 1: no code, but its words.
			Agent:      words("CAS number l038843-64-9"),
			Qualifiers: []spsv1.HazardQualifier{spsv1.HazardQualifier_HAZARD_QUALIFIER_UNAUTHORISED},
		}},
		{Id: "f2", Mismatches: []*spsv1.Mismatch{{What: words("type of plastic"), Declared: "contradictory information"}}},
	}
	n.Distribution = distributed("LV")
	s := speak("EU", "LV", n)
	s.ExternalReferences = rasff("2024.9142")
	s.Flags = flags(attention(outside("TR")), followUp(outside("TR")))
	return row{"2024.9142 a substance number with a letter in it", s, map[string]string{
		"notification.findings[0].hazard.agent.as_written":       "CAS number l038843-64-9",
		"notification.findings[0].hazard.agent.codings":          "0",
		"notification.findings[1].mismatches[0].what.as_written": "type of plastic",
		"notification.products[0].name":                          "0",
	}}
}
