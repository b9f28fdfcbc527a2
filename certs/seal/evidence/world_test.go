package evidence_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/certs/seal/evidence"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// begun is when the story of the vectors begins: 2026-03-02 08:00 UTC.
const begun = 1772438400

// world is a federation made of nothing but its seeds: the same in every run.
type world struct {
	t       testing.TB
	offices map[certs.Office]*member
}

// member is one office with all its secrets, and its log.
type member struct {
	w          *world
	origin     certs.Origin
	cardKey    ed25519.PrivateKey
	receiptKey ed25519.PrivateKey
	logKeys    []crypto.Signer // the current one last
	message    *spsv1.Card
	cards      []*certs.Card
	leaves     [][]byte
	envelopes  [][]byte
	hashes     []tlog.Hash
}

// steady signs with ECDSA P-256 as RFC 6979 says: the same in every run.
type steady struct{ *ecdsa.PrivateKey }

func (k steady) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return k.PrivateKey.Sign(nil, digest, opts)
}

func seed(words ...any) []byte {
	sum := sha256.Sum256([]byte("evidence vectors: " + fmt.Sprint(words...)))
	return sum[:]
}

func edKey(words ...any) ed25519.PrivateKey { return ed25519.NewKeyFromSeed(seed(words...)) }

func p256Key(t testing.TB, words ...any) crypto.Signer {
	t.Helper()
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), seed(words...))
	if err != nil {
		t.Fatal(err)
	}
	return steady{key}
}

// newWorld makes six offices. China signs its log with a P-256 key, and the
// certificates of all ended before most of the story begins.
func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, offices: make(map[certs.Office]*member)}
	for _, code := range []certs.Office{"VN", "CN", "EU", "KH", "LA", "TH"} {
		m := &member{
			w: w, origin: certs.Origin{Federation: "asean-cn", Office: code, Epoch: 1},
			cardKey: edKey(code, "card"), receiptKey: edKey(code, "receipt"),
		}
		var key crypto.Signer = edKey(code, "log")
		if code == "CN" {
			key = p256Key(t, code, "log")
		}
		m.logKeys = append(m.logKeys, key)
		m.message = &spsv1.Card{
			Federation: "asean-cn", Office: string(code), Number: 1,
			IssueTime:        &timestamppb.Timestamp{Seconds: begun},
			CertificateRoots: [][]byte{w.root(code)},
			LogKeys:          []*spsv1.LogKey{w.logKey(certs.LogKey{Origin: m.origin, Public: key.Public()})},
			ReceiptKeys:      []*spsv1.ReceiptKey{{PublicKey: m.receiptKey.Public().(ed25519.PublicKey)}},
		}
		m.publish(nil)
		m.issueCard()
		w.offices[code] = m
	}
	return w
}

// root returns the certificate of an authority that has expired.
func (w *world) root(code certs.Office) []byte {
	key := p256Key(w.t, code, "authority")
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "asean-cn/" + string(code) + " authority"},
		NotBefore: time.Unix(begun-86400, 0), NotAfter: time.Unix(begun+60, 0),
		BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		w.t.Fatal(err)
	}
	return der
}

func (w *world) logKey(k certs.LogKey) *spsv1.LogKey {
	m, err := certs.MarshalLogKey(k)
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// publish signs the card as change leaves it: the first, or the next.
func (m *member) publish(change func(*spsv1.Card), previous ...crypto.Signer) *certs.Card {
	m.w.t.Helper()
	if len(m.cards) > 0 {
		m.message = proto.CloneOf(m.message)
		m.message.Number++
		m.message.CardKey = nil
	}
	if change != nil {
		change(m.message)
	}
	signed, err := certs.MakeCard(m.message, m.cardKey, previous...)
	if err != nil {
		m.w.t.Fatal(err)
	}
	card, err := certs.ParseCard(signed)
	if err != nil {
		m.w.t.Fatal(err)
	}
	m.cards = append(m.cards, card)
	return card
}

// replaceCardKey publishes a card with a new card key, signed by both.
func (m *member) replaceCardKey() *certs.Card {
	old := m.cardKey
	m.cardKey = edKey(m.origin.Office, "card", len(m.cards))
	return m.publish(nil, old)
}

func (m *member) card() *certs.Card { return m.cards[len(m.cards)-1] }

// append enters a leaf and returns its sequence.
func (m *member) append(l *spsv1.Leaf, envelope []byte) uint64 {
	m.w.t.Helper()
	seq := uint64(len(m.leaves))
	l.Origin, l.Sequence = m.origin.String(), seq
	l.Time = &timestamppb.Timestamp{Seconds: begun + 60*int64(seq), Nanos: 250000000}
	if l.GetEnvelopeSha256() == nil {
		sum := sha256.Sum256(envelope)
		l.EnvelopeSha256, l.EnvelopeSize = sum[:], uint32(len(envelope))
	}
	b, err := seal.MarshalLeaf(l)
	if err != nil {
		m.w.t.Fatal(err)
	}
	hashes, err := tlog.StoredHashes(int64(seq), b, m)
	if err != nil {
		m.w.t.Fatal(err)
	}
	m.leaves, m.envelopes, m.hashes = append(m.leaves, b), append(m.envelopes, envelope), append(m.hashes, hashes...)
	return seq
}

// ReadHashes implements tlog.HashReader.
func (m *member) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, i := range indexes {
		out = append(out, m.hashes[i])
	}
	return out, nil
}

func (m *member) issueCard() uint64 {
	envelope := m.w.marshal(&spsv1.Envelope{PayloadType: "application/vnd.sps.card.v1", Payload: m.card().Bytes()})
	return m.append(&spsv1.Leaf{
		Type: spsv1.LeafType_LEAF_TYPE_CARD, Audience: &spsv1.Audience{Network: true},
	}, envelope)
}

