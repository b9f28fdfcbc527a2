package exchange

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// fuzzed is a node of CN and what a peer VN may send it.
type fuzzed struct {
	x      *Exchange
	vn     *script
	frames []*spsv1.Frame
}

func newFuzzed(f *testing.F) *fuzzed {
	f.Helper()
	w := newWorld(f, "CN", "VN")
	cn, vn := w.nodes["CN"], w.nodes["VN"]
	vn.issue(100, "CN")
	vn.issue(100, "TH")
	s := &script{t: f, self: vn}
	head, entries := s.page(0, "CN")
	receipt := seal.Receipt{Origin: cn.ledger.Origin(), Size: 1, Root: tlog.Hash{1}, Time: 1}
	note, err := seal.SignReceipt(receipt, "VN", vn.office.ReceiptKey)
	if err != nil {
		f.Fatal(err)
	}
	return &fuzzed{
		x:  New(Options{Ledger: cn.ledger, Roster: cn.office.Roster, Logger: slog.New(slog.DiscardHandler)}),
		vn: s,
		frames: []*spsv1.Frame{
			s.hello(), head, entriesFrame(entries), wantFrame(cn.ledger.Origin(), 0), wantFrame(cn.ledger.Origin(), 9),
			receiptFrame("VN", note), headFrame(s.forge(7, tlog.Hash{2})), creditFrame(10), draining().bye(),
			{Kind: &spsv1.Frame_Urgent{Urgent: &spsv1.Urgent{Leaf: entries.GetLeaves()[1]}}},
			{Kind: &spsv1.Frame_Part{Part: &spsv1.FramePart{Data: []byte("part"), Rest: 4}}},
			{Kind: &spsv1.Frame_Part{Part: &spsv1.FramePart{Data: []byte{0x22, 0x00}, Urgent: true}}},
			{Kind: &spsv1.Frame_WantBody{WantBody: &spsv1.WantBody{Origin: "asean-cn/CN/1", Sha256: make([]byte, 32)}}},
			{Kind: &spsv1.Frame_BodyChunk{BodyChunk: &spsv1.BodyChunk{Origin: "asean-cn/VN/1", Sequence: 1, Sha256: make([]byte, 32), Data: []byte("x"), TotalSize: 1}}},
			{Kind: &spsv1.Frame_Parcel{Parcel: &spsv1.Parcel{To: "CN"}}},
			{Kind: &spsv1.Frame_Misbehaviour{Misbehaviour: &spsv1.Misbehaviour{}}},
			{},
		},
	}
}

// FuzzFrame hands any bytes as one frame to a session that is up, and does all
// that they lead to, without goroutines. Nothing may panic, whatever is refused
// must say why in words that fit a Bye, and memory is bounded by what came.
func FuzzFrame(f *testing.F) {
	z := newFuzzed(f)
	for _, frame := range z.frames {
		b, err := proto.Marshal(frame)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte{0x9a, 0x06, 0x03, 1, 2, 3}) // a kind of later
	hello, head := z.frames[0], z.frames[1]

	f.Fuzz(func(t *testing.T, b []byte) {
		ctx := context.Background()
		frame := new(spsv1.Frame)
		if proto.Unmarshal(b, frame) != nil {
			return // gRPC ends the stream
		}
		s := newSession(z.x, nil, z.vn.self.as(z.vn.self.w.nodes["CN"]), false)
		for _, first := range []*spsv1.Frame{hello, head} {
			if err := s.put(first); err != nil {
				t.Fatalf("put a good %T: %v", first.GetKind(), err)
			}
		}
		origin, bad := s.judge(s.inbox.hello)
		if bad != nil {
			t.Fatalf("judge a good Hello: %v", bad)
		}
		if bad := s.begin(ctx, origin); bad != nil {
			t.Fatalf("begin: %v", bad)
		}
		s.want(bodyKey{origin: origin, sequence: 1}, 0)
		err := s.put(frame)
		if err == nil {
			s.unwant() // what fetch would take
			err = s.drain(ctx)
		}
		if err == nil {
			if s.in.held != 0 {
				t.Errorf("%d bytes are held after everything was taken", s.in.held)
			}
			return
		}
		bye := err.bye().GetBye()
		if len(bye.GetReason()) > 64 || len(bye.GetMessage()) > 1000 {
			t.Errorf("Bye %q with %d bytes of words, want at most 64 and 1000", bye.GetReason(), len(bye.GetMessage()))
		}
		if strings.ToValidUTF8(bye.GetMessage(), "") != bye.GetMessage() {
			t.Errorf("words of the Bye are not UTF-8: %q", bye.GetMessage())
		}
	})
}

// drain does what record, clerk and write would do now.
func (s *session) drain(ctx context.Context) *ending {
	for d, ok := s.delivery(); ok; d, ok = s.delivery() {
		if err := s.recordOne(ctx, d); err != nil {
			return s.x.failure(err)
		}
		s.done(d)
	}
	for {
		h, note, key, ok := s.post()
		if !ok {
			break
		}
		err := s.examine(ctx, h)
		if note != nil {
			err = s.addReceipt(ctx, key, note)
		}
		if err != nil {
			return s.x.failure(err)
		}
	}
	for range 100 {
		frame, err := s.next(ctx)
		if err != nil {
			return s.x.failure(err)
		}
		if frame == nil {
			return nil
		}
	}
	return nil
}

// FuzzHello hands any Hello to a session.
func FuzzHello(f *testing.F) {
	z := newFuzzed(f)
	b, err := proto.Marshal(z.frames[0].GetHello())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		hello := new(spsv1.Hello)
		if proto.Unmarshal(b, hello) != nil {
			return
		}
		s := newSession(z.x, nil, z.vn.self.as(z.vn.self.w.nodes["CN"]), false)
		if err := s.put(&spsv1.Frame{Kind: &spsv1.Frame_Hello{Hello: hello}}); err != nil {
			return
		}
		origin, bad := s.judge(hello)
		if bad != nil {
			return
		}
		if origin.Office != "VN" || origin.Federation != "asean-cn" {
			t.Errorf("Hello of %s was accepted from VN", origin)
		}
		if bad := s.begin(context.Background(), origin); bad != nil {
			t.Errorf("begin with log %s: %v", origin, bad)
		}
	})
}
