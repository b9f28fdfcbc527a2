package certs_test

import (
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func TestHandshakes(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	vn, cn := fed.Office("VN"), fed.Office("CN")

	t.Run("peers", func(t *testing.T) {
		atServer, atClient := connected(t, vn.TLS().Peers(), cn.TLS().Dial("VN"))
		for _, end := range []struct {
			state tls.ConnectionState
			want  certs.Identity
			until time.Time
		}{
			{atServer, cn.Node.Identity(), cn.Node.NotAfter()},
			{atClient, vn.Node.Identity(), vn.Node.NotAfter()},
		} {
			got, until, err := certs.IdentityFrom(end.state)
			if err != nil || got != end.want || !until.Equal(end.until) {
				t.Errorf("other end is %v until %v, %v, want %v until %v", got, until, err, end.want, end.until)
			}
			if got, want := end.state.Version, uint16(tls.VersionTLS13); got != want {
				t.Errorf("version is %x, want %x", got, want)
			}
		}
	})
	t.Run("people", func(t *testing.T) {
		for _, role := range certs.Roles() {
			if role == certs.RoleNode {
				continue
			}
			lan := person(t, vn, role, "lan")
			atServer, _ := connected(t, vn.TLS().Office(), certs.ClientTLS(lan, vn.Card, nil))
			if got, _, err := certs.IdentityFrom(atServer); err != nil || got != lan.Identity() {
				t.Errorf("caller is %v, %v, want %v", got, err, lan.Identity())
			}
		}
	})
	t.Run("no session is resumed", func(t *testing.T) {
		client := cn.TLS().Dial("VN")
		client.SessionTicketsDisabled = false
		client.ClientSessionCache = tls.NewLRUClientSessionCache(1)
		client.ServerName = "vn.test"
		for range 2 {
			atServer, atClient := connected(t, vn.TLS().Peers(), client)
			if atServer.DidResume || atClient.DidResume {
				t.Error("a session was resumed")
			}
		}
	})
}

// refusal is a handshake that one side must refuse.
type refusal struct {
	name           string
	server, client *tls.Config
	check          certs.Check
	want           string // in the error
}

func (r refusal) run(t *testing.T, byServer bool) {
	t.Run(r.name, func(t *testing.T) {
		s, c := shake(t, r.server, r.client)
		judge, other := s, c
		if !byServer {
			judge, other = c, s
		}
		var refused *certs.RefusedError
		if !errors.As(judge.err, &refused) {
			t.Fatalf("error is %v, want a RefusedError", judge.err)
		}
		if refused.Check != r.check {
			t.Errorf("refused by the check of %s, want %s: %v", refused.Check, r.check, refused)
		}
		if !strings.Contains(refused.Error(), r.want) {
			t.Errorf("error is %q, want it to contain %q", refused, r.want)
		}
		if other.err == nil {
			t.Error("the other side noticed nothing")
		}
	})
}

func TestServerRefuses(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN", "TH")
	vn, cn, th := fed.Office("VN"), fed.Office("CN"), fed.Office("TH")
	stranger := authority.ForTest(t, "LA").Office("LA")
	other, err := authority.NewOffice(authority.Options{Federation: "mercosur", Office: "CN"})
	if err != nil {
		t.Fatal(err)
	}
	forger := newSmith(t)
	la := forger.office("LA")
	trusting := authority.ForTest(t, "KH").Office("KH")
	if err := trusting.Roster.Accept(la.Card); err != nil {
		t.Fatal(err)
	}
	key := generate(t, elliptic.P256())
	now := time.Now()
	id := cn.Node.Identity()
	peers, office, toForged := vn.TLS().Peers(), vn.TLS().Office(), trusting.TLS().Peers()

	for _, tt := range []refusal{
		{"no card", peers, lax(stranger.Node), certs.CheckCard, "no card of LA is accepted here; ask LA for its card"},
		{"other federation", peers, lax(other.Node), certs.CheckFederation, "federation mercosur, want asean-cn"},
		{"expired", peers, laxClient(key, certify(t, cn.Authority, id, key, now.Add(-2*time.Hour), now.Add(-time.Hour))), certs.CheckValidity, "it has expired"},
		{"not yet valid", peers, laxClient(key, certify(t, cn.Authority, id, key, now.Add(time.Hour), now.Add(2*time.Hour))), certs.CheckValidity, "not yet valid"},
		{"authority of another office", peers, laxClient(key, certify(t, th.Authority, id, key, now.Add(-time.Hour), now.Add(time.Hour))), certs.CheckChain, "no authority on card 1 of CN vouches for it"},
		{"authority of nobody", peers, laxClient(key, certify(t, stranger.Authority, id, key, now.Add(-time.Hour), now.Add(time.Hour))), certs.CheckChain, "pretends to be CN"},
		{"person at the peers listener", peers, lax(person(t, cn, certs.RoleAdmin, "li")), certs.CheckRole, "it is admin of CN, want a node of another office"},
		{"own person at the peers listener", peers, lax(person(t, vn, certs.RoleOfficer, "lan")), certs.CheckRole, "want a node"},
		{"this node itself", peers, lax(vn.Node), certs.CheckRole, "want a node of another office"},
		{"own node at the office listener", office, lax(vn.Node), certs.CheckRole, "want a person or system of VN"},
		{"peer at the office listener", office, lax(cn.Node), certs.CheckRole, "want a person or system of VN"},
		{"person of another office", office, lax(person(t, cn, certs.RoleOfficer, "li")), certs.CheckOffice, "it is of office CN, want VN"},
		{"person by another authority", office, laxClient(key, certify(t, cn.Authority, certs.Identity{Federation: "asean-cn", Office: "VN", Role: certs.RoleAdmin, ID: "li"}, key, now.Add(-time.Hour), now.Add(time.Hour))), certs.CheckChain, "no authority on card 1 of VN"},

		{"forger's good certificate expired", toForged, forger.client("LA", func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Minute) }), certs.CheckValidity, "it has expired"},
		{"no identity", toForged, forger.client("LA", func(c *x509.Certificate) { c.URIs = nil }), certs.CheckIdentity, "no URI subject alternative name"},
		{"two identities", toForged, forger.client("LA", func(c *x509.Certificate) { c.URIs = append(c.URIs, id.URL()) }), certs.CheckIdentity, "2 URI subject alternative names"},
		{"identity of another scheme", toForged, forger.client("LA", func(c *x509.Certificate) { c.URIs = []*url.URL{mustURL(t, "spiffe://asean-cn/LA/node")} }), certs.CheckIdentity, "does not start with sps://"},
		{"identity in a name only", toForged, forger.client("LA", func(c *x509.Certificate) { c.URIs = nil; c.Subject.CommonName = "sps://asean-cn/LA/node" }), certs.CheckIdentity, "no URI"},
		{"server certificate", toForged, forger.client("LA", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }), certs.CheckUsage, "clientAuth"},
		{"no extended usage", toForged, forger.client("LA", func(c *x509.Certificate) { c.ExtKeyUsage = nil }), certs.CheckUsage, "clientAuth"},
		{"no signing usage", toForged, forger.client("LA", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement }), certs.CheckUsage, "clientAuth"},
		{"authority as a leaf", toForged, forger.client("LA", func(c *x509.Certificate) { c.IsCA = true; c.KeyUsage |= x509.KeyUsageCertSign }), certs.CheckUsage, "clientAuth"},
	} {
		tt.run(t, true)
	}
}

