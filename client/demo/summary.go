package demo

import (
	"slices"
	"time"

	"github.com/spsalert/spsalert/certs"
)

// Summary is what a run came to. Issued statements are those issued to named
// offices (Addressed) and those issued to everyone (Network). Expected,
// Delivered and Receipted count pairs of a statement and an office other than
// its issuer that is to receive it.
type Summary struct {
	Offices   []certs.Office `json:"offices"`
	Rows      int            `json:"rows"`    // in the input; some say nothing new and are neither issued nor skipped
	Skipped   int            `json:"skipped"` // of them, those that no statement could be made of
	Issued    int            `json:"issued"`
	Addressed int            `json:"addressed"`
	Network   int            `json:"network"`
	Expected  int            `json:"expected"`
	Delivered int            `json:"delivered"` // held by the office's node, byte for byte as issued
	Receipted int            `json:"receipted"` // the issuer holds the office's receipt over it
	Complete  bool           `json:"complete"`  // delivered and receipted to all that were expected, to nobody else

	// Times are from the beginning of the issuing call, in milliseconds.
	ReceiptP50 float64 `json:"p50_ms"` // until the issuer's node showed the receipt
	ReceiptP99 float64 `json:"p99_ms"`
	ArrivalP50 float64 `json:"arrival_p50_ms"` // until the addressee's node showed the statement
	ArrivalP99 float64 `json:"arrival_p99_ms"`

	Seconds float64 `json:"seconds"` // from the first issuing call to the last receipt
	// Faults say, in words, what is not as it must be; the first few.
	Faults []string `json:"faults,omitempty"`
}

// add counts a delivery.
func (s *Summary) add(d *Delivery) {
	s.Issued++
	if d.Issued.GetAudience().GetNetwork() {
		s.Network++
	} else {
		s.Addressed++
	}
	s.Expected += len(d.Expected)
	s.Receipted += len(d.Receipted)
}

// times fills in the percentiles.
func (s *Summary) times(all []*Delivery) {
	var arrivals, receipts []time.Duration
	for _, d := range all {
		for _, t := range d.Arrived {
			arrivals = append(arrivals, t)
		}
		for _, t := range d.Receipted {
			receipts = append(receipts, t)
		}
	}
	s.ReceiptP50, s.ReceiptP99 = percentile(receipts, 50), percentile(receipts, 99)
	s.ArrivalP50, s.ArrivalP99 = percentile(arrivals, 50), percentile(arrivals, 99)
}

// percentile returns the value that p percent of all do not exceed (nearest
// rank), in milliseconds with one decimal; 0 of none.
func percentile(all []time.Duration, p int) float64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	rank := (len(all)*p + 99) / 100
	return float64(all[max(rank, 1)-1].Round(100*time.Microsecond)) / float64(time.Millisecond)
}

// fault notes what is not as it must be.
func (s *Summary) fault(text string) {
	const most = 20
	if len(s.Faults) < most {
		s.Faults = append(s.Faults, text)
	}
}
