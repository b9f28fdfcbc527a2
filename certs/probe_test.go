package certs_test

import (
	"context"
	"crypto/tls"
	"errors"
	"testing"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
)

func TestProbeTellsWhoseSideRefuses(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN", "TH")
	vn, cn, th := fed.Office("VN"), fed.Office("CN"), fed.Office("TH")
	// One federation more, in which CN does not know VN.
	alone := authority.ForTest(t, "CN").Office("CN")

	for _, tc := range []struct {
		name   string
		server *tls.Config
		check  func(*testing.T, error)
	}{
		{"both believe", cn.TLS().Peers(), func(t *testing.T, err error) {
			if err != nil {
				t.Errorf("probe: %v, want none", err)
			}
		}},
		{"another office answers", th.TLS().Peers(), func(t *testing.T, err error) {
			refused, ok := errors.AsType[*certs.RefusedError](err)
			if !ok || refused.Check != certs.CheckOffice || errors.Is(err, certs.ErrTurnedAway) {
				t.Errorf("probe: %v, want the office check to refuse", err)
			}
		}},
		{"another authority", alone.TLS().Peers(), func(t *testing.T, err error) {
			refused, ok := errors.AsType[*certs.RefusedError](err)
			if !ok || refused.Check != certs.CheckChain {
				t.Errorf("probe: %v, want the chain check to refuse", err)
			}
		}},
		{"it does not believe us", withoutPeers(t, cn).Peers(), func(t *testing.T, err error) {
			if !errors.Is(err, certs.ErrTurnedAway) {
				t.Errorf("probe: %v, want ErrTurnedAway", err)
			}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a, b := pipe(t)
			defer b.Close()
			go func() { // as a server of HTTP/2 does: it speaks first
				defer a.Close()
				conn := tls.Server(a, tc.server)
				if conn.Handshake() == nil {
					_, _ = conn.Write([]byte{0})
				}
			}()
			_, err := vn.TLS().Probe(t.Context(), b, "CN")
			tc.check(t, err)
		})
	}
}

func TestProbeEndsWithItsContext(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	a, b := pipe(t)
	defer a.Close()
	defer b.Close()
	ctx, cancel := context.WithCancel(t.Context())
	shaken := make(chan error, 1)
	go func() {
		shaken <- tls.Server(a, fed.Office("CN").TLS().Peers()).Handshake() // and never speaks
		cancel()
	}()
	_, err := fed.Office("VN").TLS().Probe(ctx, b, "CN")
	if !errors.Is(err, context.Canceled) || errors.Is(err, certs.ErrTurnedAway) {
		t.Errorf("probe of a mute node: %v, want that it was cancelled", err)
	}
	if err := <-shaken; err != nil {
		t.Errorf("the mute node: %v", err)
	}
}

// withoutPeers returns the TLS of an office that has accepted nobody's card.
func withoutPeers(t *testing.T, office *authority.Office) *certs.TLS {
	t.Helper()
	roster, err := certs.NewRoster(office.Card)
	if err != nil {
		t.Fatal(err)
	}
	return &certs.TLS{Credentials: office.TLS().Credentials, Roster: roster}
}
