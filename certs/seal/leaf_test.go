package seal

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func readdress(seq uint64) *spsv1.Leaf {
	l := goodLeaf(seq)
	l.Type = spsv1.LeafType_LEAF_TYPE_READDRESS
	l.Subject = &spsv1.EntryRef{Origin: vietnam.String(), Sequence: 0, RecordHash: make([]byte, 32)}
	return l
}

func card() *spsv1.Leaf {
	l := goodLeaf(0)
	l.Type, l.Reference, l.Audience = spsv1.LeafType_LEAF_TYPE_CARD, "", &spsv1.Audience{Network: true}
	return l
}

func TestLeafRules(t *testing.T) {
	with := func(l *spsv1.Leaf, f func(*spsv1.Leaf)) *spsv1.Leaf { f(l); return l }
	many := []string{"VN"}
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'M'; b++ {
			many = append(many, string([]rune{a, b}))
		}
	}
	for _, tc := range []struct {
		name string
		leaf *spsv1.Leaf
		ok   bool
	}{
		{"statement", goodLeaf(3), true},
		{"statement for the network", with(goodLeaf(3), func(l *spsv1.Leaf) { l.Audience = &spsv1.Audience{Network: true} }), true},
		{"exercise", with(goodLeaf(3), func(l *spsv1.Leaf) { l.Reference = "VN-EX-2026-000007" }), true},
		{"card", card(), true},
		{"readdress", readdress(3), true},
		{"readdress of an earlier epoch", with(readdress(3), func(l *spsv1.Leaf) { l.Origin = "asean-cn/VN/2"; l.Subject.Sequence = 99 }), true},
		{"a type of later days", with(goodLeaf(3), func(l *spsv1.Leaf) { l.Type = 99; l.Reference = "" }), true},
		{"largest envelope", with(goodLeaf(3), func(l *spsv1.Leaf) { l.EnvelopeSize = MaxEnvelope }), true},

		{"empty", new(spsv1.Leaf), false},
		{"origin with a zero", with(goodLeaf(3), func(l *spsv1.Leaf) { l.Origin = "asean-cn/VN/01" }), false},
		{"sequence above the limit", with(goodLeaf(3), func(l *spsv1.Leaf) { l.Sequence = MaxSize }), false},
		{"no time", with(goodLeaf(3), func(l *spsv1.Leaf) { l.Time = nil }), false},
		{"time before year 1", with(goodLeaf(3), func(l *spsv1.Leaf) { l.Time = &timestamppb.Timestamp{Seconds: math.MinInt64} }), false},
		{"two seconds of nanoseconds", with(goodLeaf(3), func(l *spsv1.Leaf) { l.Time.Nanos = 2e9 }), false},
		{"no type", with(goodLeaf(3), func(l *spsv1.Leaf) { l.Type = 0 }), false},
		{"negative type", with(goodLeaf(3), func(l *spsv1.Leaf) { l.Type = -1 }), false},
		{"short digest", with(goodLeaf(3), func(l *spsv1.Leaf) { l.EnvelopeSha256 = l.EnvelopeSha256[1:] }), false},
		{"no envelope", with(goodLeaf(3), func(l *spsv1.Leaf) { l.EnvelopeSize = 0 }), false},
		{"envelope too large", with(goodLeaf(3), func(l *spsv1.Leaf) { l.EnvelopeSize = MaxEnvelope + 1 }), false},
		{"no audience", with(goodLeaf(3), func(l *spsv1.Leaf) { l.Audience = nil }), false},
		{"empty audience", with(goodLeaf(3), func(l *spsv1.Leaf) { l.Audience = new(spsv1.Audience) }), false},
		{"network and offices", with(goodLeaf(3), func(l *spsv1.Leaf) { l.Audience.Network = true }), false},
		{"audience without the issuer", with(goodLeaf(3), func(l *spsv1.Leaf) { l.Audience.Offices = []string{"CN"} }), false},
		{"audience not sorted", with(goodLeaf(3), func(l *spsv1.Leaf) { l.Audience.Offices = []string{"VN", "CN"} }), false},
		{"audience twice", with(goodLeaf(3), func(l *spsv1.Leaf) { l.Audience.Offices = []string{"CN", "CN", "VN"} }), false},
		{"audience in lower case", with(goodLeaf(3), func(l *spsv1.Leaf) { l.Audience.Offices = []string{"VN", "cn"} }), false},
		{"audience of 339", with(goodLeaf(3), func(l *spsv1.Leaf) { l.Audience.Offices = many }), false},
		{"statement without a reference", with(goodLeaf(3), func(l *spsv1.Leaf) { l.Reference = "" }), false},
		{"reference of another office", with(goodLeaf(3), func(l *spsv1.Leaf) { l.Reference = "CN-2026-000123" }), false},
		{"reference of five digits", with(goodLeaf(3), func(l *spsv1.Leaf) { l.Reference = "VN-2026-00012" }), false},
		{"reference with a newline", with(goodLeaf(3), func(l *spsv1.Leaf) { l.Reference = "VN-2026-000123\n" }), false},
		{"statement with a subject", with(readdress(3), func(l *spsv1.Leaf) { l.Type = spsv1.LeafType_LEAF_TYPE_STATEMENT }), false},
		{"card with a reference", with(card(), func(l *spsv1.Leaf) { l.Reference = "VN-2026-000123" }), false},
		{"card for some", with(card(), func(l *spsv1.Leaf) { l.Audience = goodLeaf(0).Audience }), false},
		{"erasure with a reference", with(readdress(3), func(l *spsv1.Leaf) { l.Type = spsv1.LeafType_LEAF_TYPE_ERASURE }), false},
		{"readdress without a reference", with(readdress(3), func(l *spsv1.Leaf) { l.Reference = "" }), false},
		{"readdress without a subject", with(readdress(3), func(l *spsv1.Leaf) { l.Subject = nil }), false},
		{"readdress of itself", with(readdress(3), func(l *spsv1.Leaf) { l.Subject.Sequence = 3 }), false},
		{"readdress of another office", with(readdress(3), func(l *spsv1.Leaf) { l.Subject.Origin = "asean-cn/CN/1" }), false},
		{"readdress in another federation", with(readdress(3), func(l *spsv1.Leaf) { l.Subject.Origin = "mercosur/VN/1" }), false},
		{"readdress of a later epoch", with(readdress(3), func(l *spsv1.Leaf) { l.Subject.Origin = "asean-cn/VN/2" }), false},
		{"readdress of no origin", with(readdress(3), func(l *spsv1.Leaf) { l.Subject.Origin = "VN" }), false},
		{"readdress with half a hash", with(readdress(3), func(l *spsv1.Leaf) { l.Subject.RecordHash = make([]byte, 16) }), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b, err := MarshalLeaf(tc.leaf)
			if tc.ok {
				if err != nil {
					t.Fatalf("MarshalLeaf: %v", err)
				}
				got, err := ParseLeaf(b)
				if err != nil {
					t.Fatalf("ParseLeaf: %v", err)
				}
				if diff := cmp.Diff(tc.leaf, got, protocmp.Transform()); diff != "" {
					t.Errorf("leaf differs (-want +got):\n%s", diff)
				}
				return
			}
			if !errors.Is(err, ErrLeaf) {
				t.Errorf("MarshalLeaf = %x, %v; want %v", b, err, ErrLeaf)
			}
		})
	}
}

