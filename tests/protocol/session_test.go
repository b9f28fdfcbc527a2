package protocol

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/exchange"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
	"github.com/spsalert/spsalert/server/store/bolt"
	"github.com/spsalert/spsalert/tests/protocol/second"
)

// rewritten returns the frames of the session as the second reader writes them
// from what the document shows, in the order of its table.
func (p *page) rewritten(t testing.TB) [][]byte {
	t.Helper()
	seconds := uint64(met.Unix())
	head := p.bytes(t, "session-head")
	ownNote := head[bytes.Index(head, []byte("asean-cn/CN/1\n")):]
	lines := strings.Split(string(ownNote), "\n")
	text := fmt.Sprintf("sps-receipt/v1\n%s\n%s\n%s\n%d\n", lines[0], lines[1], lines[2], seconds)
	seen := signText(t, "asean-cn/VN/receipt", text, edKey("VN receipt key"))
	frames := [][]byte{
		second.Hello(federation, "CN", "asean-cn/CN/1", seconds, software, "urgent", "part", "want_body", "misbehaviour"),
		second.Hello(federation, "VN", "asean-cn/VN/1", seconds, software, "urgent", "part", "want_body", "misbehaviour"),
		second.Want("asean-cn/VN/1", 0),
		second.Want("asean-cn/CN/1", 1),
		second.ReceiptNote("VN", seen),
		second.Head(ownNote),
		second.Head(ownNote),
		second.Head([]byte(p.blocks["checkpoint"])),
		second.Entries("asean-cn/VN/1", p.leaves, [][]byte{
			second.Envelope("application/vnd.sps.card.v1", p.card), p.bytes(t, "envelope"), nil,
		}),
	}
	fromVN := total(frames[1], frames[3], frames[4], frames[6], frames[7], frames[8])
	receipt := second.ReceiptNote("CN", []byte(p.blocks["session-receipt"]))
	return append(
		frames,
		second.Credit(fromVN),
		receipt,
		second.Credit(total(frames[0], frames[2], frames[5], receipt)),
		second.Bye(1, "DRAINING", "the node is stopping: dial again later"),
	)
}

func total(frames ...[]byte) uint64 {
	var n uint64
	for _, f := range frames {
		n += uint64(len(f))
	}
	return n
}

// TestBodiesAreReadFromTheDocument takes the body of entry 1 out of the frames of
// the example, as the document says that a receiver does.
func TestBodiesAreReadFromTheDocument(t *testing.T) {
	p := openPage(t)
	whole := p.bytes(t, "envelope")
	sum := sha256.Sum256(whole)
	if got, want := second.WantBody("asean-cn/VN/1", 1, sum, resumed), p.bytes(t, "want-body"); !bytes.Equal(got, want) {
		t.Errorf("want-body is written as\n%s\nwant\n%s", plain(got), plain(want))
	}
	rest, err := second.BodyChunk(p.bytes(t, "body-chunk"))
	if err != nil {
		t.Fatal(err)
	}
	if rest.Origin != "asean-cn/VN/1" || rest.Sequence != 1 || rest.Sum != sum || rest.Offset != resumed || rest.Size != uint64(len(whole)) {
		t.Errorf("the chunk is %+v, want the rest of the body of entry 1", rest)
	}
	if got := sha256.Sum256(append(bytes.Clone(whole[:resumed]), rest.Data...)); got != sum {
		t.Errorf("with the chunk the body has the digest %x, want %x", got, sum)
	}
	none, err := second.BodyChunk(p.bytes(t, "body-not-held"))
	if err != nil || none.Sum != sum || len(none.Data) > 0 || none.Size != 0 {
		t.Errorf("not held is read as %+v (%v), want no bytes and no length", none, err)
	}
	if beyond, err := second.BodyChunk(bytes.Replace(p.bytes(t, "body-chunk"), []byte{0x30, 0xd1, 0x01}, []byte{0x30, 0xd0, 0x01}, 1)); err == nil {
		t.Errorf("a chunk beyond its whole is read as %+v, want an error", beyond)
	}
}

