package intake_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

func violations(err error) (all []string) {
	for _, detail := range status.Convert(err).Details() {
		if bad, ok := detail.(*errdetails.BadRequest); ok {
			for _, v := range bad.GetFieldViolations() {
				all = append(all, v.GetField()+" "+v.GetReason())
			}
		}
	}
	return all
}

// TestStopInEachBatch stops the node in the middle of each phase, before each
// batch, and starts it again: the counts are as if it had never stopped.
func TestStopInEachBatch(t *testing.T) {
	d := newDesk(t)
	const rows = 1000
	stopped := map[bool]map[int]bool{false: {}, true: {}}
	reached := make(chan bool)
	d.things.hook = func(commit bool, first int) {
		if !stopped[commit][first] {
			stopped[commit][first] = true
			reached <- commit
			<-reached
		}
	}
	m, err := d.upload(d.as("hanoi-lab"), sheetOf(rows), &spsv1.ImportHeader{Commit: committed})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 * rows / 200 {
		<-reached
		halt := d.halt()
		reached <- true
		halt()
		d.start()
	}
	m = d.settled(d.as("hanoi-lab"), m.GetName())
	if got, want := counted(m), "DONE rows 1000/1000: 1000 good, 0 unchanged, 0 refused, 1000 kept, 0 errors, 0 notes"; got != want {
		t.Errorf("after stops in %v: %s, want %s", stopped, got, want)
	}
}

// halt lets what runs come to its end without going on, and returns what waits
// for that.
func (d *desk) halt() (wait func()) {
	done := make(chan struct{})
	stop := d.stop
	go func() { defer close(done); stop() }()
	<-d.stopping
	return func() { <-done }
}

// TestWhoBeganItIsAskedAgain revokes a token in the middle of a commit: what was
// kept stays, and nothing more is kept.
func TestWhoBeganItIsAskedAgain(t *testing.T) {
	d := newDesk(t)
	own := d.roster.Own()
	admin := access.As(t.Context(), access.Caller{})
	token, secret, err := d.register.CreateToken(admin, &spsv1.Token{Role: string(certs.RoleLab), Id: "hanoi-lab"})
	if err != nil {
		t.Fatal(err)
	}
	caller, err := d.register.Token(t.Context(), secret)
	if err != nil || caller.Office != own.Office() {
		t.Fatal(caller, err)
	}
	ctx := access.As(t.Context(), caller)
	d.things.hook = func(commit bool, first int) {
		if commit && first > 2 {
			if _, err := d.register.RevokeToken(context.WithoutCancel(t.Context()), token.GetName()); err != nil {
				t.Error(err)
			}
		}
	}
	m, err := d.upload(ctx, sheetOf(1000), &spsv1.ImportHeader{Commit: committed})
	if err != nil {
		t.Fatal(err)
	}
	m = d.settled(d.as("hanoi-lab"), m.GetName())
	if got, want := counted(m), "FAILED rows 400/1000: 400 good, 0 unchanged, 0 refused, 400 kept, 0 errors, 0 notes"; got != want {
		t.Errorf("after the token was revoked: %s, want %s", got, want)
	}
	if len(m.GetProblems()) != 1 || m.GetProblems()[0].GetReason() != string(access.ReasonRevoked) {
		t.Errorf("it failed for %v, want REVOKED", m.GetProblems())
	}
	records, _, err := d.register.AuditRecords(t.Context(), access.AuditQuery{OldestFirst: true, Most: 100})
	if err != nil {
		t.Fatal(err)
	}
	var audited []string
	for _, r := range records {
		if strings.HasPrefix(r.GetMethod(), "import/") {
			audited = append(audited, r.GetMethod()+" "+r.GetCaller()+" "+r.GetCredential())
		}
	}
	want := "import/commit " + caller.URI() + " " + token.GetName()
	if len(audited) != 2 || audited[0] != want || audited[1] != want {
		t.Errorf("audited %q, want %q twice", audited, want)
	}
}

// TestCancelWhileItIsUnderWay ends an import between two batches.
func TestCancelWhileItIsUnderWay(t *testing.T) {
	d := newDesk(t)
	ctx := d.as("hanoi-lab")
	reached := make(chan bool)
	d.things.hook = func(commit bool, first int) {
		if commit && first > 2 && first < 300 {
			reached <- true
			<-reached
		}
	}
	m, err := d.upload(ctx, sheetOf(1000), &spsv1.ImportHeader{Commit: committed})
	if err != nil {
		t.Fatal(err)
	}
	<-reached
	if _, err := d.DeleteImport(ctx, &spsv1.DeleteImportRequest{Name: m.GetName()}); told(err) != "IMPORT_STATE" {
		t.Errorf("deleted while it is under way: %q, want IMPORT_STATE", told(err))
	}
	if m, err = d.CancelImport(ctx, &spsv1.CancelImportRequest{Name: m.GetName()}); err != nil {
		t.Fatal(err)
	}
	reached <- true
	next := d.mustUpload(ctx, sheetOf(1), nil) // begins when the one before is out of the way
	if next.GetCounts().GetUnchanged() != 1 {
		t.Errorf("the next import: %s, want its thing unchanged", counted(next))
	}
	m, err = d.GetImport(ctx, &spsv1.GetImportRequest{Name: m.GetName()})
	if want := "CANCELLED rows 200/1000: 200 good, 0 unchanged, 0 refused, 200 kept, 0 errors, 0 notes"; err != nil || counted(m) != want {
		t.Errorf("cancelled: %s, %v, want %s", counted(m), err, want)
	}
}

// TestWatchResumes goes on from a cursor, and refuses one of another store.
func TestWatchResumes(t *testing.T) {
	d := newDesk(t)
	ctx, cancel := context.WithTimeout(d.as("hanoi-lab"), time.Minute)
	defer cancel()
	m := d.mustUpload(ctx, sheetOf(1), nil)
	watch, err := d.WatchImport(ctx, &spsv1.WatchImportRequest{Name: m.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	event, err := watch.Recv()
	if err != nil {
		t.Fatal(err)
	}
	again, err := d.WatchImport(ctx, &spsv1.WatchImportRequest{Name: m.GetName(), Cursor: event.GetCursor()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Header(); err != nil {
		t.Fatal(err)
	}
	if _, err := d.CancelImport(ctx, &spsv1.CancelImportRequest{Name: m.GetName()}); err != nil {
		t.Fatal(err)
	}
	next, err := again.Recv()
	if err != nil || next.GetImport().GetState() != spsv1.ImportState_IMPORT_STATE_CANCELLED {
		t.Errorf("behind the cursor: %v, %v, want it cancelled", next, err)
	}
	for cursor, want := range map[string]string{
		"x":                             "INVALID cursor CURSOR",
		strings.Repeat("02", 16) + "-1": "CURSOR_AHEAD",
		event.GetCursor() + "9":         "CURSOR_AHEAD",
	} {
		watch, err := d.WatchImport(ctx, &spsv1.WatchImportRequest{Name: m.GetName(), Cursor: cursor})
		if err == nil {
			_, err = watch.Recv()
		}
		if told(err) != want {
			t.Errorf("from %s: %q, want %q", cursor, told(err), want)
		}
	}
}
