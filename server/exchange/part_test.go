package exchange

import (
	"bytes"
	"testing"
	"testing/synctest"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func partFrame(urgent bool, data []byte, rest int) *spsv1.Frame {
	return &spsv1.Frame{Kind: &spsv1.Frame_Part{Part: &spsv1.FramePart{Urgent: urgent, Data: data, Rest: uint64(rest)}}}
}

// parts cuts a frame into parts of a size.
func parts(t *testing.T, f *spsv1.Frame, urgent bool, size int) (all []*spsv1.Frame) {
	t.Helper()
	b, err := proto.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	for len(b) > 0 {
		n := min(size, len(b))
		all = append(all, partFrame(urgent, b[:n], len(b)-n))
		b = b[n:]
	}
	return all
}

// Entries and an urgent entry come in parts that alternate. Each part is
// credited as it comes, the last when its frame is recorded.
func TestPartsThatAlternate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn, vn := w.nodes["CN"], w.nodes["VN"]
		vn.issue(200<<10, "CN")
		p, err := vn.ledger.Page(t.Context(), vn.ledger.Origin(), 0, "CN", 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		e := vn.issueUrgent(100<<10, "CN")
		cn.start()
		defer cn.stop()
		s := cn.play(vn)
		s.send(s.hello())
		synctest.Wait() // the log is wanted
		head, u := s.urgentFrame(e.Sequence, "CN", 0)
		entries := parts(t, entriesFrame(entriesOf(p, 2)), false, 30<<10)
		urgent := parts(t, &spsv1.Frame{Kind: &spsv1.Frame_Urgent{Urgent: u}}, true, 30<<10)
		s.send(headFrame(p.Checkpoint), head)
		for i := range max(len(entries), len(urgent)) {
			if i < len(urgent) {
				s.send(urgent[i])
			}
			if i < len(entries) {
				s.send(entries[i])
			}
			synctest.Wait()
			if i == 0 {
				want := uint64(0)
				for _, f := range s.sent {
					want += uint64(proto.Size(f))
				}
				s.until("credit for the first parts", func(f *spsv1.Frame) bool { return f.GetCredit().GetBytes() == want })
			}
			if i == len(urgent)-1 {
				if got, err := cn.ledger.Entry(t.Context(), vn.ledger.Origin(), e.Sequence); err != nil || got.Gap != 2 {
					t.Errorf("urgent entry with a gap of %d, %v; want 2", got.Gap, err)
				}
			}
		}
		if got := cn.size(vn); got != 2 {
			t.Errorf("CN holds %d entries, want 2", got)
		}
		s.p.sever(errCut)
	})
}

func TestRefusedParts(t *testing.T) {
	for _, tc := range []struct {
		name, reason string
		do           func(t *testing.T, s *script)
	}{
		{"nothing in it", "BAD_ENCODING", func(_ *testing.T, s *script) { s.send(partFrame(false, nil, 7)) }},
		{"one is missing", "BAD_ENCODING", func(_ *testing.T, s *script) {
			s.send(partFrame(false, []byte("abc"), 7), partFrame(false, []byte("abc"), 2))
		}},
		{"more than was said", "BAD_ENCODING", func(_ *testing.T, s *script) {
			s.send(partFrame(false, []byte("abc"), 2), partFrame(false, []byte("abc"), 0))
		}},
		{"too large", "TOO_LARGE", func(_ *testing.T, s *script) { s.send(partFrame(false, []byte("abc"), MaxFrame-2)) }},
		{"an enormous rest", "TOO_LARGE", func(_ *testing.T, s *script) {
			s.send(&spsv1.Frame{Kind: &spsv1.Frame_Part{Part: &spsv1.FramePart{Data: []byte("abc"), Rest: 1<<64 - 1}}})
		}},
		{"no frame", "BAD_ENCODING", func(_ *testing.T, s *script) { s.send(partFrame(false, bytes.Repeat([]byte{0xff}, 9), 0)) }},
		{"another kind", "BAD_ENCODING", func(t *testing.T, s *script) {
			s.send(parts(t, wantFrame(s.self.ledger.Origin(), 0), false, 5)...)
		}},
		{"parts in parts", "BAD_ENCODING", func(t *testing.T, s *script) {
			s.send(parts(t, partFrame(false, []byte("abc"), 0), false, 3)...)
		}},
		{"entries that are refused in whole", "BAD_SEAL", func(t *testing.T, s *script) {
			_, e := s.page(0, "CN")
			s.send(parts(t, entriesFrame(e), false, 100)...)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "CN", "VN")
				cn := w.nodes["CN"]
				cn.start()
				defer cn.stop()
				s := cn.play(w.nodes["VN"])
				s.send(s.hello())
				synctest.Wait() // the log is wanted
				tc.do(t, s)
				s.wantBye(spsv1.ByeReason_BYE_REASON_PROTOCOL, tc.reason)
			})
		})
	}
}
