package protocol

import (
	"crypto/sha256"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// world holds everything that the examples show, made by the product's
// packages: a log of Viet Nam of three entries, the notes about it, and the
// session in which China takes it.
type world struct {
	vn, cn, th *office

	card      []byte   // envelope of entry 0
	statement []byte   // envelope of entries 1 and 2
	leaves    [][]byte // of Viet Nam's log
	hashes    []tlog.Hash
	roots     [4]tlog.Hash // by size
	node      tlog.Hash    // above leaves 0 and 1

	checkpoint     []byte // of size 3, Ed25519
	checkpointP256 []byte // the same text
	seal           []byte // of entry 1
	receipt        []byte // of Thailand, with missing and ahead
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{
		vn: newOffice(t, "VN", "node.sps.example.vn:7443", true),
		cn: newOffice(t, "CN", "node.sps.example.cn:7443", false),
		th: newOffice(t, "TH", "node.sps.example.th:7443", false),
	}
	w.card = w.vn.cardEnvelope(t)
	w.statement = encodeStatement(t)
	w.growLog(t)
	w.signNotes(t)
	return w
}

// example is the statement of the examples: small, and valid.
func example() *spsv1.Statement {
	salt := seedOf("salt")
	return &spsv1.Statement{
		Salt: salt[:], Federation: federation, Office: "VN",
		RequestId: "0a3c1d2e-5b6f-4a7b-8c9d-0e1f2a3b4c5d",
		Status:    spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL,
		Handling:  spsv1.Handling_HANDLING_ADDRESSEES_ONLY,
		IssuedBy:  &spsv1.Person{Function: "duty officer"},
		Addressees: []*spsv1.Addressee{{
			Office: "CN", Roles: []spsv1.AddresseeRole{spsv1.AddresseeRole_ADDRESSEE_ROLE_ORIGIN}, CardNumber: 1,
		}},
		Body: &spsv1.Statement_Notification{Notification: &spsv1.Notification{
			Classification: spsv1.Classification_CLASSIFICATION_BORDER_REJECTION,
			Type:           spsv1.NotificationType_NOTIFICATION_TYPE_PLANT,
			Subject:        []*spsv1.LocalizedText{{Lang: "en", Text: "live larvae in mango"}},
			Products:       []*spsv1.Product{{Id: "p1", Name: []*spsv1.LocalizedText{{Lang: "en", Text: "mango"}}}},
		}},
	}
}

func encodeStatement(t testing.TB) []byte {
	t.Helper()
	s := example()
	if err := statement.Check(s).Err(); err != nil {
		t.Fatalf("statement of the examples: %v", err)
	}
	envelope, err := statement.Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	return envelope
}

// growLog makes the three leaves, as ledger.Append would.
func (w *world) growLog(t testing.TB) {
	t.Helper()
	leaf := func(seq uint64, after time.Duration, envelope []byte, more func(*spsv1.Leaf)) {
		sum := sha256.Sum256(envelope)
		l := &spsv1.Leaf{
			Origin: vn.String(), Sequence: seq, Time: timestamppb.New(began.Add(after)),
			EnvelopeSha256: sum[:], EnvelopeSize: uint32(len(envelope)),
		}
		more(l)
		b, err := seal.MarshalLeaf(l)
		if err != nil {
			t.Fatalf("leaf %d: %v", seq, err)
		}
		w.leaves, w.hashes = append(w.leaves, b), append(w.hashes, seal.RecordHash(b))
	}
	leaf(0, 0, w.card, func(l *spsv1.Leaf) {
		l.Type, l.Audience = spsv1.LeafType_LEAF_TYPE_CARD, &spsv1.Audience{Network: true}
	})
	leaf(1, time.Minute, w.statement, func(l *spsv1.Leaf) {
		l.Type, l.Reference = spsv1.LeafType_LEAF_TYPE_STATEMENT, "VN-2026-000001"
		l.Audience = &spsv1.Audience{Offices: []string{"CN", "VN"}}
	})
	leaf(2, 2*time.Minute+500*time.Millisecond, w.statement, func(l *spsv1.Leaf) {
		l.Type, l.Reference, l.Urgent = spsv1.LeafType_LEAF_TYPE_READDRESS, "VN-2026-000001", true
		l.Audience = &spsv1.Audience{Offices: []string{"TH", "VN"}}
		l.Subject = &spsv1.EntryRef{Origin: vn.String(), Sequence: 1, RecordHash: w.hashes[1][:]}
	})
	w.node = tlog.NodeHash(w.hashes[0], w.hashes[1])
	w.roots[0] = sha256.Sum256(nil)
	w.roots[1] = w.hashes[0]
	w.roots[2] = w.node
	w.roots[3] = tlog.NodeHash(w.node, w.hashes[2])
}

func (w *world) signNotes(t testing.TB) {
	t.Helper()
	c := seal.Checkpoint{Origin: vn, Size: 3, Root: w.roots[3]}
	var err error
	if w.checkpoint, err = seal.SignCheckpoint(c, w.vn.log); err != nil {
		t.Fatal(err)
	}
	if w.checkpointP256, err = seal.SignCheckpoint(c, *w.vn.p256); err != nil {
		t.Fatal(err)
	}
	s := seal.New(w.leaves[1], []tlog.Hash{w.hashes[0], w.hashes[2]}, w.checkpoint)
	if w.seal, err = seal.Marshal(s); err != nil {
		t.Fatal(err)
	}
	w.receipt, err = seal.SignReceipt(seal.Receipt{
		Origin: vn, Size: 2, Root: w.roots[2], Time: began.Add(3 * time.Minute).Unix(),
		Missing: []uint64{0}, Ahead: []seal.Ahead{{Sequence: 2, RecordHash: w.hashes[2]}},
	}, "TH", w.th.receipt)
	if err != nil {
		t.Fatal(err)
	}
}
