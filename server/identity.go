package server

import (
	"crypto"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spsalert/spsalert/certs"
)

// identity is everything that makes a node the node of its office.
type identity struct {
	credentials *certs.Credentials
	roster      *certs.Roster
	log         crypto.Signer
	receipts    ed25519.PrivateKey
	tls         *certs.TLS
	web         *certs.WebCertificate // nil: the web listener shows the node's own
	cardFile    string
}

// ErrIdentity says that the files that say who a node is are wrong or do not
// belong together, or not to the configuration.
var ErrIdentity = errors.New("the configuration does not go with the files that it names")

// loadIdentity reads all files that say who this node is, and checks that they
// belong together. What is wrong comes in one error, a line for each.
func loadIdentity(c Config, now func() time.Time) (_ *identity, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("%w\n%w", err, ErrIdentity)
		}
	}()
	id := &identity{cardFile: c.Identity.Card}
	var errs []error
	try := func(err error) { errs = append(errs, err) }

	id.credentials, err = certs.LoadCredentials(c.Identity.Certificate, c.Identity.Key)
	try(err)
	id.log, err = certs.LoadKey(c.Identity.LogKey)
	try(err)
	id.receipts, err = certs.LoadEd25519Key(c.Identity.ReceiptKey)
	try(err)
	card, err := certs.LoadCard(c.Identity.Card)
	try(err)
	if c.Web.Certificate != "" {
		id.web, err = certs.LoadWebCertificate(c.Web.Certificate, c.Web.Key)
		try(err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if card.Federation() != c.Federation || card.Office() != c.Office {
		return nil, fmt.Errorf("card %s is of %s/%s, want %s/%s as configured",
			c.Identity.Card, card.Federation(), card.Office(), c.Federation, c.Office)
	}
	if want := certs.NodeIdentity(c.Federation, c.Office); id.credentials.Identity() != want {
		return nil, fmt.Errorf("certificate %s is of %s, want %s as configured",
			c.Identity.Certificate, id.credentials.Identity(), want)
	}
	if id.roster, err = certs.OpenRoster(c.Peers, card); err != nil {
		return nil, err
	}
	id.tls = &certs.TLS{Credentials: id.credentials, Roster: id.roster, Now: now}
	return id, nil
}

// reload reads certificate and cards again. What is wrong leaves the old ones
// in use.
func (id *identity) reload() error {
	var err error
	if id.web != nil {
		err = id.web.Reload()
	}
	return errors.Join(id.credentials.Reload(), err, id.reloadCard(), id.roster.Reload())
}

func (id *identity) reloadCard() error {
	card, err := certs.LoadCard(id.cardFile)
	if err != nil {
		return fmt.Errorf("own card: %w", err)
	}
	switch own := id.roster.Own(); {
	case card.Same(own):
		return nil
	case card.Number() != own.Number()+1:
		return fmt.Errorf("own card %s has number %d, and number %d is in force: peers take %d next",
			id.cardFile, card.Number(), own.Number(), own.Number()+1)
	case !namesReceiptKey(card, id.receipts):
		return fmt.Errorf("own card %s does not name the receipt key in use: configure the key that it names, and start again", id.cardFile)
	}
	if err := id.roster.SetOwn(card); err != nil {
		return fmt.Errorf("own card %s, which peers would not take: %w", id.cardFile, err)
	}
	return nil
}

func namesReceiptKey(card *certs.Card, key ed25519.PrivateKey) bool {
	return slices.ContainsFunc(card.ReceiptKeys(), func(k certs.ReceiptKey) bool {
		return !k.Revoked && k.Public.Equal(key.Public())
	})
}
