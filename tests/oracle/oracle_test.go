package oracle_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/bolt"
	"github.com/spsalert/spsalert/tests/oracle"
)

// TestOracleSees shows the oracle, for each promise, a federation that broke it:
// a judge who never convicts judges nothing.
func TestOracleSees(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN", "TH")
	vn := ledgertest.Start(t, fed.Office("VN"), nil)
	cn := ledgertest.Start(t, fed.Office("CN"), nil)
	th := ledgertest.Start(t, fed.Office("TH"), nil)
	var entries []ledger.Entry
	for i := range 4 {
		entries = append(entries, vn.Issue(t, fmt.Sprint(i), fmt.Sprintf("statement %d", i), "CN"))
	}
	for _, n := range []*ledgertest.Node{cn, th} {
		n.Follow(t, vn, vn.Origin(), ledger.MaxPage)
	}
	note, err := cn.Receipt(t.Context(), vn.Origin())
	if err != nil {
		t.Fatal(err)
	}
	if err := vn.AddReceipt(t.Context(), "CN", note); err != nil {
		t.Fatal(err)
	}
	all := map[certs.Office]*ledger.Ledger{"VN": vn.Ledger, "CN": cn.Ledger, "TH": th.Ledger}
	behind := ledgertest.Start(t, fed.Office("CN"), nil).Ledger // CN, from yesterday's backup
	other := ledgertest.Start(t, fed.Office("VN"), nil)         // VN, begun anew
	for i := range 4 {
		other.Issue(t, fmt.Sprint(i), fmt.Sprintf("other statement %d", i), "CN")
	}
	twice := ledgertest.Start(t, fed.Office("VN"), nil)
	twice.Issue(t, "0", "the same", "CN")
	twice.Issue(t, "1", "the same", "CN")

	for _, test := range []struct {
		name    string
		ledgers map[certs.Office]*ledger.Ledger
		saw     func(*oracle.Oracle) error
		want    string // "" if all is well
	}{
		{"all is well", all, nil, ""},
		{"lost at an addressee", map[certs.Office]*ledger.Ledger{"VN": vn.Ledger, "CN": behind}, nil, "P1: entry 1 of asean-cn/VN/1 was acknowledged and CN does not hold it"},
		{"lost everywhere", map[certs.Office]*ledger.Ledger{"CN": behind}, nil, "P1: entry 1 of asean-cn/VN/1 was acknowledged and nobody holds it"},
		{"receipted and not held", map[certs.Office]*ledger.Ledger{"VN": vn.Ledger, "CN": behind}, nil, "P1: CN has receipted 5 entries of asean-cn/VN/1 and holds 0"},
		{"entered twice", map[certs.Office]*ledger.Ledger{"VN": twice.Ledger}, nil, "P1: at VN entries 1 and 2 of asean-cn/VN/1 are the same statement"},
		{"another log under the name", map[certs.Office]*ledger.Ledger{"VN": other.Ledger, "CN": cn.Ledger}, nil, "P2: "},
		{"another log of who is hostile", map[certs.Office]*ledger.Ledger{"VN": other.Ledger, "CN": cn.Ledger}, func(o *oracle.Oracle) error {
			o.Hostile = []certs.Office{"VN"}
			return nil
		}, ""},
		{"another than was acknowledged", map[certs.Office]*ledger.Ledger{"VN": other.Ledger}, nil, "P1: VN holds another entry 1"},
		{"a request with two effects", map[certs.Office]*ledger.Ledger{"VN": other.Ledger}, func(o *oracle.Oracle) error {
			o.Whole = true
			other.Issue(t, "again", "entered again", "CN")
			return nil
		}, "P1: entry 5 of asean-cn/VN/1 is a statement that nobody was told of"},
		{"a second tree was signed", all, func(o *oracle.Oracle) error {
			c := seal.Checkpoint{Origin: vn.Origin(), Size: 3, Root: tlog.Hash(sha256.Sum256([]byte("another")))}
			note, err := seal.SignCheckpoint(c, fed.Office("VN").LogKey)
			if err != nil {
				return err
			}
			return o.Checkpoint(note, "a test")
		}, "P3: in a test a signed tree of asean-cn/VN/1 over 3 entries, with root"},
		{"more was signed than there is", all, func(o *oracle.Oracle) error {
			c := seal.Checkpoint{Origin: vn.Origin(), Size: 9, Root: tlog.Hash(sha256.Sum256([]byte("another")))}
			note, err := seal.SignCheckpoint(c, fed.Office("VN").LogKey)
			if err != nil {
				return err
			}
			return o.Checkpoint(note, "a test")
		}, "P3: in a test a signed tree of asean-cn/VN/1 over 9 entries, of which nobody holds so many"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var o oracle.Oracle
			if test.name != "entered twice" {
				for _, e := range entries {
					o.Entry(e)
				}
			}
			if test.saw != nil {
				if err := test.saw(&o); err != nil {
					t.Fatal(err)
				}
			}
			got, err := o.Judge(t.Context(), test.ledgers)
			if err != nil {
				t.Fatal(err)
			}
			if test.want == "" && len(got) > 0 {
				t.Errorf("broken: %q, want nothing", got)
			}
			if text := strings.Join(got, "\n"); !strings.Contains(text, test.want) {
				t.Errorf("broken: %s\nwant %q among it", text, test.want)
			}
		})
	}
}

