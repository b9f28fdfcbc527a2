package access_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

func localized(s *status.Status) (locale, message string) {
	for _, d := range s.Details() {
		if l, ok := d.(*errdetails.LocalizedMessage); ok {
			return l.GetLocale(), l.GetMessage()
		}
	}
	return "", ""
}

func TestLanguageIsTheOneAskedFor(t *testing.T) {
	for accept, want := range map[string]string{
		"":                               "",
		"en":                             "",
		"en-GB, vi;q=0.5":                "",
		"vi":                             "vi",
		"vi-VN,vi;q=0.9,en;q=0.8":        "vi",
		"fr, th;q=0.3":                   "th",
		"th;q=0.3, vi;q=0.4":             "vi",
		"zh":                             "zh-Hans",
		"zh-CN":                          "zh-Hans",
		"zh-SG;q=0.1":                    "zh-Hans",
		"de":                             "",
		"vi;q=0":                         "",
		"*":                              "",
		"???":                            "",
		"\x00":                           "",
		strings.Repeat("vi,", 500):       "",
		"vi-" + strings.Repeat("x-", 50): "",
	} {
		locale, message := localized(access.Localize(access.Status(access.Draining()), accept))
		if locale != want || (message != "") != (want != "") {
			t.Errorf("%.40q: %q in %q, want %q", accept, message, locale, want)
		}
	}
}

func TestErrorsAreInTheLanguageOfTheCaller(t *testing.T) {
	n := startNode(t, time.Now, services{})
	ctx := metadata.AppendToOutgoingContext(t.Context(), "accept-language", "fr, vi-VN;q=0.8")
	cases := spsv1.NewCaseServiceClient(n.dialPerson(t, certs.RoleOfficer))
	_, err := cases.ListStatements(ctx, &spsv1.ListStatementsRequest{Parent: "offices/vn", PageSize: -1})
	st := status.Convert(err)
	locale, message := localized(st)
	if locale != "vi" || !strings.HasPrefix(message, "parent: hãy cho tên như offices/VN") || !strings.HasSuffix(message, "(và 1 lỗi khác)") {
		t.Errorf("message in %q: %q, want Vietnamese with the field, the example and how many more", locale, message)
	}
	if !strings.HasPrefix(st.Message(), "parent: give a name such as offices/VN") || reason(st) != "INVALID" {
		t.Errorf("status = %v, want what programs read as it was", st)
	}
	for _, d := range st.Details() {
		bad, ok := d.(*errdetails.BadRequest)
		if !ok {
			continue
		}
		v := bad.GetFieldViolations()[1]
		if v.GetReason() != "INT32_GTE" || v.GetDescription() != "give 0 or more" ||
			v.GetLocalizedMessage().GetMessage() != "hãy cho 0 trở lên" || v.GetLocalizedMessage().GetLocale() != "vi" {
			t.Errorf("violation = %v, want both languages", v)
		}
	}

	stream, err := cases.WatchStatements(ctx, &spsv1.WatchStatementsRequest{Parent: "VN"})
	if err == nil {
		_, err = stream.Recv()
	}
	if locale, _ := localized(status.Convert(err)); locale != "vi" {
		t.Errorf("watch: %v in %q, want vi", err, locale)
	}
	_, err = spsv1.NewNodeServiceClient(n.dialPerson(t, certs.RoleLab)).ListPeers(ctx, &spsv1.ListPeersRequest{})
	if _, message := localized(status.Convert(err)); !strings.Contains(message, "của bạn ghi lab của VN") {
		t.Errorf("refusal of a role = %q, want the role and the office in it", message)
	}
}

func FuzzLocalize(f *testing.F) {
	f.Add("vi", "the node is stopping: connect again and resume from the last cursor", "DRAINING")
	f.Add("zh-CN;q=0.1, *", "there is no {name} ", "NOT_FOUND")
	f.Add("th", "more than {limit} allows ({rate}): try again in {wait}", "RATE")
	f.Fuzz(func(t *testing.T, accept, sentence, why string) {
		st := access.Status(&access.Refusal{Code: 5, Reason: access.Reason(why), Sentence: sentence})
		got := access.Localize(st, accept)
		if got.Code() != st.Code() || got.Message() != st.Message() || reason(got) != reason(st) {
			t.Errorf("Localize(%v, %q) = %v, want what programs read as it was", st, accept, got)
		}
	})
}
