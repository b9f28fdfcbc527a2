package server_test

import (
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// journal keeps what nodes log.
type journal struct {
	out io.Writer

	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.text.Write(b)
	return j.out.Write(b)
}

// count returns how many lines have all of some words.
func (j *journal) count(words ...string) (n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for line := range strings.Lines(j.text.String()) {
		all := true
		for _, w := range words {
			all = all && strings.Contains(line, w)
		}
		if all {
			n++
		}
	}
	return n
}

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(20 * time.Second); !holds(); {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("after 20 s not yet: %s", what)
		}
	}
}

// TestClockOfAnotherDay sets a node's clock more than a day off. One peer alone
// raises the alarm; two stop what is issued and nothing else, until an
// administrator confirms, or the clock is right again.
func TestClockOfAnotherDay(t *testing.T) {
	var ahead atomic.Int64
	w := newWorld(t, "VN", "CN", "TH")
	w.clocks = map[certs.Office]func() time.Time{"VN": func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }}
	logs := &journal{out: t.Output()}
	w.logs = logs
	vn, cn := w.start("VN"), w.start("CN")
	root := vn.admin()
	show := func() *spsv1.Node {
		t.Helper()
		n, err := root.GetNode(t.Context(), &spsv1.GetNodeRequest{})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	try := func() error {
		t.Helper()
		_, err := vn.validator().IssueStatement(t.Context(), request(vn, notification("mango", "CN")))
		return err
	}
	wantRefused := func(when string) {
		t.Helper()
		if err := try(); reason(err) != "CLOCK" || status.Code(err) != codes.FailedPrecondition {
			t.Errorf("issue %s: %v, want CLOCK", when, err)
		}
	}
	wantIssued := func(when string) {
		t.Helper()
		if err := try(); err != nil {
			t.Errorf("issue %s: %v, want nil", when, err)
		}
	}
	eventually(t, "CN is heard", func() bool { return show().GetClockPeers() == 1 })
	if got := show(); got.GetClockOffset().AsDuration().Abs() > time.Minute {
		t.Errorf("the clock of CN is %s ahead, want about 0", got.GetClockOffset().AsDuration())
	}
	again := request(vn, notification("durian", "CN"))
	first, err := vn.validator().IssueStatement(t.Context(), again)
	if err != nil {
		t.Fatal(err)
	}

	ahead.Store(int64(25 * time.Hour))
	if got := show().GetClockOffset().AsDuration() + 25*time.Hour; got.Abs() > time.Minute {
		t.Errorf("after the clock was set, that of CN is %s off -25h", got)
	}
	eventually(t, "the alarm is logged", func() bool { return logs.count("node=VN", "alarm: the clock is not") == 1 })
	if !strings.Contains(vn.metrics(), "\nspsd_clock_offset_seconds -9") {
		t.Error("the metrics do not tell the clock")
	}
	wantIssued("that one peer alone says is of tomorrow")
	ahead.Store(int64(time.Minute))
	eventually(t, "the clock is right again", func() bool { return logs.count("node=VN", "the clock is right again") == 1 })

	th := w.start("TH")
	eventually(t, "TH is heard", func() bool { return show().GetClockPeers() == 2 })
	wantIssued("with a clock a minute off")
	confirm := func(offset, last time.Duration) (*spsv1.Node, error) {
		return root.ConfirmClock(t.Context(), &spsv1.ConfirmClockRequest{ClockOffset: durationpb.New(offset), Duration: durationpb.New(last)})
	}
	if _, err := confirm(0, time.Hour); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("confirm a clock that is right: %v, want FailedPrecondition", err)
	}

	ahead.Store(int64(25 * time.Hour))
	wantRefused("by a clock of tomorrow")
	if got := show(); !got.GetReadOnly() || !strings.Contains(got.GetReadOnlyReason(), "ahead of that of 2 peers") {
		t.Errorf("node = %v, want read-only for its clock", got)
	}
	eventually(t, "the second alarm is logged", func() bool { return logs.count("node=VN", "alarm: the clock is more than a day") == 1 })
	if got, err := vn.validator().IssueStatement(t.Context(), again); err != nil || got.GetName() != first.GetName() {
		t.Errorf("the first request again: %v, %v, want the statement %s", got.GetName(), err, first.GetName())
	}
	check := request(vn, notification("mango", "CN"))
	check.ValidateOnly = true
	if _, err := vn.validator().IssueStatement(t.Context(), check); err != nil {
		t.Errorf("validate only: %v, want nil", err)
	}
	fromTH := issue(t, th, notification("shrimp", "VN"))
	th.watch("offices/-", "").receipt("VN", fromTH.GetEntry().GetSequence())

	if _, err := spsv1.NewNodeServiceClient(vn.as(certs.RoleValidator, "lan.nguyen")).ConfirmClock(t.Context(),
		&spsv1.ConfirmClockRequest{ClockOffset: durationpb.New(-25 * time.Hour)}); reason(err) != "PERMISSION_DENIED" {
		t.Errorf("a validator confirms: %v, want PERMISSION_DENIED", err)
	}
	if _, err := confirm(-24*time.Hour, time.Hour); reason(err) != "CLOCK" {
		t.Errorf("confirm another offset: %v, want CLOCK", err)
	}
	for name, req := range map[string]*spsv1.ConfirmClockRequest{
		"no offset":   {},
		"ten seconds": {ClockOffset: durationpb.New(-25 * time.Hour), Duration: durationpb.New(10 * time.Second)},
		"a year":      {ClockOffset: durationpb.New(-25 * time.Hour), Duration: durationpb.New(365 * 24 * time.Hour)},
	} {
		if _, err := root.ConfirmClock(t.Context(), req); reason(err) != "INVALID" {
			t.Errorf("confirm %s: %v, want INVALID", name, err)
		}
	}
	wantRefused("after confirmations that were refused")

	confirmed, err := confirm(-25*time.Hour, time.Hour)
	if err != nil || confirmed.GetReadOnly() || confirmed.GetClockConfirmationExpireTime() == nil {
		t.Errorf("ConfirmClock = %v, %v, want a node that issues", confirmed, err)
	}
	wantIssued("by a clock that is confirmed")
	audit, err := root.ListAuditRecords(t.Context(), &spsv1.ListAuditRecordsRequest{MethodPrefix: "sps.v1.NodeService/ConfirmClock"})
	if err != nil || len(audit.GetAuditRecords()) == 0 || audit.GetAuditRecords()[0].GetOutcome() != spsv1.AuditOutcome_AUDIT_OUTCOME_DONE {
		t.Errorf("audit records = %v, %v, want the confirmation first", audit.GetAuditRecords(), err)
	}

	ahead.Add(int64(11 * time.Minute))
	wantRefused("when the clock has moved by 11 minutes")
	ahead.Add(-int64(11 * time.Minute))
	wantIssued("when it has moved back")
	if _, err := confirm(-25*time.Hour, time.Minute); err != nil {
		t.Fatal(err)
	}
	ahead.Add(int64(2 * time.Minute))
	wantRefused("when the time is over")
	ahead.Store(0)
	wantIssued("when the clock is right again")
	cn.watch("offices/VN", "").statement(first.GetName())
}
