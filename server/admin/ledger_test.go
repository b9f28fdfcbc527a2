package admin

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
	"github.com/spsalert/spsalert/server/store"
)

// TestWhatTheDiskDidIsShown damages the body of an own entry, which then is lost
// until somebody sends it back.
func TestWhatTheDiskDidIsShown(t *testing.T) {
	vn := ledgertest.Start(t, authority.ForTest(t, "VN", "CN").Office("VN"), nil)
	s := New(Options{Ledger: vn.Ledger})
	show := func(want *spsv1.LedgerStanding) {
		t.Helper()
		got, err := s.damage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Errorf("what the disk did (-want +got):\n%s", diff)
		}
	}
	show(nil)
	e := vn.Issue(t, "r1", "what the inspector saw", "CN")
	err := vn.Bolt.Update(t.Context(), func(tx store.Tx) error {
		for item, err := range tx.Scan("ledger.envelopes", nil, nil, true) {
			if err != nil {
				return err
			}
			return tx.Put("ledger.envelopes", bytes.Clone(item.Key), bytes.ToUpper(item.Value))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := vn.Entry(t.Context(), e.Origin, e.Sequence); !errors.Is(err, ledger.ErrCorrupt) {
		t.Fatalf("Entry = %v, want %v", err, ledger.ErrCorrupt)
	}
	lost := &spsv1.LostEntry{Origin: e.Origin.String(), Sequence: e.Sequence, Reference: e.Leaf.GetReference()}
	show(&spsv1.LedgerStanding{DamageCount: 1, LostCount: 1, Lost: []*spsv1.LostEntry{lost}})
	if err := vn.AddBody(t.Context(), e.Origin, e.Sequence, e.Envelope); err != nil {
		t.Fatal(err)
	}
	show(&spsv1.LedgerStanding{DamageCount: 1})
}