func TestRefusalIsTold(t *testing.T) {
	vn, la := authority.ForTest(t, "VN").Office("VN"), authority.ForTest(t, "LA").Office("LA")
	var told []*certs.RefusedError
	config := vn.TLS()
	config.Refused = func(err *certs.RefusedError) { told = append(told, err) }
	s, _ := shake(t, config.Peers(), lax(la.Node))
	if len(told) != 1 || !errors.Is(s.err, told[0]) || !errors.Is(s.err, certs.ErrNoCard) {
		t.Fatalf("told %v, want the error of the handshake once, %v", told, s.err)
	}
	if got, want := told[0].Identity, la.Node.Identity(); got != want {
		t.Errorf("told of %s, want %s", got, want)
	}
	for _, want := range []string{
		"card check refused certificate sps://asean-cn/LA/node (serial ", "issued by", " from bufconn: ",
		"put it into the folder of peers as LA.card",
	} {
		if !strings.Contains(told[0].Error(), want) {
			t.Errorf("told %q, want it to contain %q", told[0], want)
		}
	}
	config.Refused = nil
	if s, _ := shake(t, config.Peers(), lax(la.Node)); s.err == nil {
		t.Error("let in where nobody is told")
	}
	crippled := vn.TLS().Peers()
	crippled.GetConfigForClient = nil
	if s, _ := shake(t, crippled, lax(vn.Node)); s.err == nil || !strings.Contains(s.err.Error(), "configuration was changed") {
		t.Errorf("configuration without its check: %v, want nobody to be let in", s.err)
	}
}

