package authority

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spsalert/spsalert/certs"
)

// Federation is some offices that have accepted each other's cards.
type Federation struct {
	offices map[certs.Office]*Office
	order   []certs.Office
}

// NewFederation mints the offices and lets each accept the cards of all
// others. Federation and Now of the members are taken from the arguments.
func NewFederation(name string, now func() time.Time, members ...Options) (*Federation, error) {
	f := &Federation{offices: make(map[certs.Office]*Office)}
	for _, m := range members {
		m.Federation, m.Now = name, now
		o, err := NewOffice(m)
		if err != nil {
			return nil, fmt.Errorf("mint office %s: %w", m.Office, err)
		}
		f.offices[m.Office] = o
		f.order = append(f.order, m.Office)
	}
	for _, o := range f.offices {
		for _, peer := range f.offices {
			if o == peer {
				continue
			}
			if err := o.Roster.Accept(peer.Card); err != nil {
				return nil, fmt.Errorf("mint office %s: %w", o.Code(), err)
			}
		}
	}
	return f, nil
}

// Office returns an office by its code; nil if it is no member.
func (f *Federation) Office(code certs.Office) *Office { return f.offices[code] }

// Offices returns all offices in the order in which they were named. The slice
// is the caller's.
func (f *Federation) Offices() []*Office {
	var all []*Office
	for _, code := range f.order {
		all = append(all, f.offices[code])
	}
	return all
}

// Save writes each office as a folder of its own, named by its code.
func (f *Federation) Save(dir string) error {
	for _, o := range f.Offices() {
		if err := o.Save(filepath.Join(dir, string(o.Code()))); err != nil {
			return fmt.Errorf("save office %s: %w", o.Code(), err)
		}
	}
	return nil
}

// TB is the part of testing.TB that ForTest needs.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
}

// ForTest mints the federation "asean-cn" of the given offices in memory, with
// time.Now as its clock: inside a synctest bubble that is the bubble's. The
// card of VN has the address vn.test:7443, and so on. A failure ends the test.
//
//	fed := authority.ForTest(t, "VN", "CN")
//	vn, cn := fed.Office("VN"), fed.Office("CN")
//	server := tls.Server(a, vn.TLS().Peers())
//	client := tls.Client(b, cn.TLS().Dial("VN"))
func ForTest(tb TB, offices ...certs.Office) *Federation {
	tb.Helper()
	var members []Options
	for _, code := range offices {
		members = append(members, Options{
			Office:    code,
			Addresses: []string{strings.ToLower(string(code)) + ".test:7443"},
		})
	}
	f, err := NewFederation("asean-cn", time.Now, members...)
	if err != nil {
		tb.Fatalf("mint a federation: %v", err)
	}
	return f
}
