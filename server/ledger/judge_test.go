package ledger_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
)

// What is under the office's signature and breaks a rule is the issuer's fault:
// it is kept, marked, passed, receipted, and has no effect.
func TestFaultyEntriesAreKeptAndMarked(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN", "TH")
	cn, th := ledgertest.Start(t, fed.Office("CN"), nil), ledgertest.Start(t, fed.Office("TH"), nil)
	f := &forger{office: fed.Office("VN")}
	f.addCard(t)
	want := []string{""}
	fault := func(what, body string, change func(*spsv1.Leaf)) {
		f.add(t, body, change)
		want = append(want, what)
	}
	fault("", "good", nil)
	fault("audience", "no audience", func(l *spsv1.Leaf) { l.Audience = nil })
	fault("another log", "wrong origin", func(l *spsv1.Leaf) { l.Origin = "asean-cn/VN/2" })
	fault("another sequence", "wrong sequence", func(l *spsv1.Leaf) { l.Sequence = 77 })
	fault("time", "earlier", func(l *spsv1.Leaf) { l.Time.Seconds -= 100 })
	fault("", "good again", nil)
	subject := func(seq uint64) *spsv1.EntryRef {
		hash := seal.RecordHash(f.leaves[seq])
		return &spsv1.EntryRef{Origin: f.office.Origin().String(), Sequence: seq, RecordHash: hash[:]}
	}
	fault("digest", "other body", func(l *spsv1.Leaf) { l.Type, l.Subject = spsv1.LeafType_LEAF_TYPE_READDRESS, subject(1) })
	fault("record hash", "good", func(l *spsv1.Leaf) {
		l.Type, l.Subject = spsv1.LeafType_LEAF_TYPE_READDRESS, subject(1)
		l.Subject.RecordHash[0] ^= 1
	})
	fault("not a statement", "x", func(l *spsv1.Leaf) { l.Type, l.Subject = spsv1.LeafType_LEAF_TYPE_READDRESS, subject(0) })
	p := f.all(t)
	p.Bodies = slices.Delete(p.Bodies, 2, 3) // an unparsable leaf has no audience

	if size, err := cn.Record(t.Context(), "VN", p); err != nil || size != uint64(len(want)) {
		t.Fatalf("Record = %d, %v; want %d", size, err, len(want))
	}
	th.Follow(t, cn, f.office.Origin(), 500)
	for _, peer := range []*ledgertest.Node{cn, th} {
		for seq, e := range held(t, peer, f.office.Origin()) {
			if (want[seq] == "") != (e.Fault == "") || !bytes.Contains([]byte(e.Fault), []byte(want[seq])) {
				t.Errorf("%s: entry %d has fault %q, want one about %q", peer.Office.Code(), seq, e.Fault, want[seq])
			}
			if (e.Envelope == nil) != (e.Leaf == nil) {
				t.Errorf("%s: entry %d has body %q and leaf %v", peer.Office.Code(), seq, e.Envelope, e.Leaf)
			}
		}
		if r := receiptOf(t, peer, f.office.Origin()); r.Size != uint64(len(want)) || len(r.Missing) != 0 {
			t.Errorf("%s: receipt of size %d, missing %v; want %d, none", peer.Office.Code(), r.Size, r.Missing, len(want))
		}
	}
	body := ledger.Body{Sequence: 2, Envelope: []byte("no audience")}
	p.Bodies = slices.Insert(p.Bodies, 2, body)
	la := ledgertest.Start(t, fed.Office("TH"), nil)
	if _, err := la.Record(t.Context(), "VN", p); !errors.Is(err, ledger.ErrNotAudience) {
		t.Errorf("a body for an unparsable leaf: %v, want %v", err, ledger.ErrNotAudience)
	}
}

func TestALogThatDoesNotBeginWithItsCardIsMarked(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN", "TH")
	asCard := func(l *spsv1.Leaf) { l.Type, l.Reference = spsv1.LeafType_LEAF_TYPE_CARD, "" }
	othersCard, err := ledger.CardDraft(fed.Office("TH").Card)
	if err != nil {
		t.Fatal(err)
	}
	wrongType, err := proto.Marshal(&spsv1.Envelope{PayloadType: "text/plain", Payload: fed.Office("VN").Card.Bytes()})
	if err != nil {
		t.Fatal(err)
	}
	noCard, err := proto.Marshal(&spsv1.Envelope{PayloadType: ledger.CardPayload, Payload: []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		body   string
		change func(*spsv1.Leaf)
	}{
		"a statement":            {"statement", nil},
		"no envelope":            {"\xff", asCard},
		"another payload type":   {string(wrongType), asCard},
		"no card in the payload": {string(noCard), asCard},
		"the card of another":    {string(othersCard.Envelope), asCard},
	} {
		t.Run(name, func(t *testing.T) {
			cn := ledgertest.Start(t, fed.Office("CN"), nil)
			f := &forger{office: fed.Office("VN")}
			f.add(t, tc.body, tc.change)
			if _, err := cn.Record(t.Context(), "VN", f.all(t)); err != nil {
				t.Fatal(err)
			}
			if e := held(t, cn, f.office.Origin())[0]; e.Fault == "" {
				t.Errorf("entry 0 is not marked: %v", e.Leaf)
			}
		})
	}
}