func TestServerRefusesKeys(t *testing.T) {
	forger := newSmith(t)
	la := forger.office("LA")
	kh := authority.ForTest(t, "KH").Office("KH")
	if err := kh.Roster.Accept(la.Card); err != nil {
		t.Fatal(err)
	}
	peers := kh.TLS().Peers()
	id := la.Node.Identity()
	leafOf := func(public any) []byte {
		return forger.sign(forger.template(&id), forger.root, public, forger.key).Raw
	}
	rsaKey, edKey, p384 := generateRSA(t), generateEd25519(t), generate(t, elliptic.P384())

	// An RSA authority between the root and the leaf.
	template := forger.template()
	template.IsCA, template.KeyUsage, template.ExtKeyUsage = true, x509.KeyUsageCertSign, nil
	between := forger.sign(template, forger.root, rsaKey.Public(), forger.key)
	good := generate(t, elliptic.P256())
	under := forger.sign(forger.template(&id), between, good.Public(), rsaKey)

	// A leaf of an honest authority that plays the authority itself.
	honest := authority.ForTest(t, "VN").Office("VN")
	if err := kh.Roster.Replace(honest.Card, honest.Card.Fingerprint()); err != nil {
		t.Fatal(err)
	}
	vn := honest.Node.Identity()
	usurped := forger.sign(forger.template(&vn), honest.Node.Leaf(), good.Public(), honest.NodeIssued.Key)

	five := [][]byte{leafOf(good.Public())}
	for len(five) < 5 {
		five = append(five, forger.root.Raw)
	}
	for _, tt := range []refusal{
		{"RSA", peers, laxClient(rsaKey, leafOf(rsaKey.Public())), certs.CheckKey, "*rsa.PublicKey, want ECDSA P-256"},
		{"Ed25519", peers, laxClient(edKey, leafOf(edKey.Public())), certs.CheckKey, "ed25519.PublicKey, want ECDSA P-256"},
		{"P-384", peers, laxClient(p384, leafOf(p384.Public())), certs.CheckKey, "want P-256"},
		{"RSA in the chain", peers, laxClient(good, under.Raw, between.Raw), certs.CheckKey, "in its chain has a key of the wrong kind"},
		{"issued by a leaf", peers, laxClient(good, usurped.Raw, honest.Node.Leaf().Raw), certs.CheckChain, "no authority on card 1 of VN"},
		{"long chain", peers, laxClient(good, five...), certs.CheckCertificate, "showed 5 certificates, want 1 to 4"},
	} {
		tt.run(t, true)
	}
	t.Run("P-256 is fine", func(t *testing.T) {
		connected(t, peers, laxClient(good, leafOf(good.Public())))
	})
}

