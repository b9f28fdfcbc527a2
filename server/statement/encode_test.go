package statement_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
)

func mustEncode(tb testing.TB, s *spsv1.Statement, c ...*spsv1.Countersignature) []byte {
	tb.Helper()
	envelope, err := statement.Encode(s, c...)
	if err != nil {
		tb.Fatalf("Encode: %v", err)
	}
	return envelope
}

// wrap returns an envelope around any payload.
func wrap(tb testing.TB, payloadType string, payload []byte) []byte {
	tb.Helper()
	envelope, err := proto.Marshal(&spsv1.Envelope{PayloadType: payloadType, Payload: payload})
	if err != nil {
		tb.Fatal(err)
	}
	return envelope
}

func payload(tb testing.TB, envelope []byte) []byte {
	tb.Helper()
	e := new(spsv1.Envelope)
	if err := proto.Unmarshal(envelope, e); err != nil {
		tb.Fatal(err)
	}
	return e.GetPayload()
}

func TestEncodePutsTheSaltFirst(t *testing.T) {
	got := payload(t, mustEncode(t, mango()))
	if want := append([]byte{0x0a, 0x20}, salt()...); !bytes.HasPrefix(got, want) {
		t.Errorf("payload begins with %x, want %x", got[:34], want)
	}
}

func TestEncodeKeepsCountersignatures(t *testing.T) {
	want := &spsv1.Countersignature{Algorithm: "ed25519", Signer: "Lan", Signature: []byte{1}}
	e := new(spsv1.Envelope)
	if err := proto.Unmarshal(mustEncode(t, mango(), want), e); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]*spsv1.Countersignature{want}, e.GetCountersignatures(), protocmp.Transform()); diff != "" {
		t.Errorf("countersignatures (-want +got):\n%s", diff)
	}
}

func TestEncodeRefuses(t *testing.T) {
	short := mango()
	short.Salt = short.Salt[:16]
	if _, err := statement.Encode(short); err == nil {
		t.Error("Encode with a salt of 16 bytes: no error")
	}
}

// TestEncodeLimit finds the last statement that fits, and the first that does
// not.
func TestEncodeLimit(t *testing.T) {
	s := mango()
	fill := func(n int) { s.GetNotification().Description = en(strings.Repeat("x", n)) }
	fill(200_000)
	room := seal.MaxEnvelope - len(mustEncode(t, s))
	fill(200_000 + room)
	if got := len(mustEncode(t, s)); got != seal.MaxEnvelope {
		t.Errorf("envelope has %d bytes, want %d", got, seal.MaxEnvelope)
	}
	fill(200_000 + room + 1)
	if _, err := statement.Encode(s); !errors.Is(err, statement.ErrTooLarge) {
		t.Errorf("Encode one byte more: %v, want %v", err, statement.ErrTooLarge)
	}
}

func TestDecodeRefuses(t *testing.T) {
	good := mustEncode(t, mango())
	body := payload(t, good)
	unsalted := mango()
	unsalted.Salt = nil
	bare, err := proto.Marshal(unsalted)
	if err != nil {
		t.Fatal(err)
	}
	salted := append([]byte{0x0a, 0x20}, salt()...)
	cases := []struct {
		name               string
		envelope           []byte
		federation, office string
		want               error // nil: any
	}{
		{"another federation", good, "eu-med", "CN", nil},
		{"another office", good, federation, "VN", nil},
		{"a card", wrap(t, "application/vnd.sps.card.v1", body), federation, "CN", statement.ErrNotStatement},
		{"a later statement", wrap(t, "application/vnd.sps.statement.v2", body), federation, "CN", statement.ErrNotStatement},
		{"no type", wrap(t, "", body), federation, "CN", statement.ErrNotStatement},
		{"nothing", nil, federation, "CN", statement.ErrNotStatement},
		{"no envelope", []byte{0xff}, federation, "CN", nil},
		{"cut payload", wrap(t, statement.PayloadType, body[:len(body)-1]), federation, "CN", nil},
		{"no salt", wrap(t, statement.PayloadType, bare), federation, "CN", nil},
		{"salt last", wrap(t, statement.PayloadType, append(bytes.Clone(bare), salted...)), federation, "CN", nil},
		{"another salt last", wrap(t, statement.PayloadType, append(bytes.Clone(body), append([]byte{0x0a, 0x20}, bytes.Repeat([]byte{1}, 32)...)...)), federation, "CN", nil},
		{"text that is no UTF-8", wrap(t, statement.PayloadType, append(bytes.Clone(body), 0x12, 1, 0xff)), federation, "CN", nil},
		{"too large", make([]byte, seal.MaxEnvelope+1), federation, "CN", statement.ErrTooLarge},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s, err := statement.Decode(c.envelope, c.federation, certs.Office(c.office))
			if err == nil || s != nil {
				t.Fatalf("Decode = %v, %v, want an error and no statement", s, err)
			}
			if c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("Decode: %v, want %v", err, c.want)
			}
		})
	}
}

