package protocol

import (
	"crypto/sha256"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// met is when the session of the examples runs, by the clocks of both.
var met = began.Add(10 * time.Minute)

// software is what both sides say that they run.
const software = "example"

// step is one frame of the session of the examples.
type step struct {
	from  certs.Office
	what  string
	frame *spsv1.Frame
}

// session returns the frames of the session in which China, which dialled,
// takes Viet Nam's log. Viet Nam holds China's log of one entry already. Credit
// is shown once on each side, for everything before it.
func (w *world) session(t testing.TB) []step {
	t.Helper()
	own := w.firstCheckpoint(t, w.cn)
	entries := &spsv1.Entries{
		Origin: vn.String(), Start: 0, Leaves: w.leaves, TargetSize: 3,
		Bodies: []*spsv1.EntryBody{{Sequence: 0, Envelope: w.card}, {Sequence: 1, Envelope: w.statement}},
	}
	steps := []step{
		{"CN", "Hello", helloFrame(cn)},
		{"VN", "Hello", helloFrame(vn)},
		{"CN", "Want asean-cn/VN/1 from 0", wantFrame(vn, 0)},
		{"VN", "Want asean-cn/CN/1 from 1", wantFrame(cn, 1)},
		{"VN", "Receipt asean-cn/CN/1, size 1", receiptFrame("VN", w.firstReceipt(t))},
		{"CN", "Head asean-cn/CN/1, size 1", headFrame(own)},
		{"VN", "Head asean-cn/CN/1, size 1", headFrame(own)},
		{"VN", "Head asean-cn/VN/1, size 3", headFrame(w.checkpoint)},
		{"VN", "Entries asean-cn/VN/1, 0 to 2, bodies 0 and 1", &spsv1.Frame{Kind: &spsv1.Frame_Entries{Entries: entries}}},
	}
	taken := map[certs.Office]uint64{}
	for _, s := range steps {
		taken[s.from] += uint64(proto.Size(s.frame))
	}
	steps = append(
		steps,
		step{"CN", "Credit", creditFrame(taken["VN"])},
		step{"CN", "Receipt asean-cn/VN/1, size 3", receiptFrame("CN", w.lastReceipt(t))},
	)
	taken["CN"] += uint64(proto.Size(steps[len(steps)-1].frame))
	return append(
		steps,
		step{"VN", "Credit", creditFrame(taken["CN"])},
		step{"CN", "Bye DRAINING", &spsv1.Frame{Kind: &spsv1.Frame_Bye{Bye: &spsv1.Bye{
			Code: spsv1.ByeReason_BYE_REASON_DRAINING, Reason: "DRAINING", Message: "the node is stopping: dial again later",
		}}}},
	)
}

// firstCheckpoint returns the checkpoint of an office whose log holds nothing
// but its card.
func (w *world) firstCheckpoint(t testing.TB, o *office) []byte {
	t.Helper()
	note, err := seal.SignCheckpoint(w.first(t, o), o.log)
	if err != nil {
		t.Fatal(err)
	}
	return note
}

func (w *world) first(t testing.TB, o *office) seal.Checkpoint {
	t.Helper()
	origin := certs.Origin{Federation: federation, Office: o.code, Epoch: 1}
	envelope := o.cardEnvelope(t)
	sum := sha256.Sum256(envelope)
	leaf, err := seal.MarshalLeaf(&spsv1.Leaf{
		Origin: origin.String(), Time: timestamppb.New(met), Type: spsv1.LeafType_LEAF_TYPE_CARD,
		Audience: &spsv1.Audience{Network: true}, EnvelopeSha256: sum[:], EnvelopeSize: uint32(len(envelope)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return seal.Checkpoint{Origin: origin, Size: 1, Root: seal.RecordHash(leaf)}
}

// firstReceipt returns Viet Nam's receipt over China's log.
func (w *world) firstReceipt(t testing.TB) []byte {
	t.Helper()
	c := w.first(t, w.cn)
	return w.signReceipt(t, w.vn, seal.Receipt{Origin: c.Origin, Size: c.Size, Root: c.Root, Time: met.Unix()})
}

// lastReceipt returns China's receipt over Viet Nam's log.
func (w *world) lastReceipt(t testing.TB) []byte {
	t.Helper()
	return w.signReceipt(t, w.cn, seal.Receipt{Origin: vn, Size: 3, Root: w.roots[3], Time: met.Unix()})
}

func (w *world) signReceipt(t testing.TB, o *office, r seal.Receipt) []byte {
	t.Helper()
	note, err := seal.SignReceipt(r, o.code, o.receipt)
	if err != nil {
		t.Fatal(err)
	}
	return note
}

func helloFrame(o certs.Origin) *spsv1.Frame {
	return &spsv1.Frame{Kind: &spsv1.Frame_Hello{Hello: &spsv1.Hello{
		Versions: []uint32{1}, Federation: o.Federation, Office: string(o.Office), Origin: o.String(),
		Time: timestamppb.New(met), CardNumber: 1, Software: software, Features: []string{"urgent", "part", "want_body", "misbehaviour"},
		ReceiptTime: &timestamppb.Timestamp{},
	}}}
}

// urgentFrame returns the frame that takes entry 2 to Thailand, which holds two
// leaves.
func (w *world) urgentFrame() *spsv1.Frame {
	return &spsv1.Frame{Kind: &spsv1.Frame_Urgent{Urgent: &spsv1.Urgent{
		Leaf: w.leaves[2], Envelope: w.statement, InclusionProof: [][]byte{w.node[:]}, TargetSize: 3,
		ConsistencyProof: [][]byte{w.hashes[2][:]}, StartSize: 2,
	}}}
}

func wantFrame(o certs.Origin, size uint64) *spsv1.Frame {
	return &spsv1.Frame{Kind: &spsv1.Frame_Want{Want: &spsv1.Want{Origin: o.String(), Size: size}}}
}

func headFrame(note []byte) *spsv1.Frame {
	return &spsv1.Frame{Kind: &spsv1.Frame_Head{Head: &spsv1.Head{Checkpoint: note}}}
}

func receiptFrame(by certs.Office, note []byte) *spsv1.Frame {
	return &spsv1.Frame{Kind: &spsv1.Frame_Receipt{Receipt: &spsv1.ReceiptNote{Office: string(by), Note: note}}}
}

func creditFrame(bytes uint64) *spsv1.Frame {
	return &spsv1.Frame{Kind: &spsv1.Frame_Credit{Credit: &spsv1.Credit{Bytes: bytes}}}
}

// resumed is how many bytes of the body of entry 1 China has in the example of
// bodies.
const resumed = 128

// wantBody returns the frame in which China asks for the rest of them.
func (w *world) wantBody() *spsv1.Frame {
	sum := sha256.Sum256(w.statement)
	return &spsv1.Frame{Kind: &spsv1.Frame_WantBody{WantBody: &spsv1.WantBody{
		Origin: vn.String(), Sequence: 1, Sha256: sum[:], Offset: resumed,
	}}}
}

// bodyChunk returns the answer with some bytes of a whole of a size.
func (w *world) bodyChunk(data []byte, size int) *spsv1.Frame {
	sum := sha256.Sum256(w.statement)
	return &spsv1.Frame{Kind: &spsv1.Frame_BodyChunk{BodyChunk: &spsv1.BodyChunk{
		Origin: vn.String(), Sequence: 1, Sha256: sum[:], Offset: resumed, Data: data, TotalSize: uint64(size),
	}}}
}
