package main

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// advising is a node that advises something of a follow-up, and keeps what it issues.
type advising struct {
	spsv1.CaseServiceClient
	advice []*spsv1.Advice
	issued []*spsv1.FollowUpCaseRequest
}

// FollowUpCase implements spsv1.CaseServiceClient.
func (n *advising) FollowUpCase(_ context.Context, req *spsv1.FollowUpCaseRequest, _ ...grpc.CallOption) (*spsv1.IssuedStatement, error) {
	if req.GetValidateOnly() {
		return &spsv1.IssuedStatement{Statement: &spsv1.Statement{Office: "VN"}, Advice: n.advice}, nil
	}
	n.issued = append(n.issued, req)
	return &spsv1.IssuedStatement{}, nil
}

// TestSuspensionSaysWhatHasNoEffect suspends a code in a case that does not say who
// gave it.
func TestSuspensionSaysWhatHasNoEffect(t *testing.T) {
	const registration = spsv1.SiteCodeKind_SITE_CODE_KIND_GACC_REGISTRATION
	origin := &spsv1.Advice{Field: "statement.follow_up.facts.measures[0].code_status.code.area", Reason: "ORIGIN_UNKNOWN", Sentence: "say which country"}
	another := &spsv1.Advice{Field: "statement.follow_up.facts.measures[0].code_status.market.code", Reason: "CODE_OF_ANOTHER", Sentence: "leave it"}
	for _, tc := range []struct {
		name   string
		kind   spsv1.SiteCodeKind
		advice *spsv1.Advice
		area   string
		says   string
	}{
		{"of the own office", spsv1.SiteCodeKind_SITE_CODE_KIND_PACKING_HOUSE, origin, "VN", "taken as a code of VN"},
		{"of China's", registration, origin, "", "worth a look: " + origin.GetField()},
		{"of another", spsv1.SiteCodeKind_SITE_CODE_KIND_PACKING_HOUSE, another, "", "worth a look: " + another.GetField()},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var says bytes.Buffer
			a, node := app{streams: streams{err: &says}}, &advising{advice: []*spsv1.Advice{tc.advice}}
			req := &spsv1.FollowUpCaseRequest{FollowUp: &spsv1.FollowUp{Facts: &spsv1.Facts{Measures: []*spsv1.Measure{{
				CodeStatus: &spsv1.CodeStatusChange{Code: &spsv1.SiteCode{Kind: tc.kind, Code: "VN-DL 0123"}},
			}}}}}
			if _, err := a.changeCode(node, t.Context(), req); err != nil {
				t.Fatal(err)
			}
			areas := []string{}
			for _, r := range node.issued {
				areas = append(areas, r.GetFollowUp().GetFacts().GetMeasures()[0].GetCodeStatus().GetCode().GetArea().GetCode())
			}
			if !slices.Equal(areas, []string{tc.area}) || !strings.Contains(says.String(), tc.says) {
				t.Errorf("issued of %q, saying %q; want once of %q, saying %q", areas, says.String(), tc.area, tc.says)
			}
		})
	}
}
