package server_test

import (
	"testing"

	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// notification is about a fruit fly in mango, for the offices named, or for
// everyone.
func notification(subject string, to ...certs.Office) *spsv1.Statement {
	s := &spsv1.Statement{
		Status:   spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL,
		Handling: spsv1.Handling_HANDLING_NETWORK,
		Body: &spsv1.Statement_Notification{Notification: &spsv1.Notification{
			Classification: spsv1.Classification_CLASSIFICATION_BORDER_REJECTION,
			Type:           spsv1.NotificationType_NOTIFICATION_TYPE_PLANT,
			Subject:        []*spsv1.LocalizedText{{Lang: "en", Text: subject}},
			Products: []*spsv1.Product{{
				Id: "p1", Name: []*spsv1.LocalizedText{{Lang: "en", Text: "mango"}},
				CommodityCodes: []*spsv1.Coding{{System: "hs", Code: "080450"}},
			}},
			Findings: []*spsv1.Finding{{
				Id: "f1", Organism: &spsv1.Organism{Taxon: &spsv1.Taxon{ScientificName: "Bactrocera dorsalis"}},
			}},
		}},
	}
	return address(s, to...)
}

// followUp adds a sentence to the case of an original.
func followUp(original *spsv1.IssuedStatement, text string, to ...certs.Office) *spsv1.Statement {
	return address(&spsv1.Statement{
		Status:   spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL,
		Handling: spsv1.Handling_HANDLING_NETWORK,
		CaseRef:  &spsv1.CaseRef{Original: original.GetEntry(), Reference: original.GetReference()},
		Body: &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{
			Text: []*spsv1.LocalizedText{{Lang: "en", Text: text}},
		}},
	}, to...)
}

func address(s *spsv1.Statement, to ...certs.Office) *spsv1.Statement {
	s.Network = len(to) == 0
	if len(to) > 0 {
		s.Handling = spsv1.Handling_HANDLING_ADDRESSEES_ONLY
	}
	for _, office := range to {
		s.Addressees = append(s.Addressees, &spsv1.Addressee{
			Office: string(office), Roles: []spsv1.AddresseeRole{spsv1.AddresseeRole_ADDRESSEE_ROLE_ORIGIN},
		})
	}
	return s
}

// issue issues a statement at a node.
func issue(t *testing.T, n *node, s *spsv1.Statement) *spsv1.IssuedStatement {
	t.Helper()
	issued, err := n.validator().IssueStatement(t.Context(), request(n, s))
	if err != nil {
		t.Fatalf("issue: %v", err)
	}
	return issued
}

func request(n *node, s *spsv1.Statement) *spsv1.IssueStatementRequest {
	return &spsv1.IssueStatementRequest{
		Parent: "offices/" + string(n.office.Code()), Statement: s, RequestId: uuid.NewString(),
	}
}

func reason(err error) string {
	for _, d := range status.Convert(err).Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok && info.GetDomain() == "spsalert" {
			return info.GetReason()
		}
	}
	return ""
}

func fields(err error) []string {
	var names []string
	for _, d := range status.Convert(err).Details() {
		if bad, ok := d.(*errdetails.BadRequest); ok {
			for _, v := range bad.GetFieldViolations() {
				names = append(names, v.GetField())
			}
		}
	}
	return names
}

// violated returns the fields that a refusal is about, each with its reason.
func violated(err error) []string {
	var all []string
	for _, d := range status.Convert(err).Details() {
		if bad, ok := d.(*errdetails.BadRequest); ok {
			for _, v := range bad.GetFieldViolations() {
				all = append(all, v.GetField()+" "+v.GetReason())
			}
		}
	}
	return all
}
