package certs_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// mint returns an office whose first card was changed before it was signed.
func mint(t testing.TB, office certs.Office, change func(*spsv1.Card)) (*authority.Office, error) {
	t.Helper()
	return authority.NewOffice(authority.Options{
		Federation: "asean-cn", Office: office, Addresses: []string{"node.example:7443"}, Card: change,
	})
}

func TestCardSaysWhatWasSigned(t *testing.T) {
	o, err := authority.NewOffice(authority.Options{
		Federation: "asean-cn", Office: "VN", P256LogKey: true,
		Addresses: []string{"node.example:7443", "192.0.2.1:7443", "[2001:db8::1]:443"},
		Card: func(c *spsv1.Card) {
			c.Name = []*spsv1.LocalizedText{{Lang: "vi", Text: "Cục Bảo vệ thực vật"}}
			c.Units = []*spsv1.Unit{unit("north", ""), unit("lang-son", "north"), unit("huu-nghi", "lang-son")}
			c.Hours = hours("Asia/Ho_Chi_Minh")
			c.Hours.SpecialDays = []*spsv1.SpecialDay{{ // a Saturday that makes up for a holiday
				Date:    &spsv1.Date{Year: 2026, Month: 8, Day: 22},
				Periods: []*spsv1.DayPeriod{{OpenMinute: 8 * 60, CloseMinute: 12 * 60}},
			}}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	c := o.Card
	if got, want := c.Federation(), "asean-cn"; got != want {
		t.Errorf("federation is %q, want %q", got, want)
	}
	if got, want := c.Office(), certs.Office("VN"); got != want {
		t.Errorf("office is %q, want %q", got, want)
	}
	if got, want := c.Number(), uint64(1); got != want {
		t.Errorf("number is %d, want %d", got, want)
	}
	if got := time.Since(c.IssueTime()); got < 0 || got > time.Minute {
		t.Errorf("issued %s ago, want just now", got)
	}
	if diff := cmp.Diff([]string{"node.example:7443", "192.0.2.1:7443", "[2001:db8::1]:443"}, c.Addresses()); diff != "" {
		t.Errorf("addresses differ (-want +got):\n%s", diff)
	}
	if got := c.Roots(); len(got) != 1 || !bytes.Equal(got[0].Raw, o.Authority.Root()) {
		t.Errorf("%d roots, want the one of the authority", len(got))
	}
	if got := c.LogKeys(o.Origin()); len(got) != 1 || !got[0].Public.(*ecdsa.PublicKey).Equal(o.LogKey.Public()) || got[0].From != 0 || got[0].Until != 0 {
		t.Errorf("log keys are %v, want the one of the office, for all sizes", got)
	}
	if diff := cmp.Diff([]certs.Origin{o.Origin()}, c.Origins()); diff != "" {
		t.Errorf("origins differ (-want +got):\n%s", diff)
	}
	if got := c.ReceiptKeys(); len(got) != 1 || !got[0].Public.Equal(o.ReceiptKey.Public()) || !got[0].Good(o.Origin(), 7) {
		t.Errorf("receipt keys are %v, want the one of the office", got)
	}
	if got := c.ParcelKeys(); len(got) != 1 || !bytes.Equal(got[0].Bytes(), o.ParcelKey.PublicKey().Bytes()) {
		t.Errorf("%d parcel keys, want the one of the office", len(got))
	}
	if !c.CardKey().Equal(o.CardKey.Public()) {
		t.Error("card key is not that of the office")
	}
	if got, want := c.Zone().String(), "Asia/Ho_Chi_Minh"; got != want {
		t.Errorf("zone is %s, want %s", got, want)
	}
	m := c.Message()
	if got, want := m.GetHours().GetSpecialDays()[0].GetPeriods()[0].GetCloseMinute(), uint32(720); got != want {
		t.Errorf("the special day ends at minute %d, want %d", got, want)
	}
	if got, want := m.GetUnits()[2].GetParent(), "lang-son"; got != want {
		t.Errorf("parent of the post is %q, want %q", got, want)
	}
	m.Office = "XX"
	if c.Office() != "VN" {
		t.Error("changing the copy changed the card")
	}
}

func TestFingerprint(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	vn := fed.Office("VN")
	before := vn.Card.Fingerprint()
	if !regexp.MustCompile(`^([A-Z2-7]{4}-){7}[A-Z2-7]{4}$`).MatchString(before) {
		t.Errorf("fingerprint is %q, want eight groups of four", before)
	}
	if before == fed.Office("CN").Card.Fingerprint() {
		t.Error("two offices have one fingerprint")
	}
	if _, err := vn.NextCard(func(c *spsv1.Card) { c.Addresses = nil }); err != nil {
		t.Fatal(err)
	}
	if got := vn.Card.Fingerprint(); got != before {
		t.Errorf("fingerprint of the next card is %s, want %s as before", got, before)
	}
	if _, err := vn.ReplaceCardKey(nil); err != nil {
		t.Fatal(err)
	}
	if vn.Card.Fingerprint() == before {
		t.Error("the fingerprint outlived the card key")
	}

	// The same card key for another office is another fingerprint.
	la, err := mint(t, "LA", func(c *spsv1.Card) {})
	if err != nil {
		t.Fatal(err)
	}
	message := la.Card.Message()
	message.Office, message.LogKeys[0].Origin = "KH", "asean-cn/KH/1"
	signed, err := certs.MakeCard(message, la.CardKey)
	if err != nil {
		t.Fatal(err)
	}
	kh, err := certs.ParseCard(signed)
	if err != nil {
		t.Fatal(err)
	}
	if kh.Fingerprint() == la.Card.Fingerprint() {
		t.Error("the fingerprint does not depend on the office")
	}
}

func unit(id, parent string) *spsv1.Unit {
	return &spsv1.Unit{Id: id, Parent: parent, Name: []*spsv1.LocalizedText{{Lang: "en", Text: id}}}
}

func hours(zone string) *spsv1.OfficeHours {
	return &spsv1.OfficeHours{TimeZone: zone, Periods: []*spsv1.OpenPeriod{
		{Weekday: spsv1.Weekday_WEEKDAY_MONDAY, OpenMinute: 480, CloseMinute: 1020},
	}}
}

func logKey(t *testing.T, origin string, public crypto.PublicKey) *spsv1.LogKey {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return &spsv1.LogKey{Origin: origin, PublicKey: der}
}

func TestCardContentRefused(t *testing.T) {
	leaf := authority.ForTest(t, "VN").Office("VN").Node.Leaf().Raw
	rsaRoot := func() []byte {
		s := newSmith(t)
		template := s.template()
		template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign
		key := generateRSA(t)
		return s.sign(template, template, key.Public(), key).Raw
	}()
	noSign := func() []byte {
		s := newSmith(t)
		template := s.template()
		template.IsCA = true
		return s.sign(template, template, s.key.Public(), s.key).Raw
	}()
	ed := generateEd25519(t).Public()
	tests := []struct {
		name   string
		change func(*spsv1.Card)
		want   string
	}{
		{"federation", func(c *spsv1.Card) { c.Federation = "Asean" }, "federation"},
		{"office", func(c *spsv1.Card) { c.Office = "vn" }, "office"},
		{"number", func(c *spsv1.Card) { c.Number = 0 }, "number"},
		{"no issue time", func(c *spsv1.Card) { c.IssueTime = nil }, "issue_time"},
		{"impossible issue time", func(c *spsv1.Card) { c.IssueTime = &timestamppb.Timestamp{Nanos: -1} }, "issue_time"},
		{"address without port", func(c *spsv1.Card) { c.Addresses = []string{"node.example"} }, "addresses[0]: address \"node.example\" is not host:port"},
		{"second address", func(c *spsv1.Card) { c.Addresses = append(c.Addresses, "a:0") }, "addresses[1]: address \"a:0\": port is not a number"},
		{"port name", func(c *spsv1.Card) { c.Addresses = []string{"a:https"} }, "port is not a number from 1 to 65535"},
		{"large port", func(c *spsv1.Card) { c.Addresses = []string{"a:65536"} }, "port is not a number"},
		{"port with zeros", func(c *spsv1.Card) { c.Addresses = []string{"a:0443"} }, "port is not a number"},
		{"no host", func(c *spsv1.Card) { c.Addresses = []string{":443"} }, "neither a host name nor an IP address"},
		{"scheme in the host", func(c *spsv1.Card) { c.Addresses = []string{"[dns:///a]:443"} }, "neither a host name"},
		{"underscore", func(c *spsv1.Card) { c.Addresses = []string{"a_b:443"} }, "neither a host name"},
		{"hyphen last", func(c *spsv1.Card) { c.Addresses = []string{"a-.b:443"} }, "neither a host name"},
		{"no roots", func(c *spsv1.Card) { c.CertificateRoots = nil }, "certificate_roots"},
		{"root is no certificate", func(c *spsv1.Card) { c.CertificateRoots = [][]byte{{1}} }, "certificate_roots[0]"},
		{"root is a leaf", func(c *spsv1.Card) { c.CertificateRoots = [][]byte{leaf} }, "certificate_roots[0]: not the certificate of an authority"},
		{"root may not sign", func(c *spsv1.Card) { c.CertificateRoots = [][]byte{noSign} }, "key usage does not include signing"},
		{"root is RSA", func(c *spsv1.Card) { c.CertificateRoots = [][]byte{rsaRoot} }, "want ECDSA P-256"},
		{"no log key", func(c *spsv1.Card) { c.LogKeys = nil }, "log_keys"},
		{"log key twice", func(c *spsv1.Card) { c.LogKeys = append(c.LogKeys, c.LogKeys[0]) }, "log_keys[1]: the same key of asean-cn/VN/1 twice"},
		{"log key revoked altogether, and again", func(c *spsv1.Card) {
			c.LogKeys = append(c.LogKeys, proto.CloneOf(c.LogKeys[0]))
			c.LogKeys[0].FirstSize, c.LogKeys[0].RevokedAfter = 5, &spsv1.LastGood{Size: 4, Root: make([]byte, 32)}
		}, "log_keys[1]: the same key of asean-cn/VN/1 twice"},
		{"log of another office", func(c *spsv1.Card) { c.LogKeys[0].Origin = "asean-cn/CN/1" }, "log asean-cn/CN/1 is not one of asean-cn/VN"},
		{"log of another federation", func(c *spsv1.Card) { c.LogKeys[0].Origin = "mercosur/VN/1" }, "log mercosur/VN/1 is not one of asean-cn/VN"},
		{"origin", func(c *spsv1.Card) { c.LogKeys[0].Origin = "asean-cn/VN/01" }, "origin"},
		{"log key is no key", func(c *spsv1.Card) { c.LogKeys[0].PublicKey = []byte{1} }, "log_keys[0]"},
		{"log key is RSA", func(c *spsv1.Card) { c.LogKeys[0] = logKey(t, "asean-cn/VN/1", generateRSA(t).Public()) }, "log_keys"},
		{"log key is P-384", func(c *spsv1.Card) {
			c.LogKeys[0] = logKey(t, "asean-cn/VN/1", generate(t, elliptic.P384()).Public())
		}, "want P-256"},
		{"log key range", func(c *spsv1.Card) { c.LogKeys[0].FirstSize, c.LogKeys[0].LastSize = 5, 4 }, "range from 5 until 5 is empty"},
		{"no receipt key", func(c *spsv1.Card) { c.ReceiptKeys = nil }, "receipt_keys"},
		{"receipt key is short", func(c *spsv1.Card) { c.ReceiptKeys[0].PublicKey = []byte{1} }, "receipt_keys"},
		{"receipt key twice", func(c *spsv1.Card) { c.ReceiptKeys = append(c.ReceiptKeys, c.ReceiptKeys[0]) }, "receipt_keys[1]: the same key twice"},
		{"limit of a good receipt key", func(c *spsv1.Card) {
			c.ReceiptKeys[0].RevokedAfter = []*spsv1.ReceiptLimit{{Origin: "asean-cn/CN/1", Size: 1}}
		}, "has revoked_after but is not revoked"},
		{"parcel key", func(c *spsv1.Card) { c.ParcelKeys[0].PublicKey = []byte{1} }, "parcel_keys[0]"},
		{"unit twice", func(c *spsv1.Card) { c.Units = []*spsv1.Unit{unit("a", ""), unit("a", "")} }, "units[1]: the id \"a\" is used twice"},
		{"unit without parent", func(c *spsv1.Card) { c.Units = []*spsv1.Unit{unit("a", "b")} }, "units[0]: above it is \"b\", which is no unit"},
		{"units in a ring", func(c *spsv1.Card) { c.Units = []*spsv1.Unit{unit("a", "b"), unit("b", "a")} }, "units[0]: \"a\" is above itself"},
		{"unit without name", func(c *spsv1.Card) { c.Units = []*spsv1.Unit{{Id: "a"}} }, "units[0].name"},
		{"zone", func(c *spsv1.Card) { c.Hours = hours("Asia/Hue") }, "hours.time_zone: \"Asia/Hue\" is not a zone"},
		{"zone of this machine", func(c *spsv1.Card) { c.Hours = hours("Local") }, "\"Local\" is not a zone"},
		{"zone of a unit", func(c *spsv1.Card) {
			c.Units = []*spsv1.Unit{unit("a", "")}
			c.Units[0].Hours = hours("Asia/Hue")
		}, "units[0].hours.time_zone"},
		{"language", func(c *spsv1.Card) { c.Languages = []string{"?"} }, "languages[0]"},
		{"too large", func(c *spsv1.Card) {
			for range 10 {
				c.Name = append(c.Name, &spsv1.LocalizedText{Lang: "en", Text: strings.Repeat("a", 19600)})
			}
		}, "want 1 to 196608"},
		{"far too large", func(c *spsv1.Card) {
			for range 20 {
				c.Name = append(c.Name, &spsv1.LocalizedText{Lang: "en", Text: strings.Repeat("a", 20000)})
			}
		}, "want at most 200704"},
		{"two problems", func(c *spsv1.Card) {
			c.Addresses = []string{"a:0"}
			c.LogKeys = append(c.LogKeys, logKey(t, "asean-cn/CN/1", ed))
		}, "port is not a number from 1 to 65535\nlog_keys[1]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := mint(t, "VN", tt.change)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("card is refused with %v, want %q", err, tt.want)
			}
		})
	}
}

func TestCardSignaturesRefused(t *testing.T) {
	o := authority.ForTest(t, "VN").Office("VN")
	other := generateEd25519(t)
	var good spsv1.SignedCard
	if err := proto.Unmarshal(o.Card.Bytes(), &good); err != nil {
		t.Fatal(err)
	}
	sign := func(key ed25519.PrivateKey, text string) *spsv1.CardSignature {
		return &spsv1.CardSignature{PublicKey: key.Public().(ed25519.PublicKey), Signature: ed25519.Sign(key, []byte(text))}
	}
	context := "sps-card/v1\n"
	tests := []struct {
		name   string
		change func(*spsv1.SignedCard)
		want   string
	}{
		{"none", func(s *spsv1.SignedCard) { s.Signatures = nil }, "0 signatures"},
		{"three", func(s *spsv1.SignedCard) {
			s.Signatures = append(s.Signatures, s.Signatures[0], s.Signatures[0])
		}, "3 signatures"},
		{"twice", func(s *spsv1.SignedCard) { s.Signatures = append(s.Signatures, s.Signatures[0]) }, "two signatures of the same key"},
		{"of another key", func(s *spsv1.SignedCard) {
			s.Signatures = []*spsv1.CardSignature{sign(other, context+string(s.Card))}
		}, "not signed by the card key that it names"},
		{"of another key under its name", func(s *spsv1.SignedCard) {
			s.Signatures[0].Signature = ed25519.Sign(other, []byte(context+string(s.Card)))
		}, "signature 1 is wrong"},
		{"without context", func(s *spsv1.SignedCard) {
			s.Signatures = []*spsv1.CardSignature{sign(o.CardKey, string(s.Card))}
		}, "signature 1 is wrong"},
		{"in another context", func(s *spsv1.SignedCard) {
			s.Signatures = []*spsv1.CardSignature{sign(o.CardKey, "sps-receipt/v1\n"+string(s.Card))}
		}, "signature 1 is wrong"},
		{"wrong second", func(s *spsv1.SignedCard) {
			s.Signatures = append(s.Signatures, sign(other, "something else"))
		}, "signature 2 is wrong"},
		{"short key", func(s *spsv1.SignedCard) { s.Signatures[0].PublicKey = []byte{1} }, "signature 1 is wrong"},
		{"short signature", func(s *spsv1.SignedCard) { s.Signatures[0].Signature = []byte{1} }, "signature 1 is wrong"},
		{"card changed", func(s *spsv1.SignedCard) { s.Card[len(s.Card)-1] ^= 1 }, ""},
		{"no card", func(s *spsv1.SignedCard) { s.Card = nil }, "card of 0 bytes"},
		{"card is no message", func(s *spsv1.SignedCard) { s.Card = []byte{0xff} }, "card: proto"},
		{"no card key", func(s *spsv1.SignedCard) { s.Card = []byte{8, 1} }, "card"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			changed := proto.CloneOf(&good)
			tt.change(changed)
			signed, err := proto.Marshal(changed)
			if err != nil {
				t.Fatal(err)
			}
			_, err = certs.ParseCard(signed)
			if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), "\u00a0", " "), tt.want) {
				t.Errorf("ParseCard: %v, want an error with %q", err, tt.want)
			}
		})
	}
	if _, err := certs.ParseCard(make([]byte, certs.MaxSignedCard+1)); err == nil || !strings.Contains(err.Error(), "want at most") {
		t.Errorf("oversized: %v, want an error", err)
	}
	if _, err := certs.ParseCard([]byte{0xff}); err == nil {
		t.Error("garbage was parsed as a card")
	}
}

