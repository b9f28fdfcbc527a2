package protocol

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/tests/protocol/second"
)

// A reader reads the formats. What it returns is written by fmt, so that the
// readings of two can be compared.
type reader struct {
	leaf    func(b []byte) (string, error)
	receipt func(b []byte, office string, key ed25519.PublicKey) (string, error)
	// card reads a card, and returns what reads under its log keys.
	card func(b []byte) (string, keyed, error)

	inclusion   func(proof []tlog.Hash, size, seq uint64, root, record tlog.Hash) error
	consistency func(proof []tlog.Hash, size, from uint64, root, fromRoot tlog.Hash) error
}

// keyed reads what log keys sign.
type keyed struct {
	checkpoint func(b []byte) (string, error)
	seal       func(b []byte) (string, error)
}

// trust returns what reads under the log keys of a card.
func (r reader) trust(t testing.TB, card []byte) keyed {
	t.Helper()
	_, k, err := r.card(card)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// readers are the two readers that have to agree.
var readers = map[string]reader{"product": product, "second": secondReader}

// said is a reading in words, with the error that came with it.
func said(reading string, err error) (string, error) {
	if err != nil {
		return "", err
	}
	return reading, nil
}

var product = reader{
	leaf: func(b []byte) (string, error) {
		l, err := seal.ParseLeaf(b)
		if err != nil {
			return "", err
		}
		return productLeaf(l), nil
	},
	receipt: func(b []byte, office string, key ed25519.PublicKey) (string, error) {
		r, err := seal.OpenReceipt(b, certs.Office(office), []certs.ReceiptKey{{Public: key}})
		words := fmt.Sprintf("%s %d %x at %d missing %d ahead", r.Origin, r.Size, r.Root[:], r.Time, r.Missing)
		for _, a := range r.Ahead {
			words += fmt.Sprintf(" %d %x", a.Sequence, a.RecordHash[:])
		}
		return said(words, err)
	},
	card: func(b []byte) (string, keyed, error) {
		c, err := certs.ParseCard(b)
		if err != nil {
			return "", keyed{}, err
		}
		return fmt.Sprintf("%s %s %d %s", c.Federation(), c.Office(), c.Number(), c.Fingerprint()), productKeyed(c.LogKeys(vn)), nil
	},
	inclusion: func(proof []tlog.Hash, size, seq uint64, root, record tlog.Hash) error {
		return seal.CheckInclusion(proof, seal.Checkpoint{Origin: vn, Size: size, Root: root}, seq, record)
	},
	consistency: func(proof []tlog.Hash, size, from uint64, root, fromRoot tlog.Hash) error {
		return seal.CheckConsistency(proof, seal.Checkpoint{Origin: vn, Size: size, Root: root}, from, fromRoot)
	},
}

func productKeyed(keys []certs.LogKey) keyed {
	return keyed{
		checkpoint: func(b []byte) (string, error) {
			c, err := seal.OpenCheckpoint(b, keys)
			return said(fmt.Sprintf("%s %d %x", c.Origin, c.Size, c.Root[:]), err)
		},
		seal: func(b []byte) (string, error) {
			s, err := seal.Parse(b)
			if err != nil {
				return "", err
			}
			l, c, err := seal.Verify(s, keys)
			if err != nil {
				return "", err
			}
			return fmt.Sprintf("%s under %d %x", productLeaf(l), c.Size, c.Root[:]), nil
		},
	}
}

func productLeaf(l *spsv1.Leaf) string {
	words := fmt.Sprintf("%s %d at %d.%d type %d urgent %t network %t %q %q envelope %x %d", l.GetOrigin(), l.GetSequence(),
		l.GetTime().GetSeconds(), l.GetTime().GetNanos(), l.GetType(), l.GetUrgent(), l.GetAudience().GetNetwork(),
		l.GetAudience().GetOffices(), l.GetReference(), l.GetEnvelopeSha256(), l.GetEnvelopeSize())
	if s := l.GetSubject(); s != nil {
		words += fmt.Sprintf(" about %s %d %x", s.GetOrigin(), s.GetSequence(), s.GetRecordHash())
	}
	return words
}

var secondReader = reader{
	leaf: func(b []byte) (string, error) {
		l, err := second.ParseLeaf(b)
		if err != nil {
			return "", err
		}
		return secondLeaf(l), nil
	},
	receipt: func(b []byte, office string, key ed25519.PublicKey) (string, error) {
		r, err := second.OpenReceipt(b, office, []second.ReceiptKey{{Key: second.Key{Ed25519: key}}})
		words := fmt.Sprintf("%s %d %x at %d missing %d ahead", r.Origin, r.Size, r.Root, r.Time, r.Missing)
		for _, a := range r.Ahead {
			words += fmt.Sprintf(" %d %x", a.Sequence, a.RecordHash)
		}
		return said(words, err)
	},
	card: func(b []byte) (string, keyed, error) {
		c, err := second.ParseCard(b)
		if err != nil {
			return "", keyed{}, err
		}
		return fmt.Sprintf("%s %s %d %s", c.Federation, c.Office, c.Number, c.Fingerprint()), secondKeyed(c), nil
	},
	inclusion: func(proof []tlog.Hash, size, seq uint64, root, record tlog.Hash) error {
		return second.CheckInclusion(raw(proof), second.Checkpoint{Size: size, Root: root}, seq, record)
	},
	consistency: func(proof []tlog.Hash, size, from uint64, root, fromRoot tlog.Hash) error {
		return second.CheckConsistency(raw(proof), second.Checkpoint{Size: size, Root: root}, from, fromRoot)
	},
}

func secondKeyed(card *second.Card) keyed {
	return keyed{
		checkpoint: func(b []byte) (string, error) {
			c, err := second.OpenCheckpoint(b, card.LogKeys)
			return said(fmt.Sprintf("%s %d %x", c.Origin, c.Size, c.Root), err)
		},
		seal: func(b []byte) (string, error) {
			l, c, err := second.VerifySeal(b, card)
			if err != nil {
				return "", err
			}
			return fmt.Sprintf("%s under %d %x", secondLeaf(l), c.Size, c.Root), nil
		},
	}
}

func secondLeaf(l *second.Leaf) string {
	words := fmt.Sprintf("%s %d at %d.%d type %d urgent %t network %t %q %q envelope %x %d", l.Origin, l.Sequence,
		l.Seconds, l.Nanos, l.Type, l.Urgent, l.Network, l.Offices, l.Reference, l.Digest, l.Size)
	if s := l.Subject; s != nil {
		words += fmt.Sprintf(" about %s %d %x", s.Origin, s.Sequence, s.RecordHash)
	}
	return words
}

func raw(proof []tlog.Hash) [][sha256.Size]byte {
	var all [][sha256.Size]byte
	for _, h := range proof {
		all = append(all, h)
	}
	return all
}