// TestDecodeKeepsWhatItDoesNotKnow gives a statement a field of a later version.
func TestDecodeKeepsWhatItDoesNotKnow(t *testing.T) {
	later := append(payload(t, mustEncode(t, mango())), 0xf8, 0x3f, 0x01) // field 1023, varint 1
	s, err := statement.Decode(wrap(t, statement.PayloadType, later), federation, "CN")
	if err != nil {
		t.Fatalf("Decode: %v", err)
	}
	if got, want := []byte(s.ProtoReflect().GetUnknown()), []byte{0xf8, 0x3f, 0x01}; !bytes.Equal(got, want) {
		t.Errorf("unknown fields = %x, want %x", got, want)
	}
}

func TestFingerprint(t *testing.T) {
	first := statement.Fingerprint(mango())
	same := map[string]func(*spsv1.Statement){
		"salt":        func(s *spsv1.Statement) { s.Salt = bytes.Repeat([]byte{1}, 32) },
		"request id":  func(s *spsv1.Statement) { s.RequestId = "" },
		"federation":  func(s *spsv1.Statement) { s.Federation, s.Office = "", "" },
		"issuer":      func(s *spsv1.Statement) { s.IssuedBy = nil },
		"allowances":  func(s *spsv1.Statement) { s.Allowances = &spsv1.Allowances{Answer: &spsv1.Allowance{Amount: 1}} },
		"card number": func(s *spsv1.Statement) { s.Addressees[0].CardNumber = 9 },
		"drafter":     func(s *spsv1.Statement) { s.DraftedBy = &spsv1.Person{Id: "lan"} },
		"unit":        func(s *spsv1.Statement) { s.Unit = "lang-son" },
		"system":      func(s *spsv1.Statement) { s.IssuingSystem = "lims" },
		"waiver": func(s *spsv1.Statement) {
			s.Waiver = &spsv1.Waiver{Reason: spsv1.WaiverReason_WAIVER_REASON_OUT_OF_HOURS}
		},
	}
	for name, change := range same {
		s := mango()
		change(s)
		if statement.Fingerprint(s) != first {
			t.Errorf("another %s gives another fingerprint", name)
		}
	}
	other := map[string]func(*spsv1.Statement){
		"subject":      func(s *spsv1.Statement) { s.GetNotification().Subject[0].Text += "!" },
		"addressee":    func(s *spsv1.Statement) { s.Addressees[0].Office = "TH" },
		"no addressee": func(s *spsv1.Statement) { s.Addressees = nil },
		"network":      func(s *spsv1.Statement) { s.Network = false },
		"lots moved": func(s *spsv1.Statement) {
			l := s.GetNotification().Products[0].Lots
			l[0], l[1] = l[1], l[0]
		},
		"a count of zero": func(s *spsv1.Statement) { s.GetNotification().Risk.PersonsAffected = proto.Uint32(0) },
		"approver of a system": func(s *spsv1.Statement) {
			s.DraftedBy, s.ApprovedBy = &spsv1.Person{Id: "lan"}, &spsv1.Person{Id: "binh"}
		},
		"unknown field": func(s *spsv1.Statement) { s.ProtoReflect().SetUnknown([]byte{0xf8, 0x3f, 0x01}) },
	}
	for name, change := range other {
		s := mango()
		change(s)
		if statement.Fingerprint(s) == first {
			t.Errorf("%s changed, the fingerprint did not", name)
		}
	}
	s := mango()
	statement.Fingerprint(s)
	if diff := cmp.Diff(mango(), s, protocmp.Transform()); diff != "" {
		t.Errorf("Fingerprint changed the statement (-want +got):\n%s", diff)
	}
}