func TestServerRefusesOldTLSAndNoCertificate(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	peers := fed.Office("VN").TLS().Peers()
	old := fed.Office("CN").TLS().Dial("VN")
	old.MinVersion, old.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	s, c := shake(t, peers, old)
	if s.err == nil || !strings.Contains(s.err.Error(), "unsupported versions") || c.err == nil {
		t.Errorf("TLS 1.2: server says %v, client says %v, want both to refuse", s.err, c.err)
	}
	s, c = shake(t, peers, &tls.Config{InsecureSkipVerify: true})
	if s.err == nil || !strings.Contains(s.err.Error(), "didn't provide a certificate") || c.err == nil {
		t.Errorf("no certificate: server says %v, client says %v, want both to refuse", s.err, c.err)
	}
	vn := fed.Office("VN").NodeIssued
	down := laxServer(vn.Key, vn.Certificate)
	down.MinVersion, down.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	s, c = shake(t, down, fed.Office("CN").TLS().Dial("VN"))
	if s.err == nil || c.err == nil || !strings.Contains(c.err.Error(), "protocol version") {
		t.Errorf("TLS 1.2 server: server says %v, client says %v, want both to refuse", s.err, c.err)
	}
}

func TestClientRefuses(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN", "TH")
	vn, cn, th := fed.Office("VN"), fed.Office("CN"), fed.Office("TH")
	key := generate(t, elliptic.P256())
	now := time.Now()
	nodeOf := func(ca, pretended *authority.Office, from, until time.Time) *tls.Config {
		return laxServer(key, certify(t, ca.Authority, pretended.Node.Identity(), key, from, until))
	}
	forger := newSmith(t)
	la := forger.office("LA")
	if err := cn.Roster.Accept(la.Card); err != nil {
		t.Fatal(err)
	}
	id := la.Node.Identity()
	clientOnly := forger.template(&id)
	clientOnly.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	li := person(t, cn, certs.RoleOfficer, "li")

	for _, tt := range []refusal{
		{"another office answers", th.TLS().Peers(), cn.TLS().Dial("VN"), certs.CheckOffice, "it is of office TH, want VN; check the address on the card of VN"},
		{"authority of another office", nodeOf(th, vn, now.Add(-time.Hour), now.Add(time.Hour)), cn.TLS().Dial("VN"), certs.CheckChain, "no authority on card 1 of VN"},
		{"expired", nodeOf(vn, vn, now.Add(-2*time.Hour), now.Add(-time.Hour)), cn.TLS().Dial("VN"), certs.CheckValidity, "it has expired"},
		{"not yet valid", nodeOf(vn, vn, now.Add(time.Hour), now.Add(2*time.Hour)), cn.TLS().Dial("VN"), certs.CheckValidity, "not yet valid"},
		{"a person answers", laxServer(key, certify(t, vn.Authority, certs.Identity{Federation: "asean-cn", Office: "VN", Role: certs.RoleAdmin, ID: "lan"}, key, now.Add(-time.Hour), now.Add(time.Hour))), cn.TLS().Dial("VN"), certs.CheckRole, "it is admin of VN, want a node"},
		{"no card", laxServer(vn.NodeIssued.Key, vn.NodeIssued.Certificate), la.TLS().Dial("VN"), certs.CheckCard, "no card of VN is accepted here"},
		{"client certificate", laxServer(key, forger.sign(clientOnly, forger.root, key.Public(), forger.key).Raw), cn.TLS().Dial("LA"), certs.CheckUsage, "serverAuth"},
		{"person dials the node of another office", vn.TLS().Office(), certs.ClientTLS(li, cn.Card, nil), certs.CheckOffice, "it is of office VN, want CN"},
		{"person is shown a forged node", nodeOf(th, cn, now.Add(-time.Hour), now.Add(time.Hour)), certs.ClientTLS(li, cn.Card, nil), certs.CheckChain, "no authority on card 1 of CN"},
	} {
		tt.run(t, false)
	}
}

