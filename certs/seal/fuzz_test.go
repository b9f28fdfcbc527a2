package seal

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
)

func FuzzOpenCheckpoint(f *testing.F) {
	c := goodLog(f, 3).checkpoint(f, 3)
	keys := []certs.LogKey{logKey(edKey(1)), logKey(p256Key(f, 2))}
	f.Add(signCheckpoint(f, c, edKey(1)))
	f.Add(signCheckpoint(f, c, p256Key(f, 2)))
	f.Add(signCheckpoint(f, c, edKey(1), p256Key(f, 2), edKey(3)))
	f.Add([]byte("asean-cn/VN/1\n007\n\n— a AAAAAAAA\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := parseNote(b, MaxCheckpoint)
		if err == nil && !bytes.Equal(n.encode(), b) {
			t.Errorf("encoded again: %q, want %q", n.encode(), b)
		}
		got, err := OpenCheckpoint(b, keys)
		if err != nil {
			return
		}
		if got != c {
			t.Errorf("OpenCheckpoint(%q) = %+v, which no key signed", b, got)
		}
	})
}

func FuzzParseCheckpoint(f *testing.F) {
	f.Add(signCheckpoint(f, goodLog(f, 3).checkpoint(f, 3), edKey(1)))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := ParseCheckpoint(b); err == nil && (c.Check() != nil || !bytes.HasPrefix(b, []byte(c.Text()+"\n"))) {
			t.Errorf("ParseCheckpoint(%q) = %+v", b, c)
		}
	})
}

func FuzzOpenReceipt(f *testing.F) {
	key := edKey(4)
	f.Add(signReceipt(f, goodReceipt(f), "CN", key))
	f.Add(signReceipt(f, goodReceipt(f), "TH", key))
	want := goodReceipt(f).Text()
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := OpenReceipt(b, "CN", receiptKeys(key)); err == nil && r.Text() != want {
			t.Errorf("OpenReceipt(%q) = %+v, which the key did not sign", b, r)
		}
		r, err := ParseReceipt(b)
		if err == nil && (r.Check() != nil || !bytes.HasPrefix(b, []byte(r.Text()+"\n"))) {
			t.Errorf("ParseReceipt(%q) = %+v", b, r)
		}
	})
}

func FuzzParseLeaf(f *testing.F) {
	f.Add(marshalLeaf(f, goodLeaf(3)))
	f.Add(marshalLeaf(f, readdress(3)))
	f.Add(marshalLeaf(f, card()))
	f.Add([]byte("\x0a\x0dasean-cn/VN/1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := ParseLeaf(b)
		if err != nil {
			return
		}
		again, err := MarshalLeaf(l)
		if err != nil {
			t.Fatalf("MarshalLeaf of a leaf that was parsed: %v", err)
		}
		other, err := ParseLeaf(again)
		if err != nil || !proto.Equal(l, other) {
			t.Errorf("parsed again: %v, %v; want %v", other, err, l)
		}
	})
}

func FuzzVerifySeal(f *testing.F) {
	key := edKey(1)
	want, err := Marshal(goodSeal(f, 9, 4, key))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(want)
	f.Add(want[:100])
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Parse(b)
		if err != nil {
			return
		}
		if again, err := Marshal(s); err != nil || !bytes.Equal(again, b) {
			t.Errorf("Marshal = %x, %v; want %x", again, err, b)
		}
		if _, _, err := Verify(s, []certs.LogKey{logKey(key)}); err == nil && !bytes.Equal(b, want) {
			t.Errorf("Verify accepted %x", b)
		}
	})
}
