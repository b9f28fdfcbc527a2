package exchange

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func TestHelloIsJudged(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*spsv1.Hello)
		code   spsv1.ByeReason
		reason string
	}{
		{"no version", func(h *spsv1.Hello) { h.Versions = nil }, spsv1.ByeReason_BYE_REASON_VERSION, "VERSION"},
		{"another version", func(h *spsv1.Hello) { h.Versions = []uint32{2, 3} }, spsv1.ByeReason_BYE_REASON_VERSION, "VERSION"},
		{"another federation", func(h *spsv1.Hello) { h.Federation = "mercosur" }, spsv1.ByeReason_BYE_REASON_PROTOCOL, "BAD_ENCODING"},
		{"an office that is not the certificate's", func(h *spsv1.Hello) { h.Office = "TH" }, spsv1.ByeReason_BYE_REASON_PROTOCOL, "BAD_ENCODING"},
		{"a log of another office", func(h *spsv1.Hello) { h.Origin = "asean-cn/TH/1" }, spsv1.ByeReason_BYE_REASON_PROTOCOL, "BAD_ENCODING"},
		{"a log of another federation", func(h *spsv1.Hello) { h.Origin = "mercosur/VN/1" }, spsv1.ByeReason_BYE_REASON_PROTOCOL, "BAD_ENCODING"},
		{"no log", func(h *spsv1.Hello) { h.Origin = "" }, spsv1.ByeReason_BYE_REASON_PROTOCOL, "BAD_ENCODING"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "CN", "VN")
				cn := w.nodes["CN"]
				cn.start()
				defer cn.stop()
				s := cn.play(w.nodes["VN"])
				s.send(s.hello(tc.change))
				s.wantBye(tc.code, tc.reason)
				synctest.Wait()
				if got := cn.status("VN").Last; got == nil || string(got.Reason) != tc.reason {
					t.Errorf("last fault of VN at CN = %+v, want %s", got, tc.reason)
				}
			})
		})
	}
}

func TestHelloComesFirstAndOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn, vn := w.nodes["CN"], w.nodes["VN"]
		cn.start()
		defer cn.stop()

		s := cn.play(vn)
		s.send(wantFrame(cn.ledger.Origin(), 0))
		s.wantBye(spsv1.ByeReason_BYE_REASON_PROTOCOL, "BAD_ENCODING")

		s = cn.play(vn)
		s.send(s.hello(), s.hello())
		s.wantBye(spsv1.ByeReason_BYE_REASON_PROTOCOL, "BAD_ENCODING")

		s = cn.play(vn)
		began := time.Now()
		s.wantBye(spsv1.ByeReason_BYE_REASON_PROTOCOL, "SILENT")
		if got := time.Since(began); got != helloLimit {
			t.Errorf("no Hello: Bye after %s, want %s", got, helloLimit)
		}
	})
}

func TestClockAndSoftwareOfThePeerAreShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn := w.nodes["CN"]
		cn.start()
		defer cn.stop()
		s := cn.play(w.nodes["VN"])
		s.send(s.hello(func(h *spsv1.Hello) {
			h.Time = timestamppb.New(time.Now().Add(time.Hour))
			h.Versions = []uint32{1, 2, 9}
		}))
		synctest.Wait()
		if got := cn.status("VN"); got.Clock == nil || *got.Clock != time.Hour || got.Software != "script" || !got.Connected {
			t.Errorf("status = %+v, want connected to %q with a clock an hour ahead", got, "script")
		}
		time.Sleep(10 * time.Second)
		wantClocks(t, cn.x, time.Hour)

		// It says another time as a sign of life, and none in another frame.
		at := timestamppb.New(time.Now().Add(-time.Minute))
		s.send(&spsv1.Frame{Kind: &spsv1.Frame_Credit{Credit: &spsv1.Credit{Time: at}}})
		synctest.Wait()
		wantClocks(t, cn.x, -time.Minute)
		s.send(
			&spsv1.Frame{Kind: &spsv1.Frame_Credit{Credit: &spsv1.Credit{}}},
			&spsv1.Frame{Kind: &spsv1.Frame_Credit{Credit: &spsv1.Credit{Time: &timestamppb.Timestamp{Seconds: 1 << 60}}}},
		)
		synctest.Wait()
		wantClocks(t, cn.x, -time.Minute)

		// After the session its clock goes on; off the roster nobody asks it.
		s.p.sever(errCut)
		time.Sleep(time.Hour)
		wantClocks(t, cn.x, -time.Minute)
		if err := cn.office.Roster.Remove("VN"); err != nil {
			t.Fatal(err)
		}
		wantClocks(t, cn.x)
	})
}

// Frames of kinds that come with later versions, and of those that this one
// does not use, have no effect but Credit.
func TestUnknownFramesArePassedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn := w.nodes["CN"]
		cn.start()
		defer cn.stop()
		s := cn.play(w.nodes["VN"])
		s.send(s.hello())
		later := protowire.AppendTag(nil, 99, protowire.BytesType)
		later = protowire.AppendBytes(later, make([]byte, 1000))
		if err := s.sendBytes(later, &spsv1.Frame{}); err != nil {
			t.Fatal(err)
		}
		s.send(
			&spsv1.Frame{Kind: &spsv1.Frame_Parcel{Parcel: &spsv1.Parcel{To: "x"}}},
			&spsv1.Frame{Kind: &spsv1.Frame_Misbehaviour{Misbehaviour: &spsv1.Misbehaviour{}}},
			&spsv1.Frame{},
		)
		want := uint64(len(later))
		for _, f := range s.sent {
			want += uint64(proto.Size(f))
		}
		s.until("credit for all", func(f *spsv1.Frame) bool { return f.GetCredit().GetBytes() == want })
		synctest.Wait()
		if !cn.status("VN").Connected {
			t.Errorf("status = %+v, want connected", cn.status("VN"))
		}
		s.p.sever(errCut)
	})
}

// wantClocks fails the test unless an exchange says that the clocks of its
// peers are so far ahead.
func wantClocks(t *testing.T, x *Exchange, want ...time.Duration) {
	t.Helper()
	if got := x.Clocks(); !slices.Equal(got, want) {
		t.Errorf("clocks of the peers are %v ahead, want %v", got, want)
	}
}
