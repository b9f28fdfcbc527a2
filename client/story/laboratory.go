package story

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Laboratory is the id of the laboratory of the notifier.
const Laboratory = "lab"

// How the laboratory and the office call what they speak of.
const (
	sampleNumber = "S-9001"
	reportNumber = "LAB-9001"
)

// What the goods are by the customs tariff, and the code of where they were packed.
const (
	customsCode  = "081090"
	packingHouse = "VN-LAPH-0117"
)

// Finding is what a laboratory posted, as somebody of its office was shown it.
type Finding struct {
	Report string `json:"report"` // its number
	Stage  string `json:"stage"`  // `preliminary` or `final`
	// Proposes is how it might be notified, shown to officers only.
	Proposes string `json:"proposes,omitempty"`
	// What became of it, as far as that is by then.
	Draft      string `json:"draft,omitempty"` // how far the draft is
	Reference  string `json:"reference,omitempty"`
	Case       string `json:"case,omitempty"`
	CaseStatus string `json:"case_status,omitempty"`
	Outcome    string `json:"outcome,omitempty"`
}

// finding: from the order of a test to a draft of what was found.
func (p *player) finding(ctx context.Context) {
	p.finds(ctx, certs.RoleOfficer, "orders a test for pesticides of sample "+sampleNumber+" from its laboratory", p.orders(ctx))
	p.finds(ctx, certs.RoleLab, "is shown the order: dragon fruit, sample "+sampleNumber+", not whose it is, nor of which lot", p.blind(ctx))
	p.finds(ctx, certs.RoleLab, "posts a preliminary finding: carbendazim 0.3 mg/kg, where the limit is 0.01 mg/kg", p.posts(ctx, found(spsv1.ResultStage_RESULT_STAGE_PRELIMINARY, "0.3")))
	p.finds(ctx, certs.RoleLab, "posts the final finding, 0.31 mg/kg, which replaces the preliminary one", p.posts(ctx, found(spsv1.ResultStage_RESULT_STAGE_FINAL, "0.31")))
	p.finds(ctx, certs.RoleOfficer, "is shown the finding, which proposes", p.proposes(ctx))
	p.drafts(ctx, notifier, "what the finding says, with lot L-17 from Viet Nam added and the risk decided: serious", func(desk Desk) (string, error) { return p.begin(ctx, desk) })
	p.finds(ctx, certs.RoleLab, "is shown what becomes of its finding: a draft,", p.became(ctx, func(f Finding) (string, bool) { return f.Draft, f.Draft != "" }))
}

// finds has a person of the notifier do something about the finding. What is
// returned is the finding as that person was shown it, none if it was not, and
// words that complete what was done.
func (p *player) finds(ctx context.Context, role certs.Role, did string, do func() (*spsv1.LabFinding, string, error)) {
	p.step(ctx, notifier, role, did, func(s *Step) (*spsv1.IssuedStatement, error) {
		shown, more, err := do()
		if more != "" {
			s.Did += " " + more
		}
		if shown != nil {
			s.Finding = told(shown)
		}
		return nil, err
	})
}

// orders orders the test. The office knows the lot and its packing house, and
// notes both with the order.
func (p *player) orders(ctx context.Context) func() (*spsv1.LabFinding, string, error) {
	return func() (*spsv1.LabFinding, string, error) {
		_, err := p.desks[notifier].Officer.FindingService().OrderTest(ctx, &spsv1.OrderTestRequest{Order: &spsv1.TestOrder{
			SampleNumber: sampleNumber, Laboratory: Laboratory, Product: fruit("L-17"), Note: english("taken at the wholesale market, lot L-17"),
			Analytes: []*spsv1.Concept{{AsWritten: "pesticide residues", Lang: "en"}},
		}})
		return nil, "", err
	}
}

