package server_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal/evidence"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// proven is what evidence shows, in short.
type proven struct {
	Received, Known, Missing []certs.Office
	Case                     int
	Existed                  bool
}

// exhibit gets the evidence of a statement from a node, and verifies it with
// the cards of the world.
func (n *node) exhibit(t *testing.T, name string, req *spsv1.GetEvidenceRequest) (proven, error) {
	t.Helper()
	req.Name = name + "/evidence"
	file, err := spsv1.NewEvidenceServiceClient(n.as(certs.RoleAuditor, "lan.vu")).GetEvidence(t.Context(), req)
	if err != nil {
		return proven{}, err
	}
	b, err := evidence.Parse(file.GetData())
	if err != nil {
		t.Fatal(err)
	}
	if none := len(b.Cards) == 0; none != req.GetWithoutCards() {
		t.Errorf("%d cards, without cards: %t", len(b.Cards), req.GetWithoutCards())
	}
	var accepted []*certs.Card
	for _, o := range n.w.fed.Offices() {
		accepted = append(accepted, o.Card)
	}
	p, err := b.Verify(accepted)
	if err != nil {
		t.Fatal(err)
	}
	got := proven{Missing: p.Missing, Case: len(p.Case), Existed: !p.Existed.IsZero()}
	for _, h := range p.Received {
		got.Received = append(got.Received, h.Office)
	}
	for _, h := range p.Known {
		got.Known = append(got.Known, h.Office)
	}
	return got, nil
}

// TestEvidence has a statement with one addressee: at its issuer with the
// receipt of a third office, so that two vouch for the time, and at the
// addressee with its own receipt alone.
func TestEvidence(t *testing.T) {
	w := newWorld(t, "VN", "CN", "TH")
	cn, vn, th := w.start("CN"), w.start("VN"), w.start("TH")
	original := issue(t, cn, notification("fruit fly in mango", "VN"))
	vn.watch("offices/CN", "").statement(original.GetName())
	answer := issue(t, vn, followUp(original, "the orchard was inspected", "CN"))
	cn.watch("offices/VN", "").statement(answer.GetName())
	for _, office := range []string{"VN", "TH"} {
		cn.watch("offices/-", "").receipt(office, original.GetEntry().GetSequence())
	}
	for _, test := range []struct {
		name string
		at   *node
		req  *spsv1.GetEvidenceRequest
		want proven
	}{
		{"at the issuer", cn, &spsv1.GetEvidenceRequest{}, proven{Received: []certs.Office{"VN"}, Known: []certs.Office{"TH"}, Case: 1, Existed: true}},
		{"without case and cards", cn, &spsv1.GetEvidenceRequest{WithoutCase: true, WithoutCards: true}, proven{Received: []certs.Office{"VN"}, Known: []certs.Office{"TH"}, Existed: true}},
		{"at the addressee", vn, &spsv1.GetEvidenceRequest{}, proven{Received: []certs.Office{"VN"}, Case: 1}},
	} {
		got, err := test.at.exhibit(t, original.GetName(), test.req)
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	if _, err := th.exhibit(t, original.GetName(), &spsv1.GetEvidenceRequest{}); status.Code(err) != codes.NotFound {
		t.Errorf("at an office that is not addressed = %v, want NOT_FOUND", err)
	}
	if _, err := cn.exhibit(t, "offices/CN/statements/1-0", &spsv1.GetEvidenceRequest{}); status.Code(err) != codes.NotFound {
		t.Errorf("of a card = %v, want NOT_FOUND", err)
	}
}

// TestEvidenceIsAudited wants every restricted statement that a bundle carries
// away in the audit log, and what was asked for though it be for everybody.
func TestEvidenceIsAudited(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	cn, vn := w.start("CN"), w.start("VN")
	original := issue(t, cn, notification("fruit fly in mango", "VN"))
	vn.watch("offices/CN", "").statement(original.GetName())
	answer := issue(t, vn, followUp(original, "the orchard was inspected", "CN"))
	cn.watch("offices/VN", "").statement(answer.GetName())
	announced := issue(t, cn, notification("announced to all"))
	for _, asked := range []struct {
		name        string
		withoutCase bool
	}{{original.GetName(), false}, {answer.GetName(), false}, {original.GetName(), true}, {announced.GetName(), false}} {
		if _, err := cn.exhibit(t, asked.name, &spsv1.GetEvidenceRequest{WithoutCase: asked.withoutCase}); err != nil {
			t.Fatalf("evidence of %s: %v", asked.name, err)
		}
	}
	cn.stop() // writes what waits
	want := []string{
		"lan.vu GetEvidence [" + original.GetName() + " " + answer.GetName() + "]",
		"lan.vu GetEvidence [" + answer.GetName() + " " + original.GetName() + "]",
		"lan.vu GetEvidence [" + original.GetName() + "]",
		"lan.vu GetEvidence [" + announced.GetName() + "]",
	}
	got := slices.DeleteFunc(audited(t, w.start("CN")), func(line string) bool { return !strings.Contains(line, " GetEvidence ") })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("audit log (-want +got):\n%s", diff)
	}
}
