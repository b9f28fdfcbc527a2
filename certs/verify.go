package certs

import (
	"crypto/x509"
	"fmt"
	"time"
)

// expectation is what one side of a handshake demands of the other. The
// functions are asked at each handshake, so that they see cards as they are
// now.
type expectation struct {
	federation string
	role       string                      // for messages: "a node", "a person of VN"
	roleOK     func(Identity) bool         // is it of the right kind
	office     Office                      // the only office that will do; empty: any
	card       func(Office) (*Card, error) // the accepted card of an office
	usage      x509.ExtKeyUsage
	now        func() time.Time
}

// check is the whole check of the other side's certificates, the leaf first.
func (x expectation) check(chain []*x509.Certificate) *RefusedError {
	if len(chain) == 0 || len(chain) > maxChain {
		return &RefusedError{
			Check: CheckCertificate, Certificate: "connection",
			Problem: fmt.Sprintf("the other side showed %d certificates, want 1 to %d", len(chain), maxChain),
			Fix:     "let it dial with its own certificate and key",
		}
	}
	leaf := chain[0]
	id, err := CertificateIdentity(leaf)
	if err != nil {
		return &RefusedError{
			Check: CheckIdentity, Certificate: describe(leaf), Problem: "no identity", Err: err,
			Fix: "have its office issue a certificate with its identity as URI subject alternative name",
		}
	}
	refuse := func(check Check, fix string, cause error, problem string, args ...any) *RefusedError {
		return &RefusedError{
			Check: check, Identity: id, Certificate: describe(leaf),
			Problem: fmt.Sprintf(problem, args...), Fix: fix, Err: cause,
		}
	}
	switch {
	case id.Federation != x.federation:
		return refuse(CheckFederation, "check that both nodes are configured for the same federation", nil,
			"it is of federation %s, want %s", id.Federation, x.federation)
	case !x.roleOK(id):
		return refuse(CheckRole, "nodes dial the peers listener, people the office listener of their own office", nil,
			"it is %s of %s, want %s", id.Role, id.Office, x.role)
	case x.office != "" && id.Office != x.office:
		return refuse(CheckOffice, "check the address on the card of "+string(x.office), nil,
			"it is of office %s, want %s", id.Office, x.office)
	}
	card, err := x.card(id.Office)
	if err != nil {
		return refuse(CheckCard, "", err, "its office is not known")
	}
	if err := checkP256(leaf.PublicKey); err != nil {
		return refuse(CheckKey, "have it issued again for an ECDSA P-256 key", err, "its key is of the wrong kind")
	}
	now := x.now()
	switch {
	case now.Before(leaf.NotBefore):
		return refuse(CheckValidity, "compare the clocks of both machines", nil,
			"it is not yet valid, now is %s here", now.UTC().Format(time.RFC3339))
	case now.After(leaf.NotAfter):
		return refuse(CheckValidity, "have "+string(id.Office)+" issue a new one; if it did not expire, compare the clocks", nil,
			"it has expired, now is %s here", now.UTC().Format(time.RFC3339))
	case leaf.IsCA || leaf.KeyUsage&x509.KeyUsageDigitalSignature == 0 || !hasUsage(leaf, x.usage):
		return refuse(CheckUsage, "have it issued again with that usage", nil,
			"it is not issued for %s", usageName(x.usage))
	}
	return x.checkChain(chain, card, now, refuse)
}

// checkChain holds the rule on which all trust here rests: only the roots on
// the card of the office that the leaf names may vouch for the leaf.
func (x expectation) checkChain(chain []*x509.Certificate, card *Card, now time.Time,
	refuse func(Check, string, error, string, ...any) *RefusedError,
) *RefusedError {
	between := x509.NewCertPool()
	for _, cert := range chain[1:] {
		between.AddCert(cert)
	}
	verified, err := chain[0].Verify(x509.VerifyOptions{
		Roots:         card.roots,
		Intermediates: between,
		CurrentTime:   now,
		KeyUsages:     []x509.ExtKeyUsage{x.usage},
	})
	if err != nil {
		fix := fmt.Sprintf("if %s has a new authority, its next card brings it; else somebody pretends to be %s", card.Office(), card.Office())
		return refuse(CheckChain, fix, err, "no authority on card %d of %s vouches for it", card.Number(), card.Office())
	}
	for _, cert := range verified[0] {
		if err := checkP256(cert.PublicKey); err != nil {
			return refuse(CheckKey, "have it issued by an authority with ECDSA P-256 keys", err,
				"%s in its chain has a key of the wrong kind", describe(cert))
		}
	}
	return nil
}

func hasUsage(cert *x509.Certificate, want x509.ExtKeyUsage) bool {
	for _, usage := range cert.ExtKeyUsage {
		if usage == want {
			return true
		}
	}
	return false
}

func usageName(usage x509.ExtKeyUsage) string {
	if usage == x509.ExtKeyUsageServerAuth {
		return "accepting connections (extended key usage serverAuth)"
	}
	return "dialling (extended key usage clientAuth)"
}
