package rasff

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// first, repeated and second are three rows with one reference: the second says
// the same as the first, the third says more.
const (
	first = "2026.0200,herbs and spices,food,chlorpyrifos in chilli from Vietnam,2026-02-01 10:00:00,Germany," +
		"alert notification,serious,\"Germany,Poland\",,Poland,\"Germany,Poland\",Vietnam,\"chlorpyrifos  \",2026,5\n"
	repeated = "2026.0200,herbs and spices,food,chlorpyrifos in chilli from Vietnam ,2026-02-01 10:00:00.000000,Germany," +
		"alert notification,serious,\"Poland,Germany\",,Poland,\"Germany,Poland\",Vietnam,chlorpyrifos,2026,6\n"
	second = "2026.0200,herbs and spices,food,chlorpyrifos in chilli from Vietnam,2026-02-03 12:00:00,Germany," +
		"alert notification,serious,\"Germany,Poland,Thailand\",,\"Austria,Poland\",\"Austria,Germany,Poland\",Vietnam," +
		"\"cadmium,chlorpyrifos\",2026,6\n"
)

// node is a node as the importer sees it: it numbers what it is given.
type node struct{ issued int }

func (n *node) issue(s *spsv1.Statement) *spsv1.IssuedStatement {
	n.issued++
	return &spsv1.IssuedStatement{
		Reference: "EU-2026-00000" + string(rune('0'+n.issued)),
		Entry:     &spsv1.EntryRef{Origin: "asean-cn/EU/1", Sequence: uint64(n.issued), RecordHash: make([]byte, 32)},
		Statement: s,
	}
}

// importAll imports rows, and returns all steps and what was issued.
func importAll(t *testing.T, im *Importer, n *node, rows ...string) (steps []Step, issued []*spsv1.IssuedStatement) {
	t.Helper()
	if err := im.Read(strings.NewReader(header + strings.Join(rows, ""))); err != nil {
		t.Fatal(err)
	}
	for round := im.Round(); len(round) > 0; round = im.Round() {
		for _, step := range round {
			steps = append(steps, step)
			if step.Statement == nil {
				continue
			}
			if err := check(step.Statement); err != nil {
				t.Errorf("%v: %v", step, err)
			}
			answer := n.issue(step.Statement)
			issued = append(issued, answer)
			im.Done(step.RequestID, answer)
		}
	}
	if len(steps) != im.Rows() {
		t.Errorf("%d steps, want one for each of %d rows", len(steps), im.Rows())
	}
	return steps, issued
}

