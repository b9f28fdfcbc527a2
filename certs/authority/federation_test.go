package authority_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
)

func TestFederationInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fed := authority.ForTest(t, "VN", "CN", "TH")
		for _, o := range fed.Offices() {
			if err := o.TLS().Check(); err != nil {
				t.Errorf("own credentials of %s: %v", o.Code(), err)
			}
			if got, want := len(o.Roster.Offices()), 2; got != want {
				t.Errorf("%s has accepted %d cards, want %d", o.Code(), got, want)
			}
			if got, want := o.Node.Identity(), certs.NodeIdentity("asean-cn", o.Code()); got != want {
				t.Errorf("node of %s is %s, want %s", o.Code(), got, want)
			}
		}
		if got, want := fed.Office("VN").Node.NotAfter(), time.Now().Add(authority.NodeValidity); !got.Equal(want) {
			t.Errorf("node certificate is valid until %s, want %s", got, want)
		}
		if fed.Office("LA") != nil {
			t.Error("LA is a member, want nil")
		}
	})
}
