package trader

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// answered has the exporter answer its notice with a text.
func (d *desk) answered(text ...string) error {
	req := &spsv1.AnswerConsignmentNoticeRequest{
		Name: d.notice("grower").GetName(), RequestId: uuid.NewString(), Kinds: []spsv1.AnswerKind{spsv1.AnswerKind_ANSWER_KIND_OUR_GOODS},
	}
	for i, one := range text {
		req.Text = append(req.Text, &spsv1.LocalizedText{Lang: []string{"vi", "en", "th", "lo", "km"}[i], Text: one})
	}
	_, err := d.readers.AnswerConsignmentNotice(d.as(certs.RoleExporter, "grower"), req)
	return err
}

// TestTheVersionThatWasRead acknowledges what is not the newest version, and what is.
func TestTheVersionThatWasRead(t *testing.T) {
	d := newDesk(t)
	d.register("grower", aCode)
	c := d.tell(alert + oneLot)
	acknowledge := func(version uint32) codes.Code {
		n, err := d.readers.AcknowledgeConsignmentNotice(d.as(certs.RoleExporter, "grower"), &spsv1.AcknowledgeConsignmentNoticeRequest{Name: d.notice("grower").GetName(), Version: version})
		if err == nil && n.GetAcknowledgedBy() != "grower" {
			t.Errorf("version %d is acknowledged by %q, want grower", version, n.GetAcknowledgedBy())
		}
		return status.Code(err)
	}
	c.follows(d, "CN", network, suspends)
	d.want("news", "grower", "SENT 2 CODE_SUSPENDED [p1.l1]")
	for _, tc := range []struct {
		version uint32
		want    codes.Code
	}{{0, codes.InvalidArgument}, {3, codes.InvalidArgument}, {1, codes.Aborted}, {2, codes.OK}, {2, codes.OK}} {
		if got := acknowledge(tc.version); got != tc.want {
			t.Errorf("version %d: %s, want %s", tc.version, got, tc.want)
		}
	}
	c.follows(d, "CN", network, detains)
	d.settled()
	if err := d.answered(); err != nil { // to what was told before, perhaps
		t.Fatal(err)
	}
	if n := d.notice("grower"); n.GetAcknowledgeTime() != nil || acknowledge(2) != codes.Aborted {
		t.Errorf("after more news it is acknowledged at %v, want not, and its second version refused", n.GetAcknowledgeTime())
	}
}

// TestAnAnswerSaysWhatWasRead answers the first version of a notice, which can be no other.
func TestAnAnswerSaysWhatWasRead(t *testing.T) {
	d := newDesk(t)
	d.register("grower", aCode)
	d.tell(alert + oneLot)
	if err := d.answered(); err != nil {
		t.Fatal(err)
	}
	if n := d.notice("grower"); n.GetAcknowledgeTime() == nil || n.GetAcknowledgedBy() != "grower" {
		t.Errorf("it is acknowledged at %v by %q, want by grower", n.GetAcknowledgeTime(), n.GetAcknowledgedBy())
	}
}

// TestAnswersAreBounded answers until there is no room, and reads it all.
func TestAnswersAreBounded(t *testing.T) {
	d := newDesk(t, func(o *Options) { o.Rule.Answers, o.Rule.Length = 40, 15000 })
	d.register("grower", aCode)
	d.tell(alert + oneLot)
	if err := d.answered(strings.Repeat("ก", 9000), strings.Repeat("ข", 6001)); !strings.Contains(fmt.Sprint(err), "at most 15000 characters") {
		t.Errorf("an answer of 15,001 characters: %v, want it refused with the limit", err)
	}
	long := strings.Repeat("ก", 15000) // 45,000 bytes
	for i := range 40 {
		if err := d.answered(long); err != nil {
			t.Fatalf("answer %d: %v", i+1, err)
		}
	}
	if err := d.answered("one more"); status.Code(err) != codes.FailedPrecondition || !strings.Contains(fmt.Sprint(err), "at most 40 answers") {
		t.Errorf("the 41st answer: %v, want it refused with the limit", err)
	}
	listed := d.notice("grower")
	if len(listed.GetAnswers()) != answersListed || listed.GetAnswerCount() != 40 || listed.GetAnswers()[9].GetNumber() != 40 || listed.GetAnswers()[0].GetText() != nil {
		t.Errorf("a list has %d of %d answers, want the newest %d of 40 without texts", len(listed.GetAnswers()), listed.GetAnswerCount(), answersListed)
	}
	n, err := d.readers.GetConsignmentNotice(d.as(certs.RoleOfficer, "lan"), &spsv1.GetConsignmentNoticeRequest{Name: listed.GetName()})
	if err != nil || len(n.GetAnswers()) != 5 || n.GetAnswers()[4].GetText()[0].GetText() != long {
		t.Errorf("the notice has %d answers, %v, want the newest 5 that fit into 256 KiB", len(n.GetAnswers()), err)
	}
	var numbers []uint32
	req := &spsv1.ListNoticeAnswersRequest{Name: listed.GetName()}
	for pages := 1; ; pages++ {
		resp, err := d.readers.ListNoticeAnswers(d.as(certs.RoleExporter, "grower"), req)
		if err != nil {
			t.Fatal(err)
		}
		if size := proto.Size(resp); size > answersPage+50_000 {
			t.Errorf("page %d has %d bytes", pages, size)
		}
		for _, a := range resp.GetAnswers() {
			numbers = append(numbers, a.GetNumber())
		}
		if req.PageToken = resp.GetNextPageToken(); req.PageToken == "" {
			break
		}
	}
	if !slices.IsSorted(numbers) || len(numbers) != 40 || numbers[39] != 40 {
		t.Errorf("all pages have the answers %v, want 1 to 40", numbers)
	}
}