func TestMakeCardRefuses(t *testing.T) {
	o := authority.ForTest(t, "VN").Office("VN")
	message := o.Card.Message()
	p256 := generate(t, elliptic.P256())
	if _, err := certs.MakeCard(message, p256); err == nil || !strings.Contains(err.Error(), "want ed25519") {
		t.Errorf("P-256 card key: %v, want an error", err)
	}
	if _, err := certs.MakeCard(message, o.CardKey, p256); err == nil || !strings.Contains(err.Error(), "want ed25519") {
		t.Errorf("P-256 previous key: %v, want an error", err)
	}
	if _, err := certs.MakeCard(message, generateEd25519(t)); err == nil || !strings.Contains(err.Error(), "names another card key") {
		t.Errorf("other card key: %v, want an error", err)
	}
	if diff := cmp.Diff(o.Card.Message(), message, protocmp.Transform()); diff != "" {
		t.Errorf("MakeCard changed the message (-before +after):\n%s", diff)
	}
}

func TestLogKeyRanges(t *testing.T) {
	first, second, third := generateEd25519(t).Public(), generateEd25519(t).Public(), generateEd25519(t).Public()
	o, err := mint(t, "VN", func(c *spsv1.Card) {
		retired := logKey(t, "asean-cn/VN/1", first)
		retired.LastSize = 100
		revoked := logKey(t, "asean-cn/VN/1", second)
		revoked.FirstSize, revoked.RevokedAfter = 50, &spsv1.LastGood{Size: 70, Root: make([]byte, 32)}
		stolen := logKey(t, "asean-cn/VN/1", third)
		stolen.FirstSize, stolen.RevokedAfter = 50, &spsv1.LastGood{Size: 49, Root: make([]byte, 32)}
		c.LogKeys[0].Origin = "asean-cn/VN/2"
		c.LogKeys = append(c.LogKeys, retired, revoked, stolen)
	})
	if err != nil {
		t.Fatal(err)
	}
	origin := o.Origin()
	want := []certs.LogKey{
		{Origin: origin, Public: first, Until: 101},
		{Origin: origin, Public: second, From: 50, Until: 71},
	}
	got := o.Card.LogKeys(origin)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("log keys differ (-want +got):\n%s", diff)
	}
	origin.Epoch = 2
	if diff := cmp.Diff([]certs.Origin{o.Origin(), origin}, o.Card.Origins()); diff != "" {
		t.Errorf("origins differ (-want +got):\n%s", diff)
	}
	for _, k := range want {
		message, err := certs.MarshalLogKey(k)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := message.GetLastSize(), k.Until-1; got != want {
			t.Errorf("last size is %d, want %d", got, want)
		}
	}
	for _, k := range []certs.LogKey{{Origin: origin, Public: first, Until: 1}, {Origin: origin}} {
		if _, err := certs.MarshalLogKey(k); err == nil {
			t.Errorf("MarshalLogKey(%v) succeeded, want an error", k)
		}
	}
}

