package statement_test

import (
	"fmt"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// portalRows are notifications of an older export: one line of hazards for all
// products together, with names and categories but without a classification.
func portalRows() []row {
	return []row{xanthan(), beverages(), tea(), koiFood()}
}

func xanthan() row {
	n := information(forFollowUp, "ethylene oxide in xanthan", spsv1.RiskDecision_RISK_DECISION_UNDECIDED)
	var all []string
	for i := range 10 {
		id := fmt.Sprintf("p%d", i+1)
		all = append(all, id)
		n.Products = append(n.Products, &spsv1.Product{Id: id, Name: text("und", "Xanthan"), Category: category("Food additives and flavourings"), Origins: from("CN", "DE")})
	}
	n.Findings = []*spsv1.Finding{
		{Id: "f1", About: all, Hazard: &spsv1.Hazard{Agent: words("Ethylene oxide"), Category: words("pesticide residues")}},
		{Id: "f2", About: all[:1], Hazard: &spsv1.Hazard{Agent: words("2-chloroethanol"), Category: words("pesticide residues")}},
	}
	s := speak("EU", "DE", n)
	s.ExternalReferences = rasff("2021.5153")
	s.Addressees = []*spsv1.Addressee{to("CN", spsv1.AddresseeRole_ADDRESSEE_ROLE_ORIGIN)}
	return row{"2021.5153 one residue in ten products", s, map[string]string{
		"notification.products":                            "10",
		"notification.findings[0].about":                   "10",
		"notification.findings[0].about[9]":                "p10",
		"notification.findings[1].hazard.agent.as_written": "2-chloroethanol",
		"notification.products[9].origins":                 "2",
	}}
}

func beverages() row {
	n := information(forFollowUp, "benzoates and chemical contamination in beverages", spsv1.RiskDecision_RISK_DECISION_UNDECIDED)
	var all []string
	for i, fruit := range []string{"PIÑA", "MANGO", "MELOCOTÓN", "KIWI"} {
		id := fmt.Sprintf("p%d", i+1)
		all = append(all, id)
		n.Products = append(n.Products, &spsv1.Product{Id: id, Name: text("es", "BEBIDA "+fruit), Category: category("Non-alcoholic beverages"), Origins: from("VN")})
	}
	tooHigh := []spsv1.HazardQualifier{spsv1.HazardQualifier_HAZARD_QUALIFIER_TOO_HIGH}
	n.Findings = []*spsv1.Finding{
		{Id: "f1", About: all, Hazard: &spsv1.Hazard{Agent: words("E 210 - benzoic acid"), Category: words("food additives and flavourings"), Qualifiers: tooHigh}},
		{Id: "f2", About: all, Hazard: &spsv1.Hazard{Agent: words("E 211 - sodium benzoate"), Category: words("food additives and flavourings"), Qualifiers: tooHigh}},
		{Id: "f3", About: all, Hazard: &spsv1.Hazard{
			Category: words("chemical contamination (other)"), Nature: spsv1.HazardNature_HAZARD_NATURE_CHEMICAL,
			Qualifiers: []spsv1.HazardQualifier{spsv1.HazardQualifier_HAZARD_QUALIFIER_SUSPECTED},
		}},
	}
	s := speak("EU", "ES", n)
	s.ExternalReferences = rasff("2021.0165")
	s.Addressees = []*spsv1.Addressee{to("VN", spsv1.AddresseeRole_ADDRESSEE_ROLE_ORIGIN)}
	return row{"2021.0165 three hazards in four products", s, map[string]string{
		"notification.products[2].name[0].text":         "BEBIDA MELOCOTÓN",
		"notification.products[2].name[0].lang":         "es",
		"notification.findings[2].about":                "4",
		"notification.findings[0].hazard.qualifiers[0]": "HAZARD_QUALIFIER_TOO_HIGH",
		"notification.findings[2].hazard.agent":         "false",
	}}
}

func tea() row {
	n := information(forFollowUp, "buprofezin in tea from China", spsv1.RiskDecision_RISK_DECISION_UNDECIDED)
	n.Products = []*spsv1.Product{{Id: "p1", Name: en("Tea"), Category: category("Cocoa and cocoa preparations, coffee and tea"), Origins: from("CN")}}
	n.Findings = []*spsv1.Finding{
		{Id: "f1", Text: text("und", "n/a")},
		{Id: "f2", Hazard: &spsv1.Hazard{Agent: words("Buprofezin"), Category: words("pesticide residues")}},
	}
	s := speak("EU", "HU", n)
	s.ExternalReferences = rasff("2021.1644")
	s.Addressees = []*spsv1.Addressee{to("CN", spsv1.AddresseeRole_ADDRESSEE_ROLE_ORIGIN)}
	return row{"2021.1644 a hazard that the source does not name", s, map[string]string{
		"notification.findings":                            "2",
		"notification.findings[0].hazard":                  "false",
		"notification.findings[0].text[0].text":            "n/a",
		"notification.findings[1].hazard.agent.as_written": "Buprofezin",
	}}
}

func koiFood() row {
	n := information(forAttention, "Koi Food(230990)", spsv1.RiskDecision_RISK_DECISION_UNDECIDED)
	n.Type = spsv1.NotificationType_NOTIFICATION_TYPE_FEED
	n.Products = []*spsv1.Product{{
		Id: "p1", Name: en("Koi Food"), Category: category("Pet food"), Origins: from("CN"),
		CommodityCodes: []*spsv1.Coding{{System: "hs", Code: "230990"}},
	}}
	s := speak("EU", "", n)
	s.OnBehalfOf = "GB"
	s.ExternalReferences = rasff("2020.4581")
	s.Addressees = []*spsv1.Addressee{to("CN", spsv1.AddresseeRole_ADDRESSEE_ROLE_ORIGIN)}
	return row{"2020.4581 no hazard at all, a tariff code", s, map[string]string{
		"notification.findings":                            "0",
		"notification.products[0].commodity_codes[0].code": "230990",
		"notification.type":                                "NOTIFICATION_TYPE_FEED",
	}}
}
