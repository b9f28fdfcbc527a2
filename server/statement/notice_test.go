package statement_test

import (
	"bytes"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// notice is a made-up notice of China on durian that says everything that ISPM
// 13, CXG 25 and CXG 19 ask for, entered by hand from a letter.
func notice() row {
	date := func(y, m, d uint32) *spsv1.Date { return &spsv1.Date{Year: y, Month: m, Day: d} }
	kg := func(v string) *spsv1.Quantity {
		return &spsv1.Quantity{Value: v, Unit: &spsv1.Quantity_Rec20{Rec20: "KGM"}}
	}
	cartons := func(v string) *spsv1.Quantity {
		return &spsv1.Quantity{Value: v, Unit: &spsv1.Quantity_Rec20{Rec20: "XCT"}}
	}
	friendship := &spsv1.Place{Locode: "CNPIN", CustomsCode: "7203", Name: text("zh-Hans", "友谊关"), Area: area("CN-GX")}

	n := information(forAlert, "cadmium in fresh durian from Viet Nam, forged certificate", spsv1.RiskDecision_RISK_DECISION_SERIOUS)
	n.Subject = append(n.Subject, &spsv1.LocalizedText{Lang: "vi", Text: "cadimi trong sầu riêng tươi, giấy chứng nhận giả", TranslatedBy: "duty officer"})
	n.Field = spsv1.Field_FIELD_FOOD
	n.Ispm13Action = spsv1.Ispm13Action_ISPM13_ACTION_EMERGENCY_ACTION
	n.Bases = []*spsv1.Concept{{Codings: []*spsv1.Coding{{System: "rasff-basis", Code: "border control - consignment detained"}}}}
	n.Preliminary = true
	n.ReportTime = timestamppb.New(day)
	n.Risk = &spsv1.Risk{
		Decision: spsv1.RiskDecision_RISK_DECISION_SERIOUS, Reason: en("above the limit"), Population: []*spsv1.Concept{words("children")},
		PersonsAffected: proto.Uint32(0), Symptoms: []*spsv1.Concept{words("none known")},
	}
	n.SuspectedFraud = &spsv1.FraudSuspicion{Kinds: []*spsv1.Concept{words("borrowed packing-house code")}, About: []string{"d1", "o2"}}
	n.Consignment = &spsv1.Consignment{
		Number: "GX-2026-5512",
		Route: []*spsv1.RoutePoint{
			{Role: spsv1.RouteRole_ROUTE_ROLE_GROWN, Area: area("VN-71"), Party: "o1"},
			{Role: spsv1.RouteRole_ROUTE_ROLE_PACKED, Area: area("VN-46"), Party: "o2", Date: date(2026, 10, 29)},
			{Role: spsv1.RouteRole_ROUTE_ROLE_ENTRY, Place: friendship},
		},
		Transports: []*spsv1.Transport{{
			Id: "t1", Mode: spsv1.TransportMode_TRANSPORT_MODE_ROAD, Vehicle: "29C-123.45", Trailers: []string{"29R-004.11"},
			Containers:  []*spsv1.Container{{Number: "CSQU3054383", Seals: []string{"VN 003321"}, Temperature: &spsv1.Quantity{Value: "13.5", Unit: &spsv1.Quantity_Rec20{Rec20: "CEL"}}}},
			BillNumbers: []string{"HN-77810"}, About: []string{"p1"},
		}},
		PointOfEntry: friendship, PresentPlace: friendship, Destination: area("CN-44"),
		PresentationDate: date(2026, 11, 1), FirstActionDate: date(2026, 11, 1),
		NetWeight: kg("18000"), PackageCount: cartons("1000"), Marks: []string{"DK/GZ"},
	}
	n.Products = []*spsv1.Product{
		{
			Id: "p1", ArticleKind: spsv1.ArticleKind_ARTICLE_KIND_COMMODITY, Name: en("fresh durian"),
			CommodityClass: class("fruit"), Species: []*spsv1.Taxon{{Codings: []*spsv1.Coding{{System: "eppo", Code: "DURZI"}}, ScientificName: "Durio zibethinus", Rank: spsv1.TaxonRank_TAXON_RANK_SPECIES}},
			CommodityCodes: []*spsv1.Coding{{System: "hs", Code: "081060", Version: "2022"}, {System: "ahtn", Code: "08106000"}, {System: "ciq", Code: "0810600000999"}},
			Origins:        from("VN"), Brand: "Ri6", Grade: "A",
			ShelfLife: &spsv1.Quantity{Value: "14", Unit: &spsv1.Quantity_Rec20{Rec20: "DAY"}},
			Lots: []*spsv1.Lot{
				{
					Id: "p1.l1", Number: "DK-2910-A", Quantity: kg("9000"), PackingDate: date(2026, 10, 29), Gtins: []string{"4006381333931"},
					Packaging: &spsv1.Packaging{Kind: words("carton"), Size: kg("18"), Count: cartons("500")},
					Codes: []*spsv1.SiteCode{
						{Kind: spsv1.SiteCodeKind_SITE_CODE_KIND_GROWING_AREA, Code: "VN-DLOR-0095", Area: area("VN"), Party: "o1"},
						{Kind: spsv1.SiteCodeKind_SITE_CODE_KIND_PACKING_HOUSE, Code: "VN-DLPH-012", Area: area("VN"), Party: "o2"},
					},
				},
				{Id: "p1.l2", Number: "DK-2910-B", Quantity: kg("9000")},
			},
		},
		{Id: "p2", ArticleKind: spsv1.ArticleKind_ARTICLE_KIND_WOOD_PACKAGING, Marks: []string{"VN-033 HT"}, Accompanies: []string{"p1"}},
	}
	n.Parties = []*spsv1.Party{
		{Id: "o1", Roles: []spsv1.PartyRole{spsv1.PartyRole_PARTY_ROLE_GROWER, spsv1.PartyRole_PARTY_ROLE_CODE_OWNER}, Area: area("VN")},
		{
			Id: "o2", Roles: []spsv1.PartyRole{spsv1.PartyRole_PARTY_ROLE_PACKER}, Name: "Hợp tác xã Ea Yông", Address: "Krông Pắc", Area: area("VN"),
			GaccNumber: "CVNM21050900011", TaxId: "6001234567", Confidentiality: spsv1.Confidentiality_CONFIDENTIALITY_OPERATORS_CONCERNED,
		},
		{Id: "o3", Roles: []spsv1.PartyRole{spsv1.PartyRole_PARTY_ROLE_IMPORTER, spsv1.PartyRole_PARTY_ROLE_CONSIGNEE}, Area: area("CN")},
	}
	n.Documents = []*spsv1.Document{
		{
			Id: "d1", Kind: spsv1.DocumentKind_DOCUMENT_KIND_PHYTOSANITARY_CERTIFICATE, Number: "VN-PC-26-0099812", Issuer: &spsv1.Authority{Office: "VN", Unit: "ppd"},
			IssueDate: date(2026, 10, 30), Uri: "https://verify.example/0099812", About: []string{"p1"}, Attachments: []string{"a2"},
			AdditionalDeclaration: en("free from quarantine pests"),
		},
		{Id: "d2", Kind: spsv1.DocumentKind_DOCUMENT_KIND_ISPM15_MARK, Presence: spsv1.DocumentPresence_DOCUMENT_PRESENCE_PAPER, About: []string{"p2"}},
	}
	n.Findings = []*spsv1.Finding{
		{
			Id: "f1", About: []string{"p1.l1"}, Evidence: []string{"s1.r1", "s1.r2"}, Extent: &spsv1.Extent{Kind: spsv1.ExtentKind_EXTENT_KIND_PART, Quantity: kg("9000")},
			Reason: &spsv1.Concept{Codings: []*spsv1.Coding{{System: "cxg25-reason", Code: "chemical"}}},
			Hazard: &spsv1.Hazard{
				Agent: &spsv1.Concept{Codings: []*spsv1.Coding{{System: "cas", Code: "7440-43-9", Display: "cadmium"}}}, Category: words("heavy metals"),
				Qualifiers: []spsv1.HazardQualifier{spsv1.HazardQualifier_HAZARD_QUALIFIER_TOO_HIGH},
			},
			Requirements: []*spsv1.Requirement{{Citation: "GB 2762-2022", Area: area("CN"), WtoSymbol: "G/SPS/N/CHN/1256"}},
			Status:       spsv1.IdentificationStatus_IDENTIFICATION_STATUS_PRELIMINARY,
		},
		{
			Id: "f2", About: []string{"p1.l1", "d1"}, DocumentFault: fault(spsv1.DocumentFaultKind_DOCUMENT_FAULT_KIND_FORGED),
			Mismatches:  []*spsv1.Mismatch{{What: words("packing-house code"), Declared: "VN-DLPH-012", Found: "VN-TGPH-032", DeclaredIn: "d1", FoundOn: "p1.l1"}},
			Attachments: []string{"a2"},
		},
	}
	n.Samples = []*spsv1.Sample{{
		Id: "s1", About: []string{"p1.l1"}, Role: spsv1.SampleRole_SAMPLE_ROLE_OFFICIAL, Number: "S-8821", SamplingDate: date(2026, 11, 1), Place: friendship,
		UnitCount: 5, SpecimenReference: "freezer 4", RetentionDate: date(2027, 11, 1),
		Results: []*spsv1.LabResult{
			{
				Id: "s1.r1", Analyte: words("cadmium"), Comparator: spsv1.Comparator_COMPARATOR_EQUAL, Value: mgkg("0.180"), Uncertainty: mgkg("0.03"), CoverageFactor: "2",
				DetectionLimit: mgkg("0.002"), QuantificationLimit: mgkg("0.005"),
				Limits:  []*spsv1.Limit{{Value: mgkg("0.05"), Requirement: &spsv1.Requirement{Citation: "GB 2762-2022"}}},
				Verdict: spsv1.Verdict_VERDICT_NON_COMPLIANT, Stage: spsv1.ResultStage_RESULT_STAGE_PRELIMINARY,
				Method: words("ICP-MS"), Laboratory: &spsv1.Laboratory{Name: "Nanning laboratory", AccreditationNumber: "CNAS L0001", MethodAccredited: true},
				ReportNumber: "NN-2026-118-1", ReportDate: date(2026, 11, 2), SupersedesReports: []string{"NN-2026-118"},
			},
			{
				Id: "s1.r2", Analyte: words("Salmonella"), Detection: spsv1.Detection_DETECTION_NOT_DETECTED,
				DetectedIn: &spsv1.Quantity{Value: "25", Unit: &spsv1.Quantity_Rec20{Rec20: "GRM"}},
				SamplingPlan: &spsv1.SamplingPlan{N: 5, C: 0, LowerLimit: &spsv1.Quantity{Value: "0", AsWritten: "absence in 25 g"}, UnitResults: []*spsv1.UnitResult{
					{Detection: spsv1.Detection_DETECTION_NOT_DETECTED},
				}},
				Verdict: spsv1.Verdict_VERDICT_COMPLIANT, Stage: spsv1.ResultStage_RESULT_STAGE_FINAL,
			},
		},
	}}
	n.Decisions = []*spsv1.Decision{{
		Id: "j1", About: []string{"p1.l1"}, Kind: spsv1.DecisionKind_DECISION_KIND_REJECTED, Extent: &spsv1.Extent{Kind: spsv1.ExtentKind_EXTENT_KIND_PART, Quantity: kg("9000")},
		Authority: &spsv1.Authority{Office: "CN", Name: "Nanning Customs"}, DecisionDate: date(2026, 11, 2), Findings: []string{"f1"},
	}}
	n.Measures = []*spsv1.Measure{
		{Id: "m1", About: []string{"p1.l2"}, Action: measure("held-for-documents"), State: spsv1.MeasureState_MEASURE_STATE_DONE, Place: friendship, Mandate: spsv1.Mandate_MANDATE_COMPULSORY},
		{Id: "m2", About: []string{"p1.l1"}, Action: measure("returned"), Destination: area("VN"), State: spsv1.MeasureState_MEASURE_STATE_ORDERED, OrderDate: date(2026, 11, 2)},
		{Id: "m3", Action: measure("code-suspended"), CodeStatus: &spsv1.CodeStatusChange{
			Code:   &spsv1.SiteCode{Kind: spsv1.SiteCodeKind_SITE_CODE_KIND_PACKING_HOUSE, Code: "VN-DLPH-012", Area: area("VN"), Party: "o2"},
			Action: spsv1.CodeAction_CODE_ACTION_SUSPENDED, Market: area("CN"), Products: []*spsv1.Concept{words("fresh durian")},
			StartTime: timestamppb.New(day), EndTime: timestamppb.New(day.AddDate(0, 3, 0)), Conditions: en("corrective action and a remote inspection"),
		}},
	}
	n.Distribution = []*spsv1.Distribution{{About: []string{"p1.l2"}, Status: words("product not (yet) placed on the market"), Recipient: "o3"}}
	n.Balances = []*spsv1.LotBalance{{About: "p1.l1", Total: kg("9000"), Items: []*spsv1.BalanceItem{
		{State: spsv1.BalanceState_BALANCE_STATE_HELD, Quantity: kg("8500")},
		{State: spsv1.BalanceState_BALANCE_STATE_DESTROYED, Quantity: kg("500")},
	}, BalanceDate: date(2026, 11, 2)}}
	n.NotAffected = en("durian of other packing houses")
	n.Advice = en("check other consignments under the code")

	s := speak("CN", "nanning", n)
	s.Addressees = []*spsv1.Addressee{to("VN", spsv1.AddresseeRole_ADDRESSEE_ROLE_ORIGIN), {Office: "LA", ByHand: true, Roles: []spsv1.AddresseeRole{spsv1.AddresseeRole_ADDRESSEE_ROLE_TRANSIT}}}
	s.Flags = []*spsv1.Flag{{
		Office: "TH", Kind: spsv1.FlagKind_FLAG_KIND_FOR_ATTENTION, Condition: en("if goods under the code were received there"), DueTime: timestamppb.New(day.Add(48 * time.Hour)),
	}}
	s.Attachments = []*spsv1.Attachment{
		{Id: "a1", Sha256: bytes.Repeat([]byte{1}, 32), MediaType: "application/pdf", SizeBytes: 120_000, Filename: "công văn 118.pdf", Lang: "vi"},
		{Id: "a2", Sha256: bytes.Repeat([]byte{2}, 32), MediaType: "image/jpeg", SizeBytes: 32 << 20, Filename: "certificate.jpg", Confidentiality: spsv1.Confidentiality_CONFIDENTIALITY_OFFICES},
	}
	s.Source = &spsv1.Source{
		Teller: &spsv1.Authority{Name: "Nanning Customs", Area: area("CN")}, Means: spsv1.Means_MEANS_LETTER, Reference: "118/2026",
		ReceiveTime: timestamppb.New(day), ReceivedBy: &spsv1.Person{Function: "registry"}, Scans: []string{"a1"}, Outage: true,
	}
	s.HandDeliveries = []*spsv1.HandDelivery{{
		Office: "LA", Means: spsv1.Means_MEANS_TELEPHONE, TellTime: timestamppb.New(day.Add(time.Hour)), ToldBy: &spsv1.Person{Id: "duty"}, ToldTo: &spsv1.Person{Function: "focal point"},
	}}
	s.Contacts = []*spsv1.ContactPoint{{Name: "duty desk", Phone: "+861012345678", OutOfHoursPhone: "+861012345679", Email: "duty@office.example", AlwaysReachable: true, Languages: []string{"zh", "en"}}}
	s.ExternalReferences = []*spsv1.ExternalReference{{System: "GACC", Number: "2026-11-0118", Date: date(2026, 11, 0)}}
	s.AnswerLanguages = []string{"en", "zh"}
	s.Allowances = &spsv1.Allowances{Acknowledgement: &spsv1.Allowance{Amount: 24, Unit: spsv1.AllowanceUnit_ALLOWANCE_UNIT_HOURS}}
	return row{"a complete notice", s, map[string]string{
		"notification.products[0].lots[0].codes[1].code":                    "VN-DLPH-012",
		"notification.products[0].commodity_codes[2].system":                "ciq",
		"notification.products[1].accompanies[0]":                           "p1",
		"notification.consignment.transports[0].containers[0].number":       "CSQU3054383",
		"notification.consignment.transports[0].vehicle":                    "29C-123.45",
		"notification.consignment.point_of_entry.name[0].text":              "友谊关",
		"notification.samples[0].results[0].value.value":                    "0.180",
		"notification.samples[0].results[0].limits[0].requirement.citation": "GB 2762-2022",
		"notification.samples[0].results[0].supersedes_reports[0]":          "NN-2026-118",
		"notification.samples[0].results[1].detected_in.value":              "25",
		"notification.samples[0].results[1].sampling_plan.n":                "5",
		"notification.findings[0].requirements[0].wto_symbol":               "G/SPS/N/CHN/1256",
		"notification.findings[1].mismatches[0].found":                      "VN-TGPH-032",
		"notification.measures[2].code_status.action":                       "CODE_ACTION_SUSPENDED",
		"notification.measures[2].code_status.market.code":                  "CN",
		"notification.balances[0].items[1].quantity.value":                  "500",
		"notification.decisions[0].extent.kind":                             "EXTENT_KIND_PART",
		"notification.risk.persons_affected":                                "0",
		"notification.parties[1].gacc_number":                               "CVNM21050900011",
		"source.scans[0]":                                                   "a1",
		"source.outage":                                                     "true",
		"hand_deliveries[0].told_to.function":                               "focal point",
		"flags[0].condition[0].text":                                        "if goods under the code were received there",
		"external_references[0].date.day":                                   "0",
		"addressees[1].by_hand":                                             "true",
		"contacts[0].always_reachable":                                      "true",
		"allowances.acknowledgement.unit":                                   "ALLOWANCE_UNIT_HOURS",
	}}
}
