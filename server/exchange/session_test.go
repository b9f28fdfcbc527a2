package exchange

import (
	"bytes"
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func TestEntriesAndReceiptsCross(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "TH", "VN")
		cn, th, vn := w.nodes["CN"], w.nodes["TH"], w.nodes["VN"]
		open := cn.issue(100)          // before anybody is there
		secret := cn.issue(3000, "VN") // not for TH
		for _, n := range w.nodes {
			n.start()
			defer n.stop()
		}
		time.Sleep(time.Minute)
		last := vn.issue(2000, "CN", "TH") // while all are there
		synctest.Wait()

		for _, n := range w.nodes {
			for _, of := range w.nodes {
				if n != of {
					n.wantHolds(of)
				}
			}
		}
		for _, tc := range []struct {
			at   *node
			of   *node
			seq  uint64
			want []byte
		}{
			{vn, cn, open.Sequence, open.Envelope},
			{vn, cn, secret.Sequence, secret.Envelope},
			{th, cn, open.Sequence, open.Envelope},
			{th, cn, secret.Sequence, nil},
			{th, vn, last.Sequence, last.Envelope},
		} {
			e, err := tc.at.ledger.Entry(context.Background(), tc.of.ledger.Origin(), tc.seq)
			if err != nil {
				t.Errorf("entry %d of %s at %s: %v", tc.seq, tc.of.code, tc.at.code, err)
			} else if !bytes.Equal(e.Envelope, tc.want) {
				t.Errorf("body %d of %s at %s has %d bytes, want the %d that were issued",
					tc.seq, tc.of.code, tc.at.code, len(e.Envelope), len(tc.want))
			}
		}

		got := cn.status("VN")
		if !got.Connected || got.Origin != vn.ledger.Origin() || got.Held != 2 || got.Known != 2 || got.Software != "test" {
			t.Errorf("status of VN at CN = %+v, want connected, 2 of 2 entries held", got)
		}
		if got.Receipt == nil || got.Receipt.Size != 3 {
			t.Errorf("receipt of VN at CN = %+v, want one over 3", got.Receipt)
		}
		if got.Alarm != nil || got.Last != nil && got.Last.Reason != ReasonUnreachable { // which it was at first
			t.Errorf("faults of VN at CN = %+v, %+v, want none", got.Last, got.Alarm)
		}
	})
}

// Both sides dial at the same moment; one session stays, the one that the
// office dialled whose code sorts first.
func TestBothDial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn, vn := w.nodes["CN"], w.nodes["VN"]
		w.down["CN"] = true
		cn.start()
		defer cn.stop()
		vn.start()
		defer vn.stop()
		w.down["CN"] = false
		// Both are waiting to redial; let both do it at once.
		go func() { cn.x.dialOnce(context.Background(), w.fed.Office("VN").Card, new(unreached)) }()
		go func() { vn.x.dialOnce(context.Background(), w.fed.Office("CN").Card, new(unreached)) }()
		time.Sleep(time.Minute)

		if !cn.status("VN").Dialled || !cn.status("VN").Connected {
			t.Errorf("at CN: %+v, want a session that CN dialled", cn.status("VN"))
		}
		if vn.status("CN").Dialled || !vn.status("CN").Connected {
			t.Errorf("at VN: %+v, want a session that CN dialled", vn.status("CN"))
		}
		cn.issue(10)
		synctest.Wait()
		vn.wantHolds(cn)
	})
}

// An office without an address takes part by dialling out.
func TestOfficeThatOnlyDialsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn, vn := w.nodes["CN"], w.nodes["VN"]
		signed, err := vn.office.NextCard(func(c *spsv1.Card) { c.Addresses = nil })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cn.office.Roster.Apply(signed); err != nil {
			t.Fatal(err)
		}
		dialled := map[certs.Office]int{}
		w.paired = func(dialler, _ certs.Office, _ *pair) { dialled[dialler]++ }
		cn.start()
		defer cn.stop()
		time.Sleep(time.Minute)
		if dialled["CN"] != 0 {
			t.Errorf("CN dialled an office without addresses %d times", dialled["CN"])
		}
		vn.start()
		defer vn.stop()
		time.Sleep(time.Minute)
		cn.issue(10, "VN")
		vn.issue(10, "CN")
		synctest.Wait()
		cn.wantHolds(vn)
		vn.wantHolds(cn)
	})
}