func TestRevokedReceiptKey(t *testing.T) {
	o, err := mint(t, "VN", func(c *spsv1.Card) {
		old := &spsv1.ReceiptKey{PublicKey: bytes.Repeat([]byte{7}, 32), Revoked: true}
		old.RevokedAfter = []*spsv1.ReceiptLimit{{Origin: "asean-cn/CN/1", Size: 9}}
		c.ReceiptKeys = append(c.ReceiptKeys, old)
	})
	if err != nil {
		t.Fatal(err)
	}
	keys := o.Card.ReceiptKeys()
	cn := certs.Origin{Federation: "asean-cn", Office: "CN", Epoch: 1}
	th := certs.Origin{Federation: "asean-cn", Office: "TH", Epoch: 1}
	got := []bool{keys[0].Good(cn, 10), keys[1].Good(cn, 9), keys[1].Good(cn, 10), keys[1].Good(th, 0)}
	if want := []bool{true, true, false, false}; !slices.Equal(got, want) {
		t.Errorf("good: %v, want %v", got, want)
	}
	if got, want := certs.ReceiptKeyName("asean-cn", "VN"), "asean-cn/VN/receipt"; got != want {
		t.Errorf("name is %q, want %q", got, want)
	}
}

// FuzzParseCard feeds bytes as they come from a peer or a file.
func FuzzParseCard(f *testing.F) {
	for _, o := range authority.ForTest(f, "VN", "CN").Offices() {
		f.Add(o.Card.Bytes())
		signed, err := o.ReplaceCardKey(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(signed)
	}
	f.Add([]byte{})
	f.Add([]byte{10, 2, 8, 1})
	f.Fuzz(func(t *testing.T, signed []byte) {
		card, err := certs.ParseCard(signed)
		if err != nil {
			return
		}
		if !bytes.Equal(card.Bytes(), signed) {
			t.Error("the bytes were not kept")
		}
		if again, err := certs.ParseCard(card.Bytes()); err != nil || !again.Same(card) || again.Fingerprint() != card.Fingerprint() {
			t.Errorf("parsed once, but not again: %v", err)
		}
		for _, o := range card.Origins() {
			if o.Office != card.Office() || len(card.LogKeys(o)) == 0 {
				t.Errorf("card of %s speaks for %s", card.Office(), o)
			}
		}
	})
}

// FuzzCardContent reaches what FuzzParseCard cannot, which hardly ever finds a
// good signature: the checks of what was signed.
func FuzzCardContent(f *testing.F) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	keyField := protowire.AppendBytes(protowire.AppendTag(nil, 10, protowire.BytesType), key.Public().(ed25519.PublicKey))
	o, err := mint(f, "VN", func(c *spsv1.Card) {
		c.Units = []*spsv1.Unit{unit("a", ""), unit("b", "a")}
		c.Hours = hours("Asia/Bangkok")
		c.LogKeys[0].RevokedAfter = &spsv1.LastGood{Size: 7, Root: make([]byte, 32)}
	})
	if err != nil {
		f.Fatal(err)
	}
	body, err := proto.Marshal(o.Card.Message())
	if err != nil {
		f.Fatal(err)
	}
	parse := func(body []byte) (*certs.Card, error) {
		body = append(bytes.Clone(body), keyField...) // the last value of a field counts
		signature := ed25519.Sign(key, append([]byte("sps-card/v1\n"), body...))
		signed, err := proto.Marshal(&spsv1.SignedCard{Card: body, Signatures: []*spsv1.CardSignature{
			{PublicKey: key.Public().(ed25519.PublicKey), Signature: signature},
		}})
		if err != nil {
			return nil, err
		}
		return certs.ParseCard(signed)
	}
	if _, err := parse(body); err != nil {
		f.Fatalf("the seed is no card: %v", err)
	}
	f.Add(body)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, body []byte) {
		card, err := parse(body)
		if err != nil {
			return
		}
		if id := certs.NodeIdentity(card.Federation(), card.Office()); id.Check() != nil || card.Number() == 0 || len(card.Roots()) == 0 {
			t.Errorf("accepted card %d of %s with %d roots", card.Number(), id, len(card.Roots()))
		}
		for _, o := range card.Origins() {
			if o.Office != card.Office() || o.Federation != card.Federation() {
				t.Errorf("card of %s speaks for %s", card.Office(), o)
			}
			for _, k := range card.LogKeys(o) {
				if err := k.Check(); err != nil {
					t.Errorf("accepted a log key: %v", err)
				}
			}
		}
	})
}