func TestSecondVersionAmends(t *testing.T) {
	steps, issued := importAll(t, NewImporter(options), &node{}, first, repeated, second)
	if len(issued) != 2 {
		t.Fatalf("issued %d, want a notification and an amendment", len(issued))
	}
	if steps[1].Line != 3 || steps[1].Statement != nil || steps[1].Err != nil {
		t.Errorf("the repeated row gives %+v, want nothing to issue", steps[1])
	}
	original, amended := issued[0], issued[1].GetStatement()
	if original.GetStatement().GetNotification() == nil {
		t.Fatalf("the first version gives %v, want a notification", original.GetStatement())
	}
	wantRef := &spsv1.CaseRef{Original: original.GetEntry(), Reference: original.GetReference()}
	if diff := cmp.Diff(wantRef, amended.GetCaseRef(), protocmp.Transform()); diff != "" {
		t.Errorf("case (-want +got):\n%s", diff)
	}
	wantRelation := []*spsv1.Relation{{
		Kind: spsv1.RelationKind_RELATION_KIND_AMENDS, Entry: original.GetEntry(), Reference: original.GetReference(),
	}}
	if diff := cmp.Diff(wantRelation, amended.GetRelatesTo(), protocmp.Transform()); diff != "" {
		t.Errorf("relations (-want +got):\n%s", diff)
	}
	if got, want := offices(amended), "TH VN"; got != want {
		t.Errorf("addressees %s, want %s: those before and the newly concerned", got, want)
	}
	var got []string
	for _, c := range amended.GetAmendment().GetChanges() {
		got = append(got, c.GetKind().String()+" "+c.GetPath()+" "+c.GetText()[0].GetText())
	}
	want := []string{
		"CHANGE_KIND_ADDITION findings hazards: added cadmium",
		"CHANGE_KIND_ADDITION parties operators: added AT",
		"CHANGE_KIND_DISTRIBUTION distribution distribution: added TH",
		"CHANGE_KIND_ADDITION  flags for follow-up: added AT",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
}

func TestAmendmentKeepsIDs(t *testing.T) {
	_, issued := importAll(t, NewImporter(options), &node{}, first, second)
	ids := func(n *spsv1.Notification) map[string]string {
		all := make(map[string]string)
		for _, o := range n.GetParties() {
			all[o.GetId()] = o.GetArea().GetCode()
		}
		for _, f := range n.GetFindings() {
			all[f.GetId()] = f.GetHazard().GetAgent().GetAsWritten()
		}
		return all
	}
	want := map[string]string{"o1": "DE", "o2": "PL", "f1": "chlorpyrifos"}
	if diff := cmp.Diff(want, ids(content(issued[0].GetStatement()))); diff != "" {
		t.Errorf("ids of the original (-want +got):\n%s", diff)
	}
	want["o3"], want["f2"] = "AT", "cadmium"
	if diff := cmp.Diff(want, ids(content(issued[1].GetStatement()))); diff != "" {
		t.Errorf("ids of the amendment (-want +got):\n%s", diff)
	}
}

// TestAudienceOnlyGrows holds that who ever got a notification gets what amends
// it, even if the newer version does not name the office any more.
func TestAudienceOnlyGrows(t *testing.T) {
	away := strings.Replace(first, "Vietnam,\"chlorpyrifos", "China,\"chlorpyrifos", 1)
	_, issued := importAll(t, NewImporter(options), &node{}, first, away, second)
	if len(issued) != 3 {
		t.Fatalf("issued %d, want 3", len(issued))
	}
	for i, want := range []string{"VN", "CN VN", "CN TH VN"} {
		if got := offices(issued[i].GetStatement()); got != want {
			t.Errorf("version %d is addressed to %s, want %s", i+1, got, want)
		}
	}
	if got := issued[2].GetStatement().GetRelatesTo()[0].GetReference(); got != issued[1].GetReference() {
		t.Errorf("the third version amends %s, want the second, %s", got, issued[1].GetReference())
	}
	if got := issued[2].GetStatement().GetCaseRef().GetReference(); got != issued[0].GetReference() {
		t.Errorf("the third version belongs to the case %s, want %s", got, issued[0].GetReference())
	}
}

func offices(s *spsv1.Statement) string {
	var all []string
	for _, a := range s.GetAddressees() {
		all = append(all, a.GetOffice())
	}
	return strings.Join(all, " ")
}

func TestImportTwice(t *testing.T) {
	once, _ := importAll(t, NewImporter(options), &node{}, first, repeated, second, plain)
	twice, _ := importAll(t, NewImporter(options), &node{}, first, repeated, second, plain)
	for i := range once {
		if once[i].RequestID != twice[i].RequestID || !proto.Equal(once[i].Statement, twice[i].Statement) {
			t.Errorf("%v differs at the second import", once[i])
		}
	}
	if once[0].RequestID == once[len(once)-1].RequestID {
		t.Errorf("two versions have the request ID %s", once[0].RequestID)
	}
}

// TestRemember holds that an export with the newer version only amends what was
// issued from an older one, and that nothing is issued for what was.
func TestRemember(t *testing.T) {
	n := &node{}
	_, before := importAll(t, NewImporter(options), n, first)
	im := NewImporter(options)
	im.Remember(before[0])
	im.Remember(&spsv1.IssuedStatement{Statement: &spsv1.Statement{Body: &spsv1.Statement_Withdrawal{}}})
	_, issued := importAll(t, im, n, first, second, first)
	if len(issued) != 2 {
		t.Fatalf("issued %d, want an amendment and one back", len(issued))
	}
	amended := issued[0].GetStatement()
	if amended.GetAmendment() == nil || amended.GetCaseRef().GetReference() != before[0].GetReference() {
		t.Errorf("the newer version gives %v, want an amendment of %s", amended, before[0].GetReference())
	}
	if got := amended.GetAmendment().GetNotification().GetParties()[1].GetId(); got != "o1" {
		t.Errorf("the party of the first version has the id %s, want o1 as before", got)
	}

	im = NewImporter(options)
	for _, s := range append(before, issued[0]) {
		im.Remember(s)
	}
	if _, again := importAll(t, im, n, first, second); len(again) > 0 {
		t.Errorf("issued %d at the second import, want none", len(again))
	}
}

func TestRefusedVersionMakesRoom(t *testing.T) {
	im := NewImporter(options)
	if err := im.Read(strings.NewReader(header + first + second)); err != nil {
		t.Fatal(err)
	}
	round := im.Round()
	if again := im.Round(); len(again) != 1 || again[0].RequestID != round[0].RequestID {
		t.Errorf("what is not done comes again as %v, want %v", again, round)
	}
	im.Done("no such request", nil)
	im.Done(round[0].RequestID, nil)
	im.Done(round[0].RequestID, nil) // told twice: ignored
	round = im.Round()
	if len(round) != 1 || round[0].Statement.GetNotification() == nil {
		t.Errorf("after a refusal the next version gives %v, want a notification", round)
	}
}

func TestImportReportsRows(t *testing.T) {
	bad := strings.NewReplacer("2026.0101", "2026.101", "Finland,alert", "Atlantis,alert").Replace(plain)
	steps, issued := importAll(t, NewImporter(options), &node{}, bad, "short\n", plain)
	if len(issued) != 1 {
		t.Errorf("issued %d, want 1", len(issued))
	}
	if len(steps) != 3 || steps[0].Err == nil || steps[1].Err == nil || steps[2].Err != nil {
		t.Fatalf("steps = %v", steps)
	}
	want := "line 2, notifying_country: name a member of the RASFF network or the European Commission, not \"Atlantis\"; " +
		"line 2, reference: restore 2026.101 as 2026.1010, a program took it for a number and left out its last digits"
	if got := steps[0].Err.Error(); got != want {
		t.Errorf("error = %s\nwant    %s", got, want)
	}
}

func TestReadRefusesAnotherFile(t *testing.T) {
	if err := NewImporter(options).Read(strings.NewReader("a,b\n")); err == nil {
		t.Error("Read takes a file that is not an export")
	}
}

func BenchmarkImport(b *testing.B) {
	const rows = 2800
	var export strings.Builder
	export.WriteString(header)
	for i := range rows {
		number := string([]byte{'0' + byte(i/1000), '0' + byte(i/100%10), '0' + byte(i/10%10), '0' + byte(i%10)})
		export.WriteString(strings.Replace(plain, "2026.0101", "2026."+number, 1))
	}
	for b.Loop() {
		im := NewImporter(options)
		if err := im.Read(strings.NewReader(export.String())); err != nil {
			b.Fatal(err)
		}
		if got := len(im.Round()); got != rows {
			b.Fatalf("%d steps, want %d", got, rows)
		}
	}
}