// TestSessionIsWrittenFromTheDocument compares the frames that the second
// reader writes with those that the document shows, and with its table.
func TestSessionIsWrittenFromTheDocument(t *testing.T) {
	p := openPage(t)
	frames := p.rewritten(t)
	for name, i := range map[string]int{
		"session-hello": 0, "session-want": 2, "session-head": 5, "credit-cn": 9, "credit-vn": 11, "session-bye": 12,
	} {
		if got, want := frames[i], p.bytes(t, name); !bytes.Equal(got, want) {
			t.Errorf("%s is written as\n%s\nwant\n%s", name, plain(got), plain(want))
		}
	}
	rows := strings.Split(strings.TrimSpace(p.blocks["session"]), "\n")[1:]
	if len(rows) != len(frames) {
		t.Fatalf("the table has %d frames, want %d", len(rows), len(frames))
	}
	var fromCN, fromVN int
	for i, row := range rows {
		words := strings.Fields(row)
		credited := len(frames[i])
		if strings.Contains(row, "Credit") {
			credited = 0
		}
		if words[1] == "CN" {
			fromCN += credited
		} else {
			fromVN += credited
		}
		want := fmt.Sprint(i+1, len(frames[i]), fromCN, fromVN)
		if got := strings.Join([]string{words[0], words[4], words[5], words[6]}, " "); got != want {
			t.Errorf("row %q: number, size and sums are %s, want %s", row, got, want)
		}
	}
}

// wire is a stream in memory whose other end is the test.
type wire struct {
	ctx context.Context
	in  chan *spsv1.Frame // closed when the other side ends the stream
	out chan *spsv1.Frame
}

func (w *wire) Context() context.Context { return w.ctx }

func (w *wire) Send(f *spsv1.Frame) error {
	w.out <- proto.CloneOf(f)
	return nil
}

func (w *wire) Recv() (*spsv1.Frame, error) {
	if f, ok := <-w.in; ok {
		return f, nil
	}
	return nil, io.EOF
}

// TestSessionRuns lets a real node of China have the session: it is given the
// frames of Viet Nam from the document, and must send those of China, byte for
// byte. What it has taken must be sound.
func TestSessionRuns(t *testing.T) {
	p := openPage(t)
	w := newWorld(t)
	frames := p.rewritten(t)
	synctest.Test(t, func(t *testing.T) {
		ledger, roster := startChina(t, w)
		x := exchange.New(exchange.Options{
			Ledger: ledger, Roster: roster, Now: func() time.Time { return met }, Software: software,
		})
		ctx, stop := context.WithCancel(t.Context())
		ran, ended := make(chan error, 1), make(chan error, 1)
		go func() { ran <- x.Run(ctx) }()
		synctest.Wait()
		stream := &wire{ctx: t.Context(), in: make(chan *spsv1.Frame, 16), out: make(chan *spsv1.Frame, 64)}
		peer := certs.Peer{Identity: certs.NodeIdentity(federation, "VN"), NotAfter: met.Add(time.Hour)}
		peer.Card, _ = roster.Card("VN")
		go func() { ended <- x.Session(stream.ctx, stream, peer, true) }()

		for _, i := range []int{1, 3, 4, 6, 7, 8, 11} {
			synctest.Wait()
			f := new(spsv1.Frame)
			if err := proto.Unmarshal(frames[i], f); err != nil {
				t.Fatal(err)
			}
			stream.in <- f
		}
		synctest.Wait()
		stop()
		synctest.Wait()
		close(stream.in)
		if err := <-ended; err == nil || !strings.Contains(err.Error(), "DRAINING") {
			t.Errorf("the session ended with %v, want DRAINING", err)
		}
		if err := <-ran; err != nil {
			t.Errorf("Run: %v", err)
		}
		close(stream.out)
		wantFrames(t, stream.out, frames[0], frames[2], frames[5], frames[9], frames[10], frames[12])
		wantEntries(t, ledger)
	})
}

// startChina opens the ledger of China, with its card and that of Viet Nam.
func startChina(t *testing.T, w *world) (*ledger.Ledger, *certs.Roster) {
	t.Helper()
	roster, err := certs.NewRoster(w.cn.parsed(t), w.vn.parsed(t))
	if err != nil {
		t.Fatal(err)
	}
	return startLedger(t, w.cn, roster, func() time.Time { return met }), roster
}

