package demo

import (
	"slices"
	"sync"
	"time"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Delivery is what became of one statement.
type Delivery struct {
	Office   certs.Office // who issued it
	Issued   *spsv1.IssuedStatement
	Expected []certs.Office // who is to receive it, sorted
	// Arrived says after how long the node of each office showed it, and
	// Receipted after how long the issuer showed that office's receipt. Both count
	// from the moment at which the issuing call began.
	Arrived, Receipted map[certs.Office]time.Duration

	began time.Time
}

// complete reports whether everybody has it and the issuer knows.
func (d *Delivery) complete() bool {
	return len(d.Arrived) == len(d.Expected) && len(d.Receipted) == len(d.Expected)
}

// tracker puts together what the nodes show, in whatever order it is seen: a
// statement may arrive at its addressee before the issuing call has returned.
type tracker struct {
	offices []certs.Office
	show    func(*Delivery) // called under the lock

	mu       sync.Mutex
	all      []*Delivery
	open     map[string]*Delivery // by resource name
	early    map[arrival]time.Time
	receipts map[link][]receipt
	moved    chan struct{} // size one; carries no data
}

type arrival struct {
	at   certs.Office
	name string
}

// link is one addressee's receipts over one log.
type link struct {
	origin string
	from   certs.Office
}

type receipt struct {
	size    uint64
	missing []uint64
	seen    time.Time
}

func (r receipt) covers(sequence uint64) bool {
	return sequence < r.size && !slices.Contains(r.missing, sequence)
}

func newTracker(offices []certs.Office, show func(*Delivery)) *tracker {
	return &tracker{
		offices: offices, show: show, open: map[string]*Delivery{}, early: map[arrival]time.Time{},
		receipts: map[link][]receipt{}, moved: make(chan struct{}, 1),
	}
}

// issued begins to follow a statement.
func (t *tracker) issued(office certs.Office, s *spsv1.IssuedStatement, began time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	d := &Delivery{
		Office: office, Issued: s, Expected: t.expected(office, s.GetAudience()), began: began,
		Arrived: map[certs.Office]time.Duration{}, Receipted: map[certs.Office]time.Duration{},
	}
	t.all = append(t.all, d)
	t.open[s.GetName()] = d
	for _, at := range d.Expected {
		if seen, ok := t.early[arrival{at, s.GetName()}]; ok {
			delete(t.early, arrival{at, s.GetName()})
			d.Arrived[at] = seen.Sub(began)
		}
		for _, r := range t.receipts[link{s.GetEntry().GetOrigin(), at}] {
			if r.covers(s.GetEntry().GetSequence()) {
				d.Receipted[at] = r.seen.Sub(began)
				break
			}
		}
	}
	t.settle(d)
}

// expected returns who is to receive what has this audience.
func (t *tracker) expected(issuer certs.Office, audience *spsv1.Audience) []certs.Office {
	var all []certs.Office
	for _, office := range t.offices {
		if office != issuer && (audience.GetNetwork() || slices.Contains(audience.GetOffices(), string(office))) {
			all = append(all, office)
		}
	}
	slices.Sort(all)
	return all
}

// arrived notes that a node showed a statement of another office.
func (t *tracker) arrived(at certs.Office, s *spsv1.IssuedStatement, seen time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	d, known := t.open[s.GetName()]
	if !known {
		t.early[arrival{at, s.GetName()}] = seen
		return
	}
	if _, twice := d.Arrived[at]; !twice && slices.Contains(d.Expected, at) {
		d.Arrived[at] = seen.Sub(d.began)
		t.settle(d)
	}
}

// receipted notes that an issuer showed a receipt over its log.
func (t *tracker) receipted(r *spsv1.RecordedReceipt, seen time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	from := certs.Office(r.GetOffice())
	now := receipt{size: r.GetSize(), missing: r.GetMissing(), seen: seen}
	over := link{r.GetOrigin(), from}
	t.receipts[over] = append(t.receipts[over], now)
	for _, d := range t.open {
		if d.Issued.GetEntry().GetOrigin() != r.GetOrigin() || !now.covers(d.Issued.GetEntry().GetSequence()) {
			continue
		}
		if _, before := d.Receipted[from]; !before && slices.Contains(d.Expected, from) {
			d.Receipted[from] = seen.Sub(d.began)
			t.settle(d)
		}
	}
}

// settle shows a delivery that is complete, and wakes who waits.
func (t *tracker) settle(d *Delivery) {
	select {
	case t.moved <- struct{}{}:
	default: // it will look anyway
	}
	if d.complete() {
		delete(t.open, d.Issued.GetName())
		t.show(d)
	}
}

// waiting returns how many statements are not complete.
func (t *tracker) waiting() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.open)
}
