package statement_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// TestWhatAnAmendmentSaysAroundTheNotification amends a notification that asks
// somebody for follow-up, names a contact and two files.
func TestWhatAnAmendmentSaysAroundTheNotification(t *testing.T) {
	flag := &spsv1.Flag{Office: "VN", Kind: spsv1.FlagKind_FLAG_KIND_FOR_FOLLOW_UP}
	contact := &spsv1.ContactPoint{Phone: "+66 2 000 0000"}
	old, other, brought := &spsv1.Attachment{Id: "a1"}, &spsv1.Attachment{Id: "a2"}, &spsv1.Attachment{Id: "a3"}
	for _, test := range []struct {
		name        string
		mask        []string
		says        *spsv1.Statement // beside the reason
		flags       int
		contacts    int
		attachments string
		changes     []string
	}{
		{"nothing", nil, &spsv1.Statement{}, 1, 1, "a1 a2", nil},
		{"another file", nil, &spsv1.Statement{Attachments: []*spsv1.Attachment{brought}}, 1, 1, "a3 a1 a2", []string{"CORRECTION statement.attachments"}},
		{"no flags", []string{"statement.flags"}, &spsv1.Statement{}, 0, 1, "a1 a2", []string{"REMOVAL statement.flags"}},
		{
			"no contacts, and no files but one",
			[]string{"statement.contacts", "statement.attachments"},
			&spsv1.Statement{Attachments: []*spsv1.Attachment{other}},
			1, 0, "a2",
			[]string{"REMOVAL statement.contacts", "CORRECTION statement.attachments"},
		},
		{
			"no flags, and another classification",
			[]string{"classification", "statement.flags"},
			&spsv1.Statement{},
			0, 1, "a1 a2",
			[]string{"RECLASSIFICATION classification", "REMOVAL statement.flags"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDossier()
			before := d.original.Statement
			before.Flags, before.Contacts, before.Attachments = []*spsv1.Flag{flag}, []*spsv1.ContactPoint{contact}, []*spsv1.Attachment{old, other}
			said := proto.CloneOf(test.says)
			said.Office = "TH"
			said.Body = &spsv1.Statement_Amendment{Amendment: &spsv1.Amendment{
				Reason: en("so it is"), Notification: content(spsv1.Classification_CLASSIFICATION_NEWS, false),
			}}
			if test.mask == nil || test.mask[0] != "classification" {
				said.GetAmendment().Notification = nil
			}
			s, act := proto.CloneOf(said), statement.Act{Fields: test.mask}
			if problems := statement.NewCase(d.original, d.entries).Complete(s, act); len(problems) > 0 {
				t.Fatal(problems)
			}
			files, changes := "", []string(nil)
			for _, a := range s.GetAttachments() {
				files += " " + a.GetId()
			}
			for _, c := range s.GetAmendment().GetChanges() {
				changes = append(changes, c.GetKind().String()[len("CHANGE_KIND_"):]+" "+c.GetPath())
			}
			if len(s.GetFlags()) != test.flags || len(s.GetContacts()) != test.contacts || files != " "+test.attachments {
				t.Errorf("%d flags, %d contacts, files%s; want %d, %d, %s", len(s.GetFlags()), len(s.GetContacts()), files, test.flags, test.contacts, test.attachments)
			}
			if diff := cmp.Diff(test.changes, changes); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
			if !statement.Repeats(said, s, act) {
				t.Error("the same act said again is no repetition")
			}
			if len(test.mask) > 0 {
				s.Flags, s.Contacts = []*spsv1.Flag{flag, flag}, []*spsv1.ContactPoint{contact, contact}
				if statement.Repeats(said, s, act) {
					t.Error("an act that said more of flags and contacts passes for the same")
				}
			}
		})
	}
}

// TestMaskOfAnAmendment refuses what an amendment cannot replace.
func TestMaskOfAnAmendment(t *testing.T) {
	for _, path := range []string{"statement", "statement.addressees", "flags", "products[p1]"} {
		d := newDossier()
		s := &spsv1.Statement{Office: "TH", Body: &spsv1.Statement_Amendment{Amendment: &spsv1.Amendment{Reason: en("so it is")}}}
		problems := statement.NewCase(d.original, d.entries).Complete(s, statement.Act{Fields: []string{path}})
		if len(problems) != 1 || problems[0].Reason != "MASK" {
			t.Errorf("mask %s: problems %v, want MASK", path, problems)
		}
	}
}
