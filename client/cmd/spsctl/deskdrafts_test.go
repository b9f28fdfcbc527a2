package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestDraftsOfTheDesk picks, of the drafts of an office, those with which each of
// two people has something to do.
func TestDraftsOfTheDesk(t *testing.T) {
	const alert, attention = spsv1.Classification_CLASSIFICATION_ALERT, spsv1.Classification_CLASSIFICATION_INFORMATION_FOR_ATTENTION
	draft := func(name string, c spsv1.Classification, hour int, writers ...string) *spsv1.Draft {
		d := &spsv1.Draft{
			Name: name, UpdateTime: timestamppb.New(time.Date(2026, 3, 2, hour, 0, 0, 0, time.UTC)),
			Statement: &spsv1.Statement{Body: &spsv1.Statement_Notification{Notification: &spsv1.Notification{Classification: c}}},
		}
		for _, id := range writers {
			d.Writers = append(d.Writers, &spsv1.Person{Id: id})
		}
		return d
	}
	all := []*spsv1.Draft{
		draft("late", attention, 9, "an"), draft("own", alert, 1, "an", "binh"), draft("early", attention, 8, "an"),
		draft("alert", alert, 10, "an"),
	}
	for _, test := range []struct {
		list, id string
		want     []string
	}{
		{"to-issue", "binh", []string{"alert", "early", "late"}},
		{"to-issue", "an", nil},
		{"returned", "binh", []string{"own"}},
		{"returned", "an", []string{"own", "alert", "early", "late"}},
		{"returned", "chi", nil},
	} {
		for _, l := range draftLists {
			if l.name != test.list {
				continue
			}
			var got []string
			for _, d := range l.pick(all, test.id) {
				got = append(got, d.GetName())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s of %s (-want +got):\n%s", test.list, test.id, diff)
			}
		}
	}
}

// TestADraftOnTheDesk shows of a draft whose it is, with the unit, in which case it is,
// and what it says, once.
func TestADraftOnTheDesk(t *testing.T) {
	const text = "the packing house was inspected, and nothing was found"
	followUp := &spsv1.Statement{
		CaseRef: &spsv1.CaseRef{Reference: "VN-2026-000123"},
		Body:    &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{Text: []*spsv1.LocalizedText{{Lang: "en", Text: text}}}},
	}
	d := &spsv1.Draft{
		Name: "drafts/d1", Statement: followUp, SubmittedBy: &spsv1.Person{Id: "an.tran", Unit: "dak-lak"}, ReturnedBy: &spsv1.Person{Id: "lan.nguyen"},
		ReturnReason: []*spsv1.LocalizedText{{Lang: "en", Text: "which lot was it, and who has inspected it there?"}},
		Advice:       []*spsv1.Advice{{Reason: "FINDING_WITHDRAWN"}},
	}
	for i, want := range []string{
		"drafts/d1 an.tran, dak-lak issue or return: follow-up in VN-2026-000123; finding withdrawn the packing house was inspected, and no…",
		"drafts/d1 lan.nguyen mend: follow-up in VN-2026-000123; finding withdrawn (which lot was it, and who has inspected…) the packing house was inspected, and no…",
	} {
		var out bytes.Buffer
		rows := newList(&out, tableFormat, deskColumns...)
		if err := rows.add(d, (&app{}).draftCells(draftLists[i], d)...); err != nil {
			t.Fatal(err)
		}
		if err := rows.close(); err != nil {
			t.Fatal(err)
		}
		if _, got, _ := strings.Cut(out.String(), "\n"); strings.Join(strings.Fields(got), " ") != want {
			t.Errorf("%s shows\n%s\nwant\n%s", draftLists[i].name, strings.Join(strings.Fields(got), " "), want)
		}
	}
}
