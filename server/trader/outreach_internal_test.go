package trader

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// outreach returns what a system of the office is to send behind a cursor, and the
// cursor behind it.
func (d *desk) outreach(cursor string) (all []*spsv1.Outreach, next string) {
	d.t.Helper()
	ctx, stop := context.WithTimeout(d.as(certs.RoleSystem, "gateway"), 20*time.Second)
	defer stop()
	stream, err := d.officers.WatchOutreach(ctx, &spsv1.WatchOutreachRequest{Cursor: cursor})
	for err == nil {
		var event *spsv1.WatchOutreachResponse
		if event, err = stream.Recv(); err == nil {
			next = event.GetCursor()
			if event.GetOutreach() == nil { // there is no more
				return all, next
			}
			all = append(all, event.GetOutreach())
		}
	}
	d.t.Fatal(err)
	return nil, ""
}

// TestOutreach has a system of the office bring word to an exporter, and record it.
func TestOutreach(t *testing.T) {
	d := newDesk(t, func(o *Options) { o.Heartbeat = 200 * time.Millisecond })
	d.register("grower", `channels { kind: CHANNEL_KIND_PHONE address: "+84241234567" } `+aCode)
	d.register("waiting", `codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VN-BT-009" }`)
	c := d.tell(alert + oneLot + aName()) // the other waits for an officer
	all, cursor := d.outreach("")
	if len(all) != 1 || all[0].GetExporter() != "exporters/grower" || all[0].GetVersion() != 1 || all[0].GetChannels()[0].GetAddress() != "+84241234567" {
		t.Fatalf("to send is %v, want word of the one notice that was told", all)
	}
	if text := all[0].GetText(); all[0].GetLang() != "vi" || !strings.Contains(text, "có tin về hồ sơ "+testCase) || strings.ContainsAny(text, "\n{") || strings.Contains(text, "L1") {
		t.Errorf("the line in %s is %q, want one in Vietnamese that names the case and no goods", all[0].GetLang(), text)
	}
	if again, _ := d.outreach(""); len(again) != 1 {
		t.Errorf("before it was sent a new watch has %d, want it", len(again))
	}
	sending := &spsv1.RecordSendingRequest{Name: all[0].GetNotice(), Version: 1, Channel: spsv1.ChannelKind_CHANNEL_KIND_PHONE, Address: "+84241234567"}
	record := func(change func(*spsv1.RecordSendingRequest)) codes.Code {
		req := &spsv1.RecordSendingRequest{Name: sending.GetName(), Version: sending.GetVersion(), Channel: sending.GetChannel(), Address: sending.GetAddress()}
		change(req)
		_, err := d.officers.RecordSending(d.as(certs.RoleSystem, "gateway"), req)
		return status.Code(err)
	}
	for _, tc := range []struct {
		name   string
		change func(*spsv1.RecordSendingRequest)
		want   codes.Code
	}{
		{"a version that is not there", func(r *spsv1.RecordSendingRequest) { r.Version = 2 }, codes.InvalidArgument},
		{"tomorrow", func(r *spsv1.RecordSendingRequest) { r.SendTime = timestamppb.New(d.now.AddDate(0, 0, 1)) }, codes.InvalidArgument},
		{"a notice that was not told", func(r *spsv1.RecordSendingRequest) { r.Name = d.notice("waiting").GetName() }, codes.InvalidArgument},
		{"sent", func(*spsv1.RecordSendingRequest) {}, codes.OK},
		{"sent, once more", func(*spsv1.RecordSendingRequest) { d.now = d.now.Add(time.Hour) }, codes.OK},
		{"failed", func(r *spsv1.RecordSendingRequest) { r.Failure = "no such number" }, codes.OK},
	} {
		if got := record(tc.change); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
	noted := d.notice("grower").GetOffice().GetSendings()
	if len(noted) != 2 || noted[0].GetRecordedBy() != "gateway" || noted[0].GetFailure() != "" || noted[1].GetFailure() != "no such number" {
		t.Errorf("recorded is %v, want one that was sent and one that failed", noted)
	}
	if again, _ := d.outreach(""); len(again) != 0 {
		t.Errorf("after it was sent a new watch has %v, want nothing", again)
	}
	c.follows(d, "CN", network, suspends)
	d.settled()
	if all, _ = d.outreach(cursor); len(all) != 1 || all[0].GetVersion() != 2 || !strings.Contains(all[0].GetText(), "mã số bị") {
		t.Errorf("news behind the cursor is %v, want version 2, with its news in Vietnamese", all)
	}
	stream, err := d.officers.WatchOutreach(d.as(certs.RoleExporter, "grower"), &spsv1.WatchOutreachRequest{})
	if err == nil {
		_, err = stream.Recv()
	}
	if status.Code(err) != codes.PermissionDenied {
		t.Errorf("an exporter watches what is to be sent: %v, want PermissionDenied", err)
	}
}
