package access

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
)

func TestParseRate(t *testing.T) {
	for _, tc := range []struct {
		text string
		want Rate
		ok   bool
	}{
		{"100/s", Rate{100, time.Second}, true},
		{"30/m", Rate{30, time.Minute}, true},
		{"5/h", Rate{5, time.Hour}, true},
		{"off", Rate{}, true},
		{"1000000/s", Rate{1000000, time.Second}, true},
		{"", Rate{}, false},
		{"0/s", Rate{}, false},
		{"-1/s", Rate{}, false},
		{"1000001/s", Rate{}, false},
		{"10", Rate{}, false},
		{"10/d", Rate{}, false},
		{"1.5/s", Rate{}, false},
		{"10/s ", Rate{}, false},
	} {
		got, err := ParseRate(tc.text)
		if got != tc.want || (err == nil) != tc.ok {
			t.Errorf("ParseRate(%q) = %v, %v, want %v, ok = %t", tc.text, got, err, tc.want, tc.ok)
		}
		if tc.ok && got.String() != tc.text {
			t.Errorf("ParseRate(%q).String() = %q", tc.text, got)
		}
	}
}

func FuzzParseRate(f *testing.F) {
	for _, s := range []string{"100/s", "off", "1/h", "+1/s", "01/m", "/", "1/s/s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseRate(s)
		if err != nil {
			return
		}
		if again, err := ParseRate(r.String()); err != nil || again != r {
			t.Errorf("ParseRate(%q) = %v, whose text gives %v, %v", s, r, again, err)
		}
	})
}

func FuzzParseScope(f *testing.F) {
	for _, s := range []string{"border_rejection,alert,follow_up", "alert", "ALERT", " alert ", ",", "unspecified", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		scope, err := ParseScope(s)
		if err != nil {
			return
		}
		if again, err := ParseScope(s); err != nil || len(scope.Classifications)+len(scope.Kinds) == 0 ||
			!slices.Equal(again.Classifications, scope.Classifications) || !slices.Equal(again.Kinds, scope.Kinds) {
			t.Errorf("ParseScope(%q) = %v, and again %v, %v", s, scope, again, err)
		}
	})
}

// refusalOf returns the refusal that an error is.
func refusalOf(t *testing.T, err error) *Refusal {
	t.Helper()
	var r *Refusal
	if !errors.As(err, &r) {
		t.Fatalf("error %v is no refusal", err)
	}
	return r
}

func TestLimiterRates(t *testing.T) {
	now := time.Unix(1e9, 0)
	l := newLimiter(Limits{Read: Rate{3, time.Second}, Write: Rate{2, time.Minute}, Issue: Rate{1, time.Hour}})
	for _, tc := range []struct {
		class Class
		limit Rate
		key   string
	}{
		{ClassRead, l.limits.Read, "rates.read"},
		{ClassWrite, l.limits.Write, "rates.write"},
		{ClassIssue, l.limits.Issue, "rates.issue"},
	} {
		for i := range tc.limit.Count {
			if err := l.take("a", tc.class, now); err != nil {
				t.Errorf("%s call %d: %v, want nil", tc.class, i, err)
			}
		}
		r := refusalOf(t, l.take("a", tc.class, now))
		each := tc.limit.Per / time.Duration(tc.limit.Count)
		if r.Code != codes.ResourceExhausted || r.Reason != ReasonRate || r.Metadata["limit"] != tc.key ||
			r.RetryAfter < each-time.Second || r.RetryAfter > each+time.Second {
			t.Errorf("%s call too many: %+v, want RATE of %s with a wait of %s", tc.class, r, tc.key, each)
		}
		if err := l.take("a", tc.class, now.Add(r.RetryAfter+time.Millisecond)); err != nil {
			t.Errorf("%s call after the wait: %v, want nil", tc.class, err)
		}
		if err := l.take("b", tc.class, now); err != nil {
			t.Errorf("%s call of another caller: %v, want nil", tc.class, err)
		}
	}
	for range 100 {
		if err := l.take("a", ClassSession, now); err != nil {
			t.Fatalf("session: %v, want no limit", err)
		}
	}
}

