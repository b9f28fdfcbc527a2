package authority

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hpke"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// File and folder names in the folder of an office, as spsd expects them. The
// authority and the card key are of no use to the node and belong into a safe.
const (
	CAFolder        = "ca"
	PeersFolder     = "peers"
	NodeCertificate = "node.pem"
	NodeKey         = "node.key"
	LogKey          = "log.key"
	ReceiptKey      = "receipt.key"
	CardKey         = "card.key"
	ParcelKey       = "parcel.key"
)

// CardFile returns the name of the file that holds the card of an office, as
// in "VN.card".
func CardFile(office certs.Office) string { return string(office) + certs.CardSuffix }

// Options say what office to mint.
type Options struct {
	Federation string
	Office     certs.Office
	Addresses  []string         // where peers dial its node; none: it only dials out
	P256LogKey bool             // log key ECDSA P-256 instead of Ed25519, as some hardware wants
	Now        func() time.Time // nil: time.Now
	// Card, if set, may add names, units, contacts and hours to the first card
	// before it is signed.
	Card func(*spsv1.Card)
}

// Office is everything that one office has: its authority, its node's
// certificate, its keys, its card, and the roster of cards that it accepted,
// which starts empty. It is what a node is started from in tests; [Office.Save]
// writes it as the folder of a real one.
type Office struct {
	Authority  *Authority
	NodeIssued *Issued            // the node's certificate and key
	Node       *certs.Credentials // the same, as connections use it
	LogKey     crypto.Signer      // ed25519.PrivateKey or *ecdsa.PrivateKey
	ReceiptKey ed25519.PrivateKey
	CardKey    ed25519.PrivateKey
	ParcelKey  hpke.PrivateKey
	Card       *certs.Card
	Roster     *certs.Roster // in memory
}

// NewOffice mints an office: authority, keys, first card, first epoch.
func NewOffice(opts Options) (*Office, error) {
	ca, err := New(opts.Federation, opts.Office, opts.Now)
	if err != nil {
		return nil, err
	}
	o := &Office{Authority: ca}
	if err := o.makeKeys(opts.P256LogKey); err != nil {
		return nil, err
	}
	if o.NodeIssued, err = ca.IssueNode(0); err != nil {
		return nil, err
	}
	if o.Node, err = o.NodeIssued.Credentials(); err != nil {
		return nil, err
	}
	card, err := o.firstCard(opts)
	if err != nil {
		return nil, err
	}
	signed, err := certs.MakeCard(card, o.CardKey)
	if err != nil {
		return nil, err
	}
	if o.Card, err = certs.ParseCard(signed); err != nil {
		return nil, err
	}
	o.Roster, err = certs.NewRoster(o.Card)
	return o, err
}

func (o *Office) makeKeys(p256 bool) (err error) {
	if p256 {
		o.LogKey, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	} else {
		_, o.LogKey, err = ed25519.GenerateKey(rand.Reader)
	}
	if err != nil {
		return err
	}
	if _, o.ReceiptKey, err = ed25519.GenerateKey(rand.Reader); err != nil {
		return err
	}
	if _, o.CardKey, err = ed25519.GenerateKey(rand.Reader); err != nil {
		return err
	}
	o.ParcelKey, err = certs.NewParcelKey()
	return err
}

func (o *Office) firstCard(opts Options) (*spsv1.Card, error) {
	logKey, err := certs.MarshalLogKey(certs.LogKey{Origin: o.Origin(), Public: o.LogKey.Public()})
	if err != nil {
		return nil, err
	}
	card := &spsv1.Card{
		Federation:       opts.Federation,
		Office:           string(opts.Office),
		Number:           1,
		IssueTime:        timestamppb.New(o.Authority.now()),
		Addresses:        opts.Addresses,
		CertificateRoots: [][]byte{o.Authority.Root()},
		LogKeys:          []*spsv1.LogKey{logKey},
		ReceiptKeys:      []*spsv1.ReceiptKey{{PublicKey: o.ReceiptKey.Public().(ed25519.PublicKey)}},
		ParcelKeys:       []*spsv1.ParcelKey{{Suite: certs.ParcelSuite, PublicKey: o.ParcelKey.PublicKey().Bytes()}},
	}
	if opts.Card != nil {
		opts.Card(card)
	}
	return card, nil
}

// Code returns the office's code.
func (o *Office) Code() certs.Office { return o.Authority.Office() }

// Origin returns the office's log of the first epoch.
func (o *Office) Origin() certs.Origin {
	return certs.Origin{Federation: o.Authority.Federation(), Office: o.Authority.Office(), Epoch: 1}
}

// TLS returns what makes the configurations of the node's connections, by the
// office's roster and the clock that it was minted with.
func (o *Office) TLS() *certs.TLS {
	return &certs.TLS{Credentials: o.Node, Roster: o.Roster, Now: o.Authority.now}
}

