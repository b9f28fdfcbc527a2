package statement_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

func TestAdvise(t *testing.T) {
	s := mango()
	n := s.GetNotification()
	n.Subject = text("zh-Hans", "越南芒果中的橘小实蝇")
	n.Description = append(text("zh-Hans", "详情"), en("details")...)
	n.Products[0].Name = text("vi-VN", "xoài")
	n.Products[0].Description = text("mul", "xoài 芒果")
	paths := func(p statement.Problems) []string {
		var fields []string
		for _, problem := range p {
			fields = append(fields, problem.Field+" "+problem.Reason)
		}
		return fields
	}
	cases := []struct {
		name      string
		languages []string
		want      []string
	}{
		{"nobody reads but English", nil, []string{"notification.subject TEXT_UNREAD", "notification.products[0].name TEXT_UNREAD"}},
		{"an addressee reads Vietnamese", []string{"vi"}, []string{"notification.subject TEXT_UNREAD"}},
		{"addressees read both", []string{"vi", "zh"}, nil},
	}
	for _, c := range cases {
		if diff := cmp.Diff(c.want, paths(statement.Advise(s, c.languages...))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	if got, want := statement.Advise(s, "th", "en")[0].Sentence, "add it in English or in a language of an addressee: en, th"; got != want {
		t.Errorf("sentence = %q, want each language once: %q", got, want)
	}
}

// TestAdvisePassed looks at what is to hold until then or to be done by then, and at
// nothing that is said to have happened.
func TestAdvisePassed(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	before, after := timestamppb.New(now.Add(-time.Hour)), timestamppb.New(now.Add(time.Hour))
	gate := func(end *timestamppb.Timestamp) *spsv1.Statement {
		return &spsv1.Statement{Body: &spsv1.Statement_Announcement{Announcement: &spsv1.Announcement{
			Body: &spsv1.Announcement_BorderGateStatus{BorderGateStatus: &spsv1.BorderGateStatus{StartTime: before, EndTime: end}},
		}}}
	}
	inspection := &spsv1.Statement{Body: &spsv1.Statement_Request{Request: &spsv1.Request{
		DueTime: before, RemoteInspection: &spsv1.RemoteInspection{StartTimes: []*timestamppb.Timestamp{after, before}},
	}}}
	reported := mango()
	reported.GetNotification().ReportTime = before
	for _, c := range []struct {
		name string
		s    *spsv1.Statement
		want []string
	}{
		{"a gate until a day that is over", gate(before), []string{"announcement.border_gate_status.end_time"}},
		{"a gate until a day that is to come", gate(after), nil},
		{"times for an inspection", inspection, []string{"request.remote_inspection.start_times[1]", "request.due_time"}},
		{"what was reported before", reported, nil},
	} {
		var got []string
		for _, p := range statement.AdvisePassed(c.s, now) {
			got = append(got, p.Field)
		}
		slices.Sort(got)
		slices.Sort(c.want)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestAdviseFlags(t *testing.T) {
	onNetwork := func(office string) bool { return office != "LA" }
	s := mango()
	s.Office, s.Network, s.Addressees = "CN", false, []*spsv1.Addressee{to("VN")}
	s.Flags = flags(followUp(office("VN")), followUp(office("LA")), attention(office("TH")), followUp(office(s.GetOffice())))
	got := statement.AdviseFlags(s, onNetwork)
	if len(got) != 1 || got[0].Field != "flags[2].office" || got[0].Reason != "FLAG_NOT_ADDRESSED" {
		t.Errorf("advice = %v, want FLAG_NOT_ADDRESSED for flags[2].office only", got)
	}
	s.Addressees, s.Network = nil, true
	if got := statement.AdviseFlags(s, onNetwork); len(got) != 0 {
		t.Errorf("advice for a statement to the network = %v, want none", got)
	}
}

func TestAllowances(t *testing.T) {
	const (
		hours       = spsv1.AllowanceUnit_ALLOWANCE_UNIT_HOURS
		days        = spsv1.AllowanceUnit_ALLOWANCE_UNIT_DAYS
		workingDays = spsv1.AllowanceUnit_ALLOWANCE_UNIT_WORKING_DAYS
	)
	allow := func(n uint32, u spsv1.AllowanceUnit) *spsv1.Allowance { return &spsv1.Allowance{Amount: n, Unit: u} }
	calm := mango()
	calm.GetNotification().Classification = forAttention
	calm.GetNotification().Risk = nil
	calm.GetNotification().Preliminary = true
	calm.Flags = followUp(office("VN"))
	flagged := mango()
	flagged.Flags = flags(attention(office("TH")), followUp(office("VN")))
	cases := []struct {
		name string
		s    *spsv1.Statement
		want *spsv1.Allowances
	}{
		{"alert", mango(), &spsv1.Allowances{Acknowledgement: allow(24, hours), Dispute: allow(5, workingDays)}},
		{"alert for follow-up", flagged, &spsv1.Allowances{
			Acknowledgement: allow(24, hours), Dispute: allow(5, workingDays), Outcome: allow(10, workingDays),
		}},
		{"preliminary information", calm, &spsv1.Allowances{
			Acknowledgement: allow(2, workingDays), Dispute: allow(5, workingDays), Outcome: allow(30, days), Confirmation: allow(10, workingDays),
		}},
		{"request", &spsv1.Statement{Body: &spsv1.Statement_Request{Request: &spsv1.Request{}}}, &spsv1.Allowances{Answer: allow(10, workingDays)}},
		{"closure", &spsv1.Statement{Body: &spsv1.Statement_Closure{}}, nil},
	}
	for _, c := range cases {
		if diff := cmp.Diff(c.want, statement.Allowances(c.s), protocmp.Transform()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}