// TestAnAnswerIsForwardedOnce forwards an answer, again, and after the draft was
// deleted.
func TestAnAnswerIsForwardedOnce(t *testing.T) {
	d := newDesk(t)
	d.register("grower", aCode)
	d.tell(alert + oneLot)
	if err := d.answered("when"); err != nil {
		t.Fatal(err)
	}
	forward := func(who string) string {
		t.Helper()
		draft, err := d.officers.ForwardAnswer(d.as(certs.RoleOfficer, who), &spsv1.ForwardAnswerRequest{Name: d.notice("grower").GetName(), Answer: 1})
		if err != nil {
			t.Fatal(err)
		}
		return draft.GetName()
	}
	noted := func() string { return d.notice("grower").GetAnswers()[0].GetDraft() }
	first := forward("lan")
	if again := forward("binh"); again != first || noted() != first {
		t.Errorf("forwarded again in %s, noted is %s, want %s", again, noted(), first)
	}
	own, err := d.readers.ListNoticeAnswers(d.as(certs.RoleExporter, "grower"), &spsv1.ListNoticeAnswersRequest{Name: d.notice("grower").GetName()})
	if err != nil || own.GetAnswers()[0].GetDraft() != "" {
		t.Errorf("the exporter is shown %v, %v, want no draft", own.GetAnswers(), err)
	}
	if err := d.db.Update(t.Context(), func(tx store.Tx) error { return tx.Delete(testTable, []byte(first)) }); err != nil {
		t.Fatal(err)
	}
	if noted() != "" {
		t.Errorf("after the draft was deleted the answer says that it is in %s", noted())
	}
	if second := forward("lan"); second == first || noted() != second {
		t.Errorf("forwarded once more in %s, noted is %s, want another than %s", second, noted(), first)
	}
}

// TestAUnitSeesNoticesOfItsCases has people of a unit try everything with a notice of
// a case that is not theirs, and of one that is.
func TestAUnitSeesNoticesOfItsCases(t *testing.T) {
	for _, tc := range []struct {
		name, seen string
		want       codes.Code
		listed     int
	}{{"another's case", "CN-2026-000002", codes.NotFound, 0}, {"its own", testCase, codes.OK, 1}} {
		t.Run(tc.name, func(t *testing.T) {
			d := newDesk(t, func(o *Options) { o.Heartbeat = time.Second })
			d.seen = tc.seen
			d.register("grower", aCode)
			d.tell(alert + oneLot)
			if err := d.answered("when"); err != nil {
				t.Fatal(err)
			}
			name, ctx := d.notice("grower").GetName(), d.of(certs.RoleOfficer, "tam", "dong-thap")
			for method, try := range map[string]func() error{
				"get": func() error {
					return second(d.readers.GetConsignmentNotice(ctx, &spsv1.GetConsignmentNoticeRequest{Name: name}))
				},
				"answers": func() error {
					return second(d.readers.ListNoticeAnswers(ctx, &spsv1.ListNoticeAnswersRequest{Name: name}))
				},
				"preview": func() error {
					return second(d.officers.PreviewConsignmentNotice(ctx, &spsv1.PreviewConsignmentNoticeRequest{Name: name}))
				},
				"forward": func() error {
					return second(d.officers.ForwardAnswer(ctx, &spsv1.ForwardAnswerRequest{Name: name, Answer: 1}))
				},
				"hold": func() error {
					return second(d.officers.HoldConsignmentNotice(ctx, &spsv1.HoldConsignmentNoticeRequest{Name: name, Reason: "x"}))
				},
				"release": func() error {
					return second(d.officers.ReleaseConsignmentNotice(ctx, &spsv1.ReleaseConsignmentNoticeRequest{Name: name}))
				},
			} {
				if got := status.Code(try()); got != tc.want {
					t.Errorf("%s: %s, want %s", method, got, tc.want)
				}
			}
			_, err := d.officers.CreateConsignmentNotice(ctx, &spsv1.CreateConsignmentNoticeRequest{Case: "cases/" + testCase, Exporter: "exporters/grower", Reason: "x", About: []string{"p9"}})
			if got := status.Code(err); (got == codes.NotFound) != (tc.want == codes.NotFound) {
				t.Errorf("create: %s", got)
			}
			resp, err := d.readers.ListConsignmentNotices(ctx, &spsv1.ListConsignmentNoticesRequest{})
			if err != nil || len(resp.GetNotices()) != tc.listed {
				t.Errorf("%d notices are listed, %v, want %d", len(resp.GetNotices()), err, tc.listed)
			}
			watching, stop := context.WithTimeout(ctx, 10*time.Second)
			defer stop()
			stream, err := d.readers.WatchConsignmentNotices(watching, &spsv1.WatchConsignmentNoticesRequest{})
			if err != nil {
				t.Fatal(err)
			}
			event, err := stream.Recv() // a notice, or after a second that there is nothing
			if err != nil || (event.GetNotice() != nil) != (tc.listed == 1) {
				t.Errorf("the watch shows %v, %v, want %d notices", event, err, tc.listed)
			}
		})
	}
}

func second[A any](_ A, err error) error { return err }