// Person issues credentials for a person or system of the office.
func (o *Office) Person(role certs.Role, id string) (*certs.Credentials, error) {
	issued, err := o.Authority.IssuePerson(role, id, 0)
	if err != nil {
		return nil, err
	}
	return issued.Credentials()
}

// NextCard signs the successor of the office's card, numbered one higher, with
// what change does to it, and makes it the office's own. The bytes of the
// SignedCard are returned for the peers to apply. It is not safe for
// concurrent use.
func (o *Office) NextCard(change func(*spsv1.Card)) ([]byte, error) {
	return o.nextCard(o.CardKey, change)
}

// NextEpoch is NextCard with the log key for one more log: the card with which a
// new epoch is opened after a store was lost. It returns that log. The log key
// stays the same; the logs before keep theirs.
func (o *Office) NextEpoch(change func(*spsv1.Card)) (certs.Origin, error) {
	origins := o.Card.Origins()
	next := origins[len(origins)-1] // a card names at least one
	next.Epoch++
	key, err := certs.MarshalLogKey(certs.LogKey{Origin: next, Public: o.LogKey.Public()})
	if err != nil {
		return certs.Origin{}, err
	}
	_, err = o.NextCard(func(c *spsv1.Card) {
		c.LogKeys = append(c.LogKeys, key)
		if change != nil {
			change(c)
		}
	})
	return next, err
}

// ReplaceCardKey is NextCard with a new card key: the card is signed by both
// keys, and peers need their administrator's confirmation.
func (o *Office) ReplaceCardKey(change func(*spsv1.Card)) ([]byte, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	return o.nextCard(key, change, o.CardKey)
}

func (o *Office) nextCard(key ed25519.PrivateKey, change func(*spsv1.Card), previous ...crypto.Signer) ([]byte, error) {
	message := o.Card.Message()
	message.Number++
	message.IssueTime = timestamppb.New(o.Authority.now())
	message.CardKey = nil
	if change != nil {
		change(message)
	}
	signed, err := certs.MakeCard(message, key, previous...)
	if err != nil {
		return nil, err
	}
	card, err := certs.ParseCard(signed)
	if err != nil {
		return nil, err
	}
	if err := o.Roster.SetOwn(card); err != nil {
		return nil, err
	}
	o.Card, o.CardKey = card, key
	return signed, nil
}

// Save writes the office as a folder: the authority under ca/, the node's
// certificate and the keys, the own card, and the accepted cards under peers/.
// It refuses a folder that already holds an office.
func (o *Office) Save(dir string) error {
	if err := os.MkdirAll(filepath.Join(dir, PeersFolder), 0o700); err != nil {
		return err
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := o.Authority.Save(at(CAFolder)); err != nil {
		return err
	}
	for _, office := range o.Roster.Offices() {
		card, ok := o.Roster.Card(office)
		if !ok {
			continue // removed just now
		}
		if err := certs.SaveCard(filepath.Join(dir, PeersFolder, CardFile(office)), card); err != nil {
			return err
		}
	}
	return errors.Join(
		o.NodeIssued.Save(at(NodeCertificate), at(NodeKey)),
		certs.SaveKey(at(LogKey), o.LogKey),
		certs.SaveKey(at(ReceiptKey), o.ReceiptKey),
		certs.SaveKey(at(CardKey), o.CardKey),
		certs.SaveParcelKey(at(ParcelKey), o.ParcelKey),
		certs.SaveCard(at(CardFile(o.Code())), o.Card),
	)
}

// LoadOffice reads a folder that Save wrote. now is the clock of what the
// office issues; nil means time.Now.
func LoadOffice(dir string, now func() time.Time) (*Office, error) {
	at := func(name string) string { return filepath.Join(dir, name) }
	ca, err := Load(at(CAFolder), now)
	if err != nil {
		return nil, err
	}
	o := &Office{Authority: ca, NodeIssued: &Issued{}}
	for _, step := range []func() error{
		func() (err error) { o.NodeIssued.Key, err = certs.LoadKey(at(NodeKey)); return },
		func() (err error) { o.Node, err = certs.LoadCredentials(at(NodeCertificate), at(NodeKey)); return },
		func() (err error) { o.LogKey, err = certs.LoadKey(at(LogKey)); return },
		func() (err error) { o.ReceiptKey, err = certs.LoadEd25519Key(at(ReceiptKey)); return },
		func() (err error) { o.CardKey, err = certs.LoadEd25519Key(at(CardKey)); return },
		func() (err error) { o.ParcelKey, err = certs.LoadParcelKey(at(ParcelKey)); return },
		func() (err error) { o.Card, err = certs.LoadCard(at(CardFile(ca.Office()))); return },
		func() (err error) { o.Roster, err = certs.OpenRoster(at(PeersFolder), o.Card); return },
	} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("office in %s: %w", dir, err)
		}
	}
	o.NodeIssued.Certificate = o.Node.Leaf().Raw
	return o, nil
}
