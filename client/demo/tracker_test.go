package demo

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func statement(sequence uint64, audience *spsv1.Audience) *spsv1.IssuedStatement {
	return &spsv1.IssuedStatement{
		Name:     fmt.Sprintf("offices/VN/statements/1-%d", sequence),
		Audience: audience,
		Entry:    &spsv1.EntryRef{Origin: "demo/VN/1", Sequence: sequence},
	}
}

func received(from certs.Office, size uint64, missing ...uint64) *spsv1.RecordedReceipt {
	return &spsv1.RecordedReceipt{Office: string(from), Origin: "demo/VN/1", Size: size, Missing: missing}
}

// TestTrackerInAnyOrder gives the tracker the same events in many orders: what
// a node shows may be seen before the issuing call returns.
func TestTrackerInAnyOrder(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	to := statement(1, &spsv1.Audience{Offices: []string{"CN", "VN"}})
	all := statement(2, &spsv1.Audience{Network: true})
	events := []func(*tracker){
		func(tr *tracker) { tr.issued("VN", to, start) },
		func(tr *tracker) { tr.issued("VN", all, start) },
		func(tr *tracker) { tr.arrived("CN", to, at(3)) },
		func(tr *tracker) { tr.arrived("CN", all, at(4)) },
		func(tr *tracker) { tr.arrived("TH", all, at(5)) },
		func(tr *tracker) { tr.receipted(received("CN", 3), at(7)) },
		func(tr *tracker) { tr.receipted(received("TH", 3), at(9)) },
	}
	for seed := range uint64(200) {
		var shown []string
		tr := newTracker([]certs.Office{"CN", "TH", "VN"}, func(d *Delivery) { shown = append(shown, d.Issued.GetName()) })
		random := rand.New(rand.NewPCG(seed, 0))
		for i, n := range random.Perm(len(events)) {
			if waiting := tr.waiting(); i == 0 && waiting != 0 {
				t.Fatalf("%d waiting before anything was issued, want 0", waiting)
			}
			events[n](tr)
		}
		if got := tr.waiting(); got != 0 {
			t.Fatalf("seed %d: %d waiting, want 0", seed, got)
		}
		if len(shown) != 2 {
			t.Fatalf("seed %d: shown %q, want each of two once", seed, shown)
		}
		for _, d := range tr.all {
			want := map[certs.Office]time.Duration{"CN": 7 * time.Millisecond}
			if d.Issued == all {
				want["TH"] = 9 * time.Millisecond
			}
			if diff := cmp.Diff(want, d.Receipted); diff != "" {
				t.Fatalf("seed %d: receipts of %s (-want +got):\n%s", seed, d.Issued.GetName(), diff)
			}
		}
	}
}

func TestTrackerWaitsForABodyThatIsMissing(t *testing.T) {
	tr := newTracker([]certs.Office{"CN", "VN"}, func(*Delivery) {})
	now := time.Now()
	s := statement(1, &spsv1.Audience{Network: true})
	tr.issued("VN", s, now)
	tr.arrived("CN", s, now)
	for _, step := range []struct {
		name    string
		receipt *spsv1.RecordedReceipt
		waiting int
	}{
		{"too small", received("CN", 1), 1},
		{"of another office", received("TH", 9), 1},
		{"with the body missing", received("CN", 2, 1), 1},
		{"with all of it", received("CN", 2), 0},
	} {
		tr.receipted(step.receipt, now)
		if got := tr.waiting(); got != step.waiting {
			t.Errorf("%s: %d waiting, want %d", step.name, got, step.waiting)
		}
	}
}

func TestPercentile(t *testing.T) {
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(100-i)*time.Millisecond)
	}
	for _, test := range []struct {
		name string
		all  []time.Duration
		p    int
		want float64
	}{
		{"none", nil, 50, 0},
		{"one", []time.Duration{1500 * time.Microsecond}, 99, 1.5},
		{"median", hundred, 50, 50},
		{"the slowest but one", hundred, 99, 99},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := percentile(test.all, test.p); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