// blind holds that the laboratory is shown the order, and not whose goods they are.
func (p *player) blind(ctx context.Context) func() (*spsv1.LabFinding, string, error) {
	return func() (*spsv1.LabFinding, string, error) {
		page, err := p.desks[notifier].Laboratory.FindingService().ListTestOrders(ctx, &spsv1.ListTestOrdersRequest{Open: true})
		if err != nil {
			return nil, "", err
		}
		for _, o := range page.GetOrders() {
			switch {
			case o.GetSampleNumber() != sampleNumber:
				continue
			case len(o.GetProduct().GetCodes()) > 0 || len(o.GetProduct().GetLots()) > 0 || len(o.GetProduct().GetOrigins()) > 0 || len(o.GetNote()) > 0:
				return nil, "", fmt.Errorf("the order shows the laboratory more than what the goods are: %v", o)
			}
			return nil, "", nil
		}
		return nil, "", fmt.Errorf("there is no open order for sample %s", sampleNumber)
	}
}

// posts posts a finding.
func (p *player) posts(ctx context.Context, f *spsv1.LabFinding) func() (*spsv1.LabFinding, string, error) {
	return func() (*spsv1.LabFinding, string, error) {
		posted, err := p.desks[notifier].Laboratory.FindingService().PostFinding(ctx, &spsv1.PostFindingRequest{Finding: f})
		if err != nil {
			return nil, "", err
		}
		if posted.GetOrder() == "" {
			return nil, "", errors.New("the finding does not answer the order of its sample")
		}
		p.posted = posted.GetName()
		return posted, "", nil
	}
}

// proposes has the officer look for findings that propose a notification.
func (p *player) proposes(ctx context.Context) func() (*spsv1.LabFinding, string, error) {
	return func() (*spsv1.LabFinding, string, error) {
		page, err := p.desks[notifier].Officer.FindingService().ListFindings(ctx, &spsv1.ListFindingsRequest{
			Proposed: true, ReportNumber: reportNumber, States: []spsv1.FindingState{spsv1.FindingState_FINDING_STATE_CURRENT},
		})
		if err != nil {
			return nil, "", err
		}
		if len(page.GetFindings()) != 1 || page.GetFindings()[0].GetName() != p.posted {
			return nil, "", fmt.Errorf("%d findings of report %s propose something, want the final one", len(page.GetFindings()), reportNumber)
		}
		f := page.GetFindings()[0]
		return f, told(f).Proposes, nil
	}
}

// became waits until the laboratory is shown so much of what became of its
// finding, and returns that in words.
func (p *player) became(ctx context.Context, words func(Finding) (string, bool)) func() (*spsv1.LabFinding, string, error) {
	return func() (f *spsv1.LabFinding, said string, err error) {
		err = p.until(ctx, func() (shown bool, err error) {
			f, err = p.desks[notifier].Laboratory.FindingService().GetFinding(ctx, &spsv1.GetFindingRequest{Name: p.posted})
			if err != nil {
				return false, err
			}
			said, shown = words(*told(f))
			return shown, nil
		})
		if err == nil && f.GetProposal() != nil {
			err = errors.New("the laboratory is shown what its finding proposes, which is for officers")
		}
		return f, said, err
	}
}

// begin makes a draft of the finding, completes it by what only the office knows,
// and returns its name.
func (p *player) begin(ctx context.Context, desk Desk) (string, error) {
	draft, err := desk.Officer.FindingService().DraftFromFindings(ctx, &spsv1.DraftFromFindingsRequest{
		Names: []string{p.posted}, RequestId: client.NewRequestID(),
	})
	if err != nil {
		return "", err
	}
	s := draft.GetStatement()
	s.Handling = spsv1.Handling_HANDLING_NETWORK
	s.Addressees = []*spsv1.Addressee{{Office: string(origin), Roles: []spsv1.AddresseeRole{spsv1.AddresseeRole_ADDRESSEE_ROLE_ORIGIN}}}
	s.Flags = []*spsv1.Flag{{Office: string(origin), Kind: spsv1.FlagKind_FLAG_KIND_FOR_FOLLOW_UP}}
	n := s.GetNotification()
	n.Type, n.Field = spsv1.NotificationType_NOTIFICATION_TYPE_FOOD, spsv1.Field_FIELD_FOOD
	n.Subject = english("Carbendazim in dragon fruit from Viet Nam")
	n.Risk = &spsv1.Risk{Decision: spsv1.RiskDecision_RISK_DECISION_SERIOUS}
	n.Products = []*spsv1.Product{fruit("L-17")}
	_, err = desk.Officer.DraftService().UpdateDraft(ctx, &spsv1.UpdateDraftRequest{Draft: draft})
	return draft.GetName(), err
}