func TestLeafHasOneEncoding(t *testing.T) {
	good := marshalLeaf(t, goodLeaf(3))
	audience := func(code string) []byte {
		inner := protowire.AppendString(protowire.AppendTag(nil, 2, protowire.BytesType), code)
		return protowire.AppendBytes(protowire.AppendTag(nil, 6, protowire.BytesType), inner)
	}
	insert := func(urgent []byte) []byte { return bytes.Replace(good, []byte{0x28, 0x01}, urgent, 1) }
	unknown := protowire.AppendString(protowire.AppendTag(nil, 11, protowire.BytesType), "later")
	for _, tc := range []struct {
		name string
		b    []byte
		ok   bool
	}{
		{"as made", good, true},
		{"unknown field at the end", concat(good, unknown), true},
		{"unknown field twice", concat(good, unknown, unknown), true},
		{"nothing", nil, false},
		{"cut", good[:len(good)-1], false},
		{"noise", []byte("not a leaf"), false},
		{"a second audience", concat(good, audience("ZZ")), false},
		{"fields out of order", concat(unknown, good), false},
		{"tag of two bytes", concat([]byte{good[0] | 0x80, 0}, good[1:]), false},
		{"length of two bytes", concat(good[:1], []byte{good[1] | 0x80, 0}, good[2:]), false},
		{"number of two bytes", concat(good, protowire.AppendTag(nil, 11, protowire.VarintType), []byte{0x81, 0}), false},
		{"group", concat(good, protowire.AppendTag(nil, 11, protowire.StartGroupType), protowire.AppendTag(nil, 11, protowire.EndGroupType)), false},
		{"urgent written as false", insert([]byte{0x28, 0x00}), false},
		{"urgent written as 2", insert([]byte{0x28, 0x02}), false},
		{"network written as false", bytes.Replace(good, []byte("\x32\x08\x12\x02CN"), []byte("\x32\x0a\x08\x00\x12\x02CN"), 1), false},
		{"type above 32 bits", bytes.Replace(good, []byte{0x20, 0x01, 0x28}, []byte{0x20, 0x81, 0x80, 0x80, 0x80, 0x10, 0x28}, 1), false},
		{"urgent as bytes", insert([]byte{0x2a, 0x00}), false},
		{"subject as a number", concat(good, []byte{0x50, 0x01}), false},
		{"office that is not UTF-8", bytes.Replace(good, []byte("CN"), []byte("C\xff"), 1), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, err := ParseLeaf(tc.b)
			if tc.ok != (err == nil) || !tc.ok && !errors.Is(err, ErrLeaf) {
				t.Errorf("ParseLeaf = %v, %v; want success: %t", l, err, tc.ok)
			}
		})
	}
	if _, err := ParseLeaf(make([]byte, MaxLeaf+1)); !errors.Is(err, ErrLeafTooLarge) {
		t.Errorf("ParseLeaf of 4097 bytes: %v, want %v", err, ErrLeafTooLarge)
	}
}