func (w *world) marshal(message proto.Message) []byte {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// issue enters a statement for the offices; for the network if there are none.
func (m *member) issue(s *spsv1.Statement, to ...string) uint64 {
	m.w.t.Helper()
	seq := len(m.leaves)
	s.Salt = seed(m.origin, seq, "salt")
	s.Federation, s.Office = m.origin.Federation, string(m.origin.Office)
	s.RequestId = fmt.Sprintf("00000000-0000-4000-8000-%012d", seq)
	return m.append(&spsv1.Leaf{
		Type: spsv1.LeafType_LEAF_TYPE_STATEMENT, Audience: audience(to...),
		Reference: m.reference(seq),
	}, m.w.marshal(&spsv1.Envelope{PayloadType: "application/vnd.sps.statement.v1", Payload: m.w.marshal(s)}))
}

func (m *member) reference(seq int) string {
	return fmt.Sprintf("%s-2026-%06d", m.origin.Office, seq)
}

func audience(to ...string) *spsv1.Audience {
	return &spsv1.Audience{Network: len(to) == 0, Offices: to}
}

// readdress brings offices into an earlier statement.
func (m *member) readdress(seq uint64, to ...string) uint64 {
	m.w.t.Helper()
	subject, err := seal.ParseLeaf(m.leaves[seq])
	if err != nil {
		m.w.t.Fatal(err)
	}
	return m.append(&spsv1.Leaf{
		Type: spsv1.LeafType_LEAF_TYPE_READDRESS, Audience: audience(to...), Subject: m.entryRef(seq),
		Reference: subject.GetReference(), EnvelopeSha256: subject.GetEnvelopeSha256(), EnvelopeSize: subject.GetEnvelopeSize(),
	}, nil)
}

func (m *member) entryRef(seq uint64) *spsv1.EntryRef {
	hash := seal.RecordHash(m.leaves[seq])
	return &spsv1.EntryRef{Origin: m.origin.String(), Sequence: seq, RecordHash: hash[:]}
}

func (m *member) inclusion(size, seq uint64) []tlog.Hash {
	m.w.t.Helper()
	proof, err := tlog.ProveRecord(int64(size), int64(seq), m)
	if err != nil {
		m.w.t.Fatal(err)
	}
	return proof
}

func (m *member) tree(size uint64) seal.Checkpoint {
	m.w.t.Helper()
	root, err := tlog.TreeHash(int64(size), m)
	if err != nil {
		m.w.t.Fatal(err)
	}
	return seal.Checkpoint{Origin: m.origin, Size: size, Root: root}
}

// checkpoint signs the tree of a size, by the newest log key unless others are
// named.
func (m *member) checkpoint(size uint64, keys ...crypto.Signer) []byte {
	m.w.t.Helper()
	if keys == nil {
		keys = m.logKeys[len(m.logKeys)-1:]
	}
	note, err := seal.SignCheckpoint(m.tree(size), keys...)
	if err != nil {
		m.w.t.Fatal(err)
	}
	return note
}

// entry returns an entry with its proof up to a checkpoint of a size.
func (m *member) entry(seq, size uint64) evidence.Entry {
	return evidence.Entry{Leaf: m.leaves[seq], Proof: m.inclusion(size, seq), Envelope: m.envelopes[seq]}
}

// receipt returns what this office says about the log of another at a size,
// for one entry of it.
func (m *member) receipt(of *member, size, seq uint64, change func(*seal.Receipt)) evidence.Receipt {
	m.w.t.Helper()
	tree := of.tree(size)
	said := seal.Receipt{Origin: of.origin, Size: size, Root: tree.Root, Time: begun + 3600 + 60*int64(size) + int64(m.origin.Office[0])}
	r := evidence.Receipt{Office: m.origin.Office}
	if seq < size {
		r.Proof = of.inclusion(size, seq)
	}
	if change != nil {
		change(&said)
	}
	note, err := seal.SignReceipt(said, m.origin.Office, m.receiptKey)
	if err != nil {
		m.w.t.Fatal(err)
	}
	r.Note = note
	return r
}

// canonical returns cards as they stand in a bundle.
func (w *world) canonical(cards ...*certs.Card) [][]byte {
	w.t.Helper()
	var out [][]byte
	for _, card := range cards {
		b, err := evidence.Canonical(card)
		if err != nil {
			w.t.Fatal(err)
		}
		out = append(out, b)
	}
	return out
}

// newest returns the newest cards of offices, which stand in ascending order.
func (w *world) newest(offices ...certs.Office) (cards []*certs.Card) {
	for _, o := range offices {
		cards = append(cards, w.offices[o].card())
	}
	return cards
}

func (w *world) encode(b *evidence.Bundle) []byte {
	w.t.Helper()
	out, err := b.Encode()
	if err != nil {
		w.t.Fatalf("Encode: %v", err)
	}
	return out
}

// otherBytes calls f with b changed in one byte, for every step'th byte, in one
// way or in all, until f returns false. The ways are neighbours, the case of a
// letter, a flipped top bit, and characters with a meaning in a bundle.
func otherBytes(b []byte, step int, all bool, f func(i int, changed []byte) bool) {
	changed := bytes.Clone(b)
	for i := 0; i < len(b); i += step {
		ways := []byte{b[i] ^ 1, b[i] ^ 0x20, b[i] ^ 0x80, '\n', ' ', '0', '=', 0}
		if !all {
			ways = ways[i%3 : i%3+1]
		}
		for _, c := range ways {
			if changed[i] = c; c != b[i] && !f(i, changed) {
				return
			}
		}
		changed[i] = b[i]
	}
}