func TestCardsActWithoutRestart(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	vn, cn := fed.Office("VN"), fed.Office("CN")
	server, client := vn.TLS().Peers(), cn.TLS().Dial("VN")
	connected(t, server, client)

	if err := vn.Roster.Remove("CN"); err != nil {
		t.Fatal(err)
	}
	refusal{"removed card", server, client, certs.CheckCard, "no card of CN is accepted here"}.run(t, true)

	if err := vn.Roster.Accept(cn.Card); err != nil {
		t.Fatal(err)
	}
	connected(t, server, client)

	// CN changes its authority: until the card that says so is applied, its
	// new certificate is worth nothing; afterwards the old one is.
	ca, err := authority.New("asean-cn", "CN", nil)
	if err != nil {
		t.Fatal(err)
	}
	renewed, err := ca.IssueNode(0)
	if err != nil {
		t.Fatal(err)
	}
	old := cn.NodeIssued
	if err := cn.Node.Replace(renewed.Key, renewed.Certificate); err != nil {
		t.Fatal(err)
	}
	refusal{"new authority before its card", server, client, certs.CheckChain, "its next card brings it"}.run(t, true)
	next, err := cn.NextCard(func(c *spsv1.Card) { c.CertificateRoots = [][]byte{ca.Root()} })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := vn.Roster.Apply(next); err != nil {
		t.Fatal(err)
	}
	connected(t, server, client)
	if err := cn.Node.Replace(old.Key, old.Certificate); err != nil {
		t.Fatal(err)
	}
	refusal{"old authority after it", server, client, certs.CheckChain, "no authority on card 2 of CN"}.run(t, true)
	if err := cn.TLS().Check(); err == nil || !strings.Contains(err.Error(), "own credentials") {
		t.Errorf("Check() = %v, want it to notice at home", err)
	}
}

func TestCertificateExpiresAndIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fed := authority.ForTest(t, "VN", "CN")
		vn, cn := fed.Office("VN"), fed.Office("CN")
		server, client := vn.TLS().Peers(), cn.TLS().Dial("VN")
		atServer, _ := connected(t, server, client)
		_, until, err := certs.IdentityFrom(atServer)
		if err != nil {
			t.Fatal(err)
		}

		time.Sleep(time.Until(until) + time.Second)
		s, _ := shake(t, server, laxClient(cn.NodeIssued.Key, cn.NodeIssued.Certificate))
		var refused *certs.RefusedError
		if !errors.As(s.err, &refused) || refused.Check != certs.CheckValidity || refused.Identity != cn.Node.Identity() {
			t.Errorf("after it expired: %v, want a refusal for validity of %s", s.err, cn.Node.Identity())
		}

		for _, o := range fed.Offices() {
			renewed, err := o.Authority.IssueNode(0)
			if err != nil {
				t.Fatal(err)
			}
			if err := o.Node.Replace(renewed.Key, renewed.Certificate); err != nil {
				t.Fatal(err)
			}
		}
		connected(t, server, client)
	})
}

func TestIdentityFromRefuses(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	state, _ := connected(t, fed.Office("VN").TLS().Peers(), fed.Office("CN").TLS().Dial("VN"))
	tests := []struct {
		name   string
		change func(*tls.ConnectionState)
		want   string
	}{
		{"handshake under way", func(s *tls.ConnectionState) { s.HandshakeComplete = false }, "not complete"},
		{"TLS 1.2", func(s *tls.ConnectionState) { s.Version = tls.VersionTLS12 }, "connection is TLS 1.2, want TLS 1.3"},
		{"no certificate", func(s *tls.ConnectionState) { s.PeerCertificates = nil }, "showed no certificate"},
		{"no identity", func(s *tls.ConnectionState) {
			s.PeerCertificates = fed.Office("VN").Card.Roots()
		}, "no URI subject alternative name"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			changed := state
			tt.change(&changed)
			if id, _, err := certs.IdentityFrom(changed); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("IdentityFrom = %v, %v, want an error with %q", id, err, tt.want)
			}
		})
	}
}