func TestUnknownFieldsOfALeafAreKept(t *testing.T) {
	b := concat(marshalLeaf(t, goodLeaf(3)), protowire.AppendString(protowire.AppendTag(nil, 11, protowire.BytesType), "later"))
	l, err := ParseLeaf(b)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := MarshalLeaf(l); err != nil || !bytes.Equal(got, b) {
		t.Errorf("MarshalLeaf = %x, %v; want %x", got, err, b)
	}
}

func TestLeafOf4KiB(t *testing.T) {
	l := goodLeaf(3)
	pad := func(n int) {
		l.ProtoReflect().SetUnknown(protowire.AppendString(protowire.AppendTag(nil, 11, protowire.BytesType), strings.Repeat("x", n)))
	}
	pad(3900)
	size := proto.Size(l)
	pad(3900 + MaxLeaf - size)
	if b, err := MarshalLeaf(l); err != nil || len(b) != MaxLeaf {
		t.Errorf("MarshalLeaf = %d bytes, %v; want %d", len(b), err, MaxLeaf)
	}
	pad(3900 + MaxLeaf - size + 1)
	if b, err := MarshalLeaf(l); !errors.Is(err, ErrLeafTooLarge) {
		t.Errorf("MarshalLeaf = %d bytes, %v; want %v", len(b), err, ErrLeafTooLarge)
	}
}

func TestCheckEnvelope(t *testing.T) {
	l := goodLeaf(3)
	for name, tc := range map[string]struct {
		envelope string
		want     error
	}{
		"the one":      {"an envelope", nil},
		"another":      {"an Envelope", ErrEnvelope},
		"a longer one": {"an envelope ", ErrEnvelope},
		"none":         {"", ErrEnvelope},
	} {
		if err := CheckEnvelope(l, []byte(tc.envelope)); !errors.Is(err, tc.want) {
			t.Errorf("%s: CheckEnvelope: %v, want %v", name, err, tc.want)
		}
	}
}

func TestMayRead(t *testing.T) {
	if got := MayRead(goodLeaf(3), "CN"); !got {
		t.Errorf("addressee: MayRead = %t, want true", got)
	}
	if got := MayRead(goodLeaf(3), "TH"); got {
		t.Errorf("not addressed: MayRead = %t, want false", got)
	}
	if got := MayRead(card(), "TH"); !got {
		t.Errorf("network: MayRead = %t, want true", got)
	}
}

func concat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