func TestLimiterWatches(t *testing.T) {
	now := time.Unix(1e9, 0)
	l := newLimiter(Limits{Watches: 2})
	first, err := l.open("a", now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.open("a", now); err != nil {
		t.Fatal(err)
	}
	_, err = l.open("a", now)
	if r := refusalOf(t, err); r.Reason != ReasonRate || r.Metadata["limit"] != "rates.watches" || r.RetryAfter <= 0 {
		t.Errorf("third watch: %+v, want RATE of rates.watches with a wait", r)
	}
	if _, err := l.open("b", now); err != nil {
		t.Errorf("watch of another caller: %v, want nil", err)
	}
	first()
	if _, err := l.open("a", now); err != nil {
		t.Errorf("watch after one was closed: %v, want nil", err)
	}
}

func TestLimiterFailures(t *testing.T) {
	now := time.Unix(1e9, 0)
	l := newLimiter(Limits{Failures: Rate{2, time.Minute}})
	for range 10 { // what succeeds does not count
		undo, err := l.try("192.0.2.1", now)
		if err != nil {
			t.Fatalf("a try that succeeds: %v, want nil", err)
		}
		undo()
	}
	for range 2 {
		if _, err := l.try("192.0.2.1", now); err != nil {
			t.Fatalf("a try within the limit: %v, want nil", err)
		}
	}
	_, err := l.try("192.0.2.1", now)
	if r := refusalOf(t, err); r.Metadata["limit"] != "rates.failures" {
		t.Errorf("a try too many: %+v, want RATE of rates.failures", r)
	}
	if _, err := l.try("192.0.2.2", now); err != nil {
		t.Errorf("a try from another address: %v, want nil", err)
	}
}

func TestLimiterIsBounded(t *testing.T) {
	now := time.Unix(1e9, 0)
	l := newLimiter(DefaultLimits())
	for i := range 2 * maxQuotas {
		if err := l.take(fmt.Sprint("flood", i), ClassRead, now); err != nil && len(l.callers) < maxQuotas {
			t.Fatal(err)
		}
	}
	if len(l.callers) > maxQuotas+1 {
		t.Errorf("%d callers are remembered, want at most %d", len(l.callers), maxQuotas+1)
	}
	if err := l.take("late", ClassRead, now.Add(2*quotaIdle)); err != nil || len(l.callers) > 10 {
		t.Errorf("after all were idle: %v with %d callers, want nil with few", err, len(l.callers))
	}
}

func TestBackoff(t *testing.T) {
	now := time.Unix(1e9, 0)
	b := newBackoff()
	for i := range freeFailures {
		if err := b.begin("lan", now); err != nil {
			t.Fatalf("failure %d: %v, want nil", i+1, err)
		}
	}
	var waits []time.Duration
	for range 9 {
		r := refusalOf(t, b.begin("lan", now))
		waits = append(waits, r.RetryAfter)
		now = now.Add(r.RetryAfter)
		if err := b.begin("lan", now); err != nil {
			t.Fatalf("after the wait: %v, want nil", err)
		}
	}
	want := "[1m0s 2m0s 4m0s 8m0s 16m0s 32m0s 1h0m0s 1h0m0s 1h0m0s]"
	if got := fmt.Sprint(waits); got != want {
		t.Errorf("waits = %s, want %s", got, want)
	}
	if err := b.begin("minh", now); err != nil {
		t.Errorf("another name: %v, want nil", err)
	}
	b.forget("lan")
	if err := b.begin("lan", now); err != nil {
		t.Errorf("after a success: %v, want nil", err)
	}
}

func TestBackoffIsBoundedAndKeepsThoseWhoWait(t *testing.T) {
	now := time.Unix(1e9, 0)
	b := newBackoff()
	for range freeFailures {
		_ = b.begin("lan", now)
	}
	for i := range maxBackoffs + 10 {
		_ = b.begin(fmt.Sprint("flood", i), now.Add(time.Second))
	}
	if len(b.names) > maxBackoffs {
		t.Errorf("%d names are remembered, want at most %d", len(b.names), maxBackoffs)
	}
	if err := b.begin("lan", now.Add(2*time.Second)); err == nil {
		t.Error("the account that waits was forgotten for those that do not")
	}
}