func TestAudience(t *testing.T) {
	s := mango()
	if got := statement.Audience(s); !got.GetNetwork() || len(got.GetOffices()) != 0 {
		t.Errorf("audience of a statement to the network = %v", got)
	}
	s.Network = false
	unit := to("VN")
	unit.Unit = "lang-son"
	s.Addressees = append(s.Addressees, unit, to("TH"), &spsv1.Addressee{Office: "LA", ByHand: true}, &spsv1.Addressee{Body: "INFOSAN", ByHand: true})
	want := &spsv1.Audience{Offices: []string{"CN", "TH", "VN"}}
	if diff := cmp.Diff(want, statement.Audience(s), protocmp.Transform()); diff != "" {
		t.Errorf("audience (-want +got):\n%s", diff)
	}
}

func TestUrgent(t *testing.T) {
	calm := mango()
	calm.GetNotification().Classification = forAttention
	serious := proto.CloneOf(calm)
	calm.GetNotification().Risk.Decision = spsv1.RiskDecision_RISK_DECISION_NO_RISK
	amended := &spsv1.Statement{Body: &spsv1.Statement_Amendment{Amendment: &spsv1.Amendment{Notification: mango().GetNotification()}}}
	cases := []struct {
		name string
		s    *spsv1.Statement
		want bool
	}{
		{"alert", mango(), true},
		{"serious risk", serious, true},
		{"attention without a risk", calm, false},
		{"amendment to an alert", amended, true},
		{"closure", &spsv1.Statement{Body: &spsv1.Statement_Closure{}}, false},
		{"empty", &spsv1.Statement{}, false},
	}
	for _, c := range cases {
		if got := statement.Urgent(c.s); got != c.want {
			t.Errorf("Urgent(%s) = %t, want %t", c.name, got, c.want)
		}
	}
}

// FuzzDecode feeds foreign bytes. What decodes must survive every function that
// a node applies to it, and encode to something that decodes to the same.
func FuzzDecode(f *testing.F) {
	for _, r := range []row{curry(), farm(), lemons()} {
		f.Add(mustEncode(f, r.statement))
	}
	f.Add(mustEncode(f, mango()))
	f.Add(mustEncode(f, reply(func(s *spsv1.Statement) {
		s.Office = "CN"
		s.Body = &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{Facts: facts("n:p1", "s1")}}
	})))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, envelope []byte) {
		for _, office := range []certs.Office{"CN", "EU"} {
			s, err := statement.Decode(envelope, federation, office)
			if err != nil {
				continue
			}
			_ = statement.Check(s).Error()
			_ = statement.Urgent(s)
			if a := statement.Audience(s); !a.GetNetwork() && len(a.GetOffices()) == 0 {
				t.Error("audience without the issuer")
			}
			again, err := statement.Encode(s)
			if err != nil {
				if errors.Is(err, statement.ErrTooLarge) {
					continue
				}
				t.Fatalf("Encode what was decoded: %v", err)
			}
			back, err := statement.Decode(again, federation, office)
			if err != nil {
				t.Fatalf("Decode what was encoded: %v", err)
			}
			if statement.Fingerprint(back) != statement.Fingerprint(s) || !proto.Equal(back, s) {
				t.Error("encoding and decoding changed the statement")
			}
		}
	})
}