// TestOracleSeesUrgent shows it an urgent entry that came ahead of those before
// it: what is missing between is, and nothing once they have come.
func TestOracleSeesUrgent(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	vn := ledgertest.Start(t, fed.Office("VN"), nil)
	cn := ledgertest.Start(t, fed.Office("CN"), nil)
	var o oracle.Oracle
	o.Entry(vn.Issue(t, "0", "not urgent", "CN"))
	draft := ledgertest.Statement("1", "urgent", "CN")
	draft.Urgent = true
	e, err := vn.Append(t.Context(), ledgertest.Prepared(draft))
	if err != nil {
		t.Fatal(err)
	}
	o.Entry(e)
	o.Entry(vn.Issue(t, "2", "not urgent either", "CN"))
	ahead, err := vn.Urgent(t.Context(), vn.Origin(), e.Sequence, "CN", 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := cn.RecordAhead(t.Context(), "VN", ahead); err != nil {
		t.Fatal(err)
	}
	both := map[certs.Office]*ledger.Ledger{"VN": vn.Ledger, "CN": cn.Ledger}
	got, err := o.Judge(t.Context(), both)
	if want := "P1: the ledger of CN has 1 entries of asean-cn/VN/1 beyond entry 0, which it does not have"; err != nil || !slices.Contains(got, want) {
		t.Errorf("ahead of what is missing: %q, %v, want %q among it", got, err, want)
	}
	cn.Follow(t, vn, vn.Origin(), ledger.MaxPage)
	if got, err := o.Judge(t.Context(), both); err != nil || len(got) > 0 {
		t.Errorf("when all has come: %q, %v, want nothing", got, err)
	}
}

// TestOracleSeesDamage shows it a ledger that is not whole.
func TestOracleSeesDamage(t *testing.T) {
	vn := authority.ForTest(t, "VN").Office("VN")
	dir := t.TempDir()
	s, err := bolt.Create(filepath.Join(dir, "ledger.db"), oracle.StoreOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	options := ledgertest.OptionsOf(vn, s, filepath.Join(dir, "anchor"))
	if err := ledger.Init(t.Context(), options); err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	err = s.Update(t.Context(), func(tx store.Tx) error {
		for item, err := range tx.Scan("ledger.envelopes", nil, nil, false) {
			if err != nil {
				return err
			}
			value := bytes.Clone(item.Value)
			value[0] ^= 1
			return tx.Put("ledger.envelopes", item.Key, value)
		}
		return errors.New("no envelope")
	})
	if err != nil {
		t.Fatal(err)
	}
	var o oracle.Oracle
	got, err := o.Judge(t.Context(), map[certs.Office]*ledger.Ledger{"VN": l})
	if err != nil || len(got) != 2 || !strings.HasPrefix(got[0], "P4: the ledger of VN: ") || !strings.HasPrefix(got[1], "P4: reading ") {
		t.Errorf("broken %q, error %v; want P4, by verifying and by reading", got, err)
	}
}
