package protocol

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"io"
	"math/big"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/tests/protocol/second"
)

// The examples play in one federation, whose every key, certificate and clock
// is made from what the document prints.
const federation = "asean-cn"

// began is when the examples begin.
var began = time.Date(2026, 1, 5, 2, 0, 0, 0, time.UTC)

var (
	vn = certs.Origin{Federation: federation, Office: "VN", Epoch: 1}
	cn = certs.Origin{Federation: federation, Office: "CN", Epoch: 1}
)

// seedOf returns the 32 bytes that an example makes a key, a salt or a serial
// number of.
func seedOf(what string) [sha256.Size]byte { return sha256.Sum256([]byte("sps example " + what)) }

// edKey returns an Ed25519 key of the examples.
func edKey(what string) ed25519.PrivateKey {
	seed := seedOf(what)
	return ed25519.NewKeyFromSeed(seed[:])
}

// steadyKey is an ECDSA P-256 key that signs as RFC 6979 says, so that the same
// text has the same signature in every run.
type steadyKey struct{ *ecdsa.PrivateKey }

func (k steadyKey) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return k.PrivateKey.Sign(nil, digest, opts)
}

func p256Key(t testing.TB, what string) steadyKey {
	t.Helper()
	seed := seedOf(what)
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:])
	if err != nil {
		t.Fatal(err)
	}
	return steadyKey{key}
}

// office is one office of the examples. Viet Nam is changing its log key from
// Ed25519 to P-256, so its card names both.
type office struct {
	code    certs.Office
	log     ed25519.PrivateKey
	p256    *steadyKey // nil: there is no second log key
	receipt ed25519.PrivateKey
	card    []byte // SignedCard
}

func newOffice(t testing.TB, code certs.Office, address string, withP256 bool) *office {
	t.Helper()
	name := string(code)
	o := &office{code: code, log: edKey(name + " log key"), receipt: edKey(name + " receipt key")}
	keys := []crypto.Signer{o.log}
	if withP256 {
		second := p256Key(t, name+" second log key")
		o.p256 = &second
		keys = append(keys, second)
	}
	card := &spsv1.Card{
		Federation: federation, Office: name, Number: 1, IssueTime: timestamppb.New(began),
		Addresses:        []string{address},
		CertificateRoots: [][]byte{rootOf(t, code)},
		ReceiptKeys:      []*spsv1.ReceiptKey{{PublicKey: o.receipt.Public().(ed25519.PublicKey)}},
	}
	origin := certs.Origin{Federation: federation, Office: code, Epoch: 1}
	for _, key := range keys {
		entry, err := certs.MarshalLogKey(certs.LogKey{Origin: origin, Public: key.Public()})
		if err != nil {
			t.Fatal(err)
		}
		card.LogKeys = append(card.LogKeys, entry)
	}
	var err error
	if o.card, err = certs.MakeCard(card, edKey(name+" card key")); err != nil {
		t.Fatal(err)
	}
	return o
}

// rootOf returns the certificate of an office's authority, in DER.
func rootOf(t testing.TB, code certs.Office) []byte {
	t.Helper()
	key := p256Key(t, string(code)+" authority key")
	serial := seedOf(string(code) + " authority serial")
	id := seedOf(string(code) + " authority id")
	template := &x509.Certificate{
		SerialNumber:          new(big.Int).SetBytes(serial[:8]),
		Subject:               pkix.Name{CommonName: federation + "/" + string(code) + " authority"},
		NotBefore:             began,
		NotAfter:              began.Add(authority.RootValidity),
		BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
		KeyUsage:     x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		SubjectKeyId: id[:20], // else the version of Go chooses it
	}
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// parsed returns the office's card as the product reads it.
func (o *office) parsed(t testing.TB) *certs.Card {
	t.Helper()
	card, err := certs.ParseCard(o.card)
	if err != nil {
		t.Fatalf("card of %s: %v", o.code, err)
	}
	return card
}

// cardEnvelope returns the body of the first entry of the office's log.
func (o *office) cardEnvelope(t testing.TB) []byte {
	t.Helper()
	draft, err := ledger.CardDraft(o.parsed(t))
	if err != nil {
		t.Fatal(err)
	}
	return draft.Envelope
}

// marshal returns the bytes of a message; none of ours has a map.
func marshal(t testing.TB, m proto.Message) []byte {
	t.Helper()
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// signText signs any text as a note, whatever it says.
func signText(t testing.TB, name, text string, key ed25519.PrivateKey) []byte {
	t.Helper()
	id := second.Key{Ed25519: public(key)}.ID(name)
	sig := append(id[:], ed25519.Sign(key, []byte(text))...)
	return []byte(text + "\n— " + name + " " + base64.StdEncoding.EncodeToString(sig) + "\n")
}