func startLedger(t *testing.T, o *office, roster *certs.Roster, now func() time.Time) *ledger.Ledger {
	t.Helper()
	dir := t.TempDir()
	db, err := bolt.Create(filepath.Join(dir, "ledger.db"), bolt.Options{
		Tables: ledger.Tables(), Appended: ledger.AppendedTables(), InitialMmapSize: 64 << 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	options := ledger.Options{
		Store: db, Fold: ledgertest.Discard{}, Roster: roster, Signer: o.log, Receipts: o.receipt,
		Now: now, Anchor: filepath.Join(dir, "anchor"),
	}
	if err := ledger.Init(t.Context(), options); err != nil {
		t.Fatal(err)
	}
	return ledgertest.Open(t, options)
}

// wantFrames compares what was sent with what was to be sent. Credit may come
// in parts: only the last before its place counts.
func wantFrames(t *testing.T, sent <-chan *spsv1.Frame, want ...[]byte) {
	t.Helper()
	var got [][]byte
	var credit []byte
	for f := range sent {
		if f.GetCredit() != nil {
			credit = marshal(t, f)
			continue
		}
		got = append(got, marshal(t, f))
	}
	var rest [][]byte
	for _, b := range want {
		f := new(spsv1.Frame)
		if err := proto.Unmarshal(b, f); err != nil {
			t.Fatal(err)
		}
		if f.GetCredit() == nil {
			rest = append(rest, b)
		} else if !bytes.Equal(credit, b) {
			t.Errorf("the last Credit is %x, want %x", credit, b)
		}
	}
	for i := range max(len(got), len(rest)) {
		var g, r []byte
		if i < len(got) {
			g = got[i]
		}
		if i < len(rest) {
			r = rest[i]
		}
		if !bytes.Equal(g, r) {
			t.Errorf("frame %d of China is\n%s\nwant\n%s", i, plain(g), plain(r))
		}
	}
}

// wantEntries checks what China holds of Viet Nam's log. The body of entry 2
// was not sent; it is that of entry 1, which was.
func wantEntries(t *testing.T, l *ledger.Ledger) {
	t.Helper()
	for seq := range uint64(3) {
		e, err := l.Entry(t.Context(), vn, seq)
		if err != nil {
			t.Fatal(err)
		}
		if e.Fault != "" || e.Envelope == nil {
			t.Errorf("entry %d: fault %q, body %t; want no fault, and the body", seq, e.Fault, e.Envelope != nil)
		}
	}
}

// TestLedgerMakesTheLog lets a real ledger of Viet Nam enter what the document
// shows: it must make the same leaves and the same checkpoint.
func TestLedgerMakesTheLog(t *testing.T) {
	p := openPage(t)
	w := newWorld(t)
	roster, err := certs.NewRoster(w.vn.parsed(t))
	if err != nil {
		t.Fatal(err)
	}
	now := began
	l := startLedger(t, w.vn, roster, func() time.Time { return now })
	enter := func(after time.Duration, d ledger.Draft) {
		t.Helper()
		now = began.Add(after)
		if _, err := l.Append(t.Context(), ledgertest.Prepared(d)); err != nil {
			t.Fatal(err)
		}
	}
	enter(time.Minute, ledger.Draft{
		RequestID: "1", Type: spsv1.LeafType_LEAF_TYPE_STATEMENT, Audience: []certs.Office{"CN"}, Envelope: p.bytes(t, "envelope"),
	})
	enter(2*time.Minute+500*time.Millisecond, ledger.Draft{
		RequestID: "2", Type: spsv1.LeafType_LEAF_TYPE_READDRESS, Urgent: true, Audience: []certs.Office{"TH"},
		Subject: &spsv1.EntryRef{Origin: vn.String(), Sequence: 1},
	})
	for seq, want := range p.leaves {
		e, err := l.Entry(t.Context(), vn, uint64(seq))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(e.LeafBytes, want) {
			t.Errorf("leaf %d is\n%s\nwant\n%s", seq, plain(e.LeafBytes), plain(want))
		}
	}
	h, err := l.Head(t.Context(), vn)
	if err != nil || string(h.Note) != p.blocks["checkpoint"] {
		t.Errorf("checkpoint = %s, %v; want %s", h.Note, err, p.blocks["checkpoint"])
	}
}
