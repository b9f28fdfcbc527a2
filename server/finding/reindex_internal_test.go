package finding

import (
	"context"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
)

// drafts are those that there are, by name; the others were deleted. Nothing else
// is asked of them.
type drafts struct {
	Drafts
	uses map[string]*spsv1.FindingUse
}

func (d drafts) UseOf(_ store.Reader, name string) (*spsv1.FindingUse, error) {
	return d.uses[name], nil
}

func (drafts) Blind(context.Context, store.Reader, *spsv1.FindingUse) error { return nil }

// officer sees all findings.
var officer = viewer{caller: access.Caller{Identity: certs.Identity{Role: certs.RoleOfficer}}}

// older is a store as an earlier version left it: its index has rows of no use and
// none of what came since, a finding names a draft that was deleted, and one a draft
// without the case that it became a part of.
func older(t *testing.T) store.Store {
	t.Helper()
	s := shelf(t, 0)
	err := s.Update(t.Context(), func(tx store.Tx) error {
		for i, draft := range []string{"drafts/deleted", "drafts/issued", ""} {
			f := &spsv1.LabFinding{
				Name: nameOf(uuid.New()), ReportNumber: "R-" + string(rune('1'+i)), Laboratory: &spsv1.Laboratory{Id: "hanoi-lab"},
				PostTime: timestamppb.New(time.UnixMilli(int64(i))), State: spsv1.FindingState_FINDING_STATE_CURRENT,
				Sample: &spsv1.Sample{Number: "S-1", Results: []*spsv1.LabResult{{
					Value:  &spsv1.Quantity{Value: "1", Unit: &spsv1.Quantity_Ucum{Ucum: "mg/kg"}},
					Limits: []*spsv1.Limit{{Value: &spsv1.Quantity{Value: "0.1", Unit: &spsv1.Quantity_Ucum{Ucum: "mg/kg"}}}},
				}}},
			}
			if draft != "" {
				f.Uses = []*spsv1.FindingUse{{Draft: draft}}
			}
			if err := add(tx, f, 0); err != nil {
				return err
			}
			for _, key := range findingTerms(f) {
				if err := tx.Delete(tableIndex, key); err != nil {
					return err
				}
			}
		}
		if err := tx.Put(tableIndex, []byte("x of an earlier version"), nil); err != nil {
			return err
		}
		return tx.Put(tableIndex, versionKey, binary.BigEndian.AppendUint64(nil, indexVersion-1))
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestAnOlderStoreIsIndexedAnew opens a store of an earlier version: what waits is
// what is in no draft that there is, what became of the others is known, and
// nothing is left of the earlier index.
func TestAnOlderStoreIsIndexedAnew(t *testing.T) {
	s := &Service{o: Options{Store: older(t), Drafts: drafts{uses: map[string]*spsv1.FindingUse{
		"drafts/issued": {Draft: "drafts/issued", Case: "cases/VN-2026-000001"},
	}}}}
	for range 2 { // the second time it is of this version
		if err := s.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	err := s.o.Store.View(t.Context(), func(r store.Reader) error {
		var got []string
		for _, req := range []*spsv1.ListFindingsRequest{{Waiting: true}, {Proposed: true}, {ReportNumber: "R-2"}} {
			page, err := s.page(t.Context(), r, officer, req)
			if err != nil {
				return err
			}
			var numbers []string
			for _, f := range page.GetFindings() {
				numbers = append(numbers, f.GetReportNumber())
			}
			got = append(got, strings.Join(numbers, " "))
		}
		behind, err := inCase(r, "cases/VN-2026-000001")
		if err != nil {
			return err
		}
		for _, f := range behind {
			got = append(got, "in the case "+f.GetReportNumber())
		}
		if diff := cmp.Diff([]string{"R-3 R-1", "R-3 R-2 R-1", "R-2", "in the case R-2"}, got); diff != "" {
			t.Errorf("waiting, proposed, by number (-want +got):\n%s", diff)
		}
		if some, err := stands(r, tableIndex, []byte("x")); err != nil || some {
			t.Errorf("a row of an earlier index is there: %v, %v, want none", some, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestPageTokensTellNothing holds that a token says nothing of the row at which a
// page ends, and that no other list takes it.
func TestPageTokensTellNothing(t *testing.T) {
	s := &Service{o: Options{Store: shelf(t, 0)}}
	if err := s.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	mine, theirs := [][]byte{labKey("hanoi-lab")}, [][]byte{labKey("hue-lab")}
	place := []byte("the time and the id of it")
	token, again := s.token(mine, place), s.token(mine, place)
	if token == again || len(token) != len(again) {
		t.Errorf("two tokens of one place are %s and %s, want them as long, and no two alike", token, again)
	}
	if got, err := s.ofToken(token, mine); err != nil || string(got) != string(place) {
		t.Errorf("the token leads to %q, %v, want %q", got, err, place)
	}
	for name, prefixes := range map[string][][]byte{"another laboratory": theirs, "all": {nil}, "two states": append(mine, theirs...)} {
		if got, err := s.ofToken(token, prefixes); err == nil {
			t.Errorf("the list of %s takes it as %q, want it refused", name, got)
		}
	}
	for _, bad := range []string{"x", token[1:], token + "A", strings.ToUpper(token)} {
		if got, err := s.ofToken(bad, mine); err == nil {
			t.Errorf("%q is taken as %q, want it refused", bad, got)
		}
	}
}
