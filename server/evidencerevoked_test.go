package server_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestEvidenceUnderARevokedKey has an office revoke its log key below what a
// peer holds of its log. What lay below stays good, and the peer says who can
// prove it; what lay above is proved by nobody.
func TestEvidenceUnderARevokedKey(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	cn, vn := w.start("CN"), w.start("VN")
	below := issue(t, cn, notification("fruit fly in mango", "VN"))
	above := issue(t, cn, notification("moth in longan", "VN"))
	vn.watch("offices/CN", "").statement(above.GetName())
	own := issue(t, vn, followUp(below, "the orchard was inspected", "CN"))
	cn.stop()
	revoked, err := w.fed.Office("CN").NextCard(func(c *spsv1.Card) {
		c.LogKeys[0].RevokedAfter = &spsv1.LastGood{Size: above.GetEntry().GetSequence(), Root: make([]byte, 32)}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.config("VN").Peers, "CN.card"), revoked, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := vn.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		of   *spsv1.IssuedStatement
		req  *spsv1.GetEvidenceRequest
		want string // what the refusal says; "": there is evidence
	}{
		{"below the last good size", below, &spsv1.GetEvidenceRequest{WithoutCase: true}, "ask another office for its evidence"},
		{"above it", above, &spsv1.GetEvidenceRequest{WithoutCase: true}, "its office does not stand by it"},
		{"of the own office, with the case", own, &spsv1.GetEvidenceRequest{}, "without the case"},
		{"of the own office alone", own, &spsv1.GetEvidenceRequest{WithoutCase: true}, ""},
	} {
		_, err := vn.exhibit(t, c.of.GetName(), c.req)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v, want evidence", c.name, err)
		case c.want != "" && (told(err) != "REVOKED" || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want REVOKED and %q", c.name, err, c.want)
		}
	}
}