// found is what the laboratory finds, by what it knows of the sample.
func found(stage spsv1.ResultStage, value string) *spsv1.LabFinding {
	taken := time.Now().UTC().AddDate(0, 0, -1)
	milligrams := func(value string) *spsv1.Quantity {
		return &spsv1.Quantity{Value: value, Unit: &spsv1.Quantity_Ucum{Ucum: "mg/kg"}}
	}
	return &spsv1.LabFinding{
		ReportNumber: reportNumber, Stage: stage,
		Product: &spsv1.Product{Name: english("dragon fruit")},
		Sample: &spsv1.Sample{
			Number: sampleNumber, Role: spsv1.SampleRole_SAMPLE_ROLE_OFFICIAL,
			SamplingDate: &spsv1.Date{Year: uint32(taken.Year()), Month: uint32(taken.Month()), Day: uint32(taken.Day())},
			Results: []*spsv1.LabResult{{
				Analyte: &spsv1.Concept{AsWritten: "carbendazim", Lang: "en"},
				Value:   milligrams(value), Uncertainty: milligrams("0.05"), Verdict: spsv1.Verdict_VERDICT_NON_COMPLIANT,
				Limits: []*spsv1.Limit{{
					Value: milligrams("0.01"), Requirement: &spsv1.Requirement{Citation: "MOPH Notification No. 387 (B.E. 2560), default limit"},
				}},
			}},
		},
	}
}

// fruit is what the finding is about, by what the office knows of the sample.
func fruit(lot string) *spsv1.Product {
	return &spsv1.Product{
		Id: "p1", Name: append(english("dragon fruit"), vietnamese("thanh long")...), CommodityCodes: []*spsv1.Coding{{System: "hs", Code: customsCode}},
		Origins: []*spsv1.Origin{{State: spsv1.OriginState_ORIGIN_STATE_STATED, Area: &spsv1.Area{Code: string(origin)}}},
		Codes:   []*spsv1.SiteCode{siteCode()},
		Lots:    []*spsv1.Lot{{Id: "p1.l1", Number: lot, Quantity: &spsv1.Quantity{Value: "12000", Unit: &spsv1.Quantity_Rec20{Rec20: "KGM"}}}},
	}
}

// reported reports whether samples are the one that the final finding is about.
func reported(samples []*spsv1.Sample) bool {
	return len(samples) == 1 && len(samples[0].GetResults()) == 1 && samples[0].GetResults()[0].GetReportNumber() == reportNumber &&
		samples[0].GetResults()[0].GetStage() == spsv1.ResultStage_RESULT_STAGE_FINAL
}

// told is a finding in words.
func told(f *spsv1.LabFinding) *Finding {
	t := &Finding{Report: f.GetReportNumber(), Stage: brief.Words(f.GetStage())}
	if proposal := f.GetProposal(); proposal != nil {
		t.Proposes = brief.Words(proposal.GetClassification()) + ", " + brief.Words(proposal.GetRisk())
	}
	for _, use := range f.GetUses() {
		t.Draft, t.Reference, t.Case = brief.Words(use.GetDraftState()), use.GetReference(), use.GetCase()
		t.CaseStatus, t.Outcome = brief.Words(use.GetCaseStatus()), brief.Words(use.GetCaseOutcome())
	}
	return t
}
