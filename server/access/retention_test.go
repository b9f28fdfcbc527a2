package access_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
)

const day = 24 * time.Hour

func TestAuditRecordsAreKeptForTheirTime(t *testing.T) {
	d := openDesk(t, func(o *access.RegisterOptions) { o.AuditKeep = 100 * day })
	const old = 4500                                             // more than two transactions take away
	err := d.store.Update(t.Context(), func(tx store.Tx) error { // at once: a commit of each would wait for the disk 4500 times
		for i := range old {
			if err := access.Record(d.Pending(t.Context(), access.Caller{}, fmt.Sprint("old/", i)), tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	d.clock.Add(99 * day)
	d.audit(t, access.Caller{}, "young/1")
	before := d.store.Stats().Commits
	if err := d.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := len(d.records(t, access.AuditQuery{})); got != old+1 || d.store.Stats().Commits != before {
		t.Errorf("after 99 days %d records and %d commits, want all and none", got, d.store.Stats().Commits-before)
	}
	d.clock.Add(day + time.Second)
	if err := d.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range d.records(t, access.AuditQuery{}) {
		got = append(got, fmt.Sprint(r.GetPosition(), " ", r.GetMethod(), r.GetResources(), r.GetCaller()))
	}
	want := []string{
		"4501 young/1[]",
		"4502 retention/audit[auditRecords/1-2000]",
		"4503 retention/audit[auditRecords/2001-4000]",
		"4504 retention/audit[auditRecords/4001-4500]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("audit log (-want +got):\n%s", diff)
	}
	if _, err := access.Verify(t.Context(), d.store); err != nil {
		t.Errorf("Verify of what is left: %v, want nil", err)
	}

	// Whoever is not looked at for long has positions that go on all the same.
	d.clock.Add(1000 * day)
	if err := d.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	records := d.records(t, access.AuditQuery{})
	if len(records) != 1 || records[0].GetPosition() != 4505 {
		t.Errorf("audit log = %v, want what was taken away, at 4505", records)
	}
	if _, err := access.Verify(t.Context(), d.store); err != nil {
		t.Errorf("Verify of what is left: %v, want nil", err)
	}
}

func TestEndedTokensAreListedForTheirTime(t *testing.T) {
	d := openDesk(t, func(o *access.RegisterOptions) { o.TokenKeep = 60 * day })
	at := func(after time.Duration) *timestamppb.Timestamp { return timestamppb.New(d.clock.Now().Add(after)) }
	expired, secret := d.token(t, &spsv1.Token{Role: "officer", Id: "a", ExpireTime: at(day)})
	revoked, _ := d.token(t, &spsv1.Token{Role: "officer", Id: "b"})
	good, goodSecret := d.token(t, &spsv1.Token{Role: "officer", Id: "c"})
	if _, err := d.Token(t.Context(), secret); err != nil { // its use waits to be written when it is taken away
		t.Fatal(err)
	}
	d.clock.Add(day)
	if _, err := d.RevokeToken(t.Context(), revoked.GetName()); err != nil {
		t.Fatal(err)
	}
	listed := func() (names []string) {
		page, err := d.Tokens(t.Context(), "", 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, token := range page.Items {
			names = append(names, token.GetName())
		}
		return names
	}
	d.clock.Add(60 * day)
	if err := d.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := listed(); len(got) != 3 {
		t.Errorf("60 days after the end of two, %d tokens are listed, want 3", len(got))
	}
	d.clock.Add(time.Second)
	if err := d.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{good.GetName()}, listed()); diff != "" {
		t.Errorf("tokens a second later (-want +got):\n%s", diff)
	}
	_, err := d.Token(t.Context(), secret)
	wantRefused(t, "a token that was taken away", err, codes.Unauthenticated, access.ReasonUnauthenticated)
	if _, err := d.Token(t.Context(), goodSecret); err != nil {
		t.Errorf("the good token: %v, want nil", err)
	}
	records := d.records(t, access.AuditQuery{MethodPrefix: "retention/"})
	if len(records) != 1 || records[0].GetMethod() != "retention/tokens" || len(records[0].GetResources()) != 2 {
		t.Fatalf("audit log = %v, want one record that names two tokens", records)
	}
	for _, name := range records[0].GetResources() {
		if name != expired.GetName() && name != revoked.GetName() {
			t.Errorf("audit log names %s, want the expired and the revoked one", name)
		}
	}
	if got := d.log.String(); got != "" {
		t.Errorf("log = %q, want nothing", got)
	}
}

// A clock that is years ahead takes a week's worth at a time, not everything.
func TestAClockAheadDoesNotEraseTheLog(t *testing.T) {
	d := openDesk(t, func(o *access.RegisterOptions) { o.AuditKeep, o.TokenKeep = 100*day, 60*day })
	for i := range 30 {
		d.token(t, &spsv1.Token{Role: "officer", Id: fmt.Sprint("p", i), ExpireTime: timestamppb.New(d.clock.Now().Add(12 * time.Hour))})
		d.clock.Add(day)
	}
	for i := range 30 {
		d.audit(t, access.Caller{}, fmt.Sprint("daily/", i))
		d.clock.Add(day)
	}
	daily := func() int { return len(d.records(t, access.AuditQuery{MethodPrefix: "daily/"})) }
	d.clock.Add(3 * 365 * day)
	if err := d.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := daily(); got < 23 {
		t.Errorf("%d of 30 daily records are left, want all but a week's worth", got)
	}
	page, err := d.Tokens(t.Context(), "", 100)
	if err != nil || len(page.Items) != 23 {
		t.Errorf("%d tokens are left, %v, want 23 of 30", len(page.Items), err)
	}
}
