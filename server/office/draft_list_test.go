package office_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestIssuedDraftsStandApart issues every second draft, and lists them all, page
// by page: the one changed last first, whichever became of it.
func TestIssuedDraftsStandApart(t *testing.T) {
	w := newWicket(t, "VN")
	drafts := spsv1.NewDraftServiceClient(w.conn)
	an, binh := w.as(t.Context(), certs.RoleOfficer, "an"), w.as(t.Context(), certs.RoleValidator, "binh")
	must := func(d *spsv1.Draft, err error) *spsv1.Draft {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	var all, open []string
	for n := range 6 {
		w.now = w.now.Add(time.Minute)
		d := must(drafts.CreateDraft(an, &spsv1.CreateDraftRequest{Draft: &spsv1.Draft{Statement: found(fmt.Sprintf("find %d", n))}}))
		all = append(all, d.GetName())
		if n%2 == 0 {
			open = append(open, d.GetName())
			continue
		}
		d = must(drafts.SubmitDraft(an, &spsv1.SubmitDraftRequest{Name: d.GetName(), Etag: d.GetEtag()}))
		if _, err := drafts.IssueDraft(binh, &spsv1.IssueDraftRequest{Name: d.GetName(), Etag: d.GetEtag()}); err != nil {
			t.Fatal(err)
		}
	}
	slices.Reverse(all)
	slices.Reverse(open)
	every := []spsv1.DraftState{spsv1.DraftState_DRAFT_STATE_DRAFTING, spsv1.DraftState_DRAFT_STATE_ISSUED}
	for _, test := range []struct {
		name   string
		states []spsv1.DraftState
		want   []string
	}{
		{"not issued", nil, open},
		{"all", every, all},
		{"issued", every[1:], []string{all[0], all[2], all[4]}},
	} {
		var got []string
		req := &spsv1.ListDraftsRequest{PageSize: 1, States: test.states}
		for {
			page, err := drafts.ListDrafts(an, req)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range page.GetDrafts() {
				got = append(got, d.GetName())
			}
			if req.PageToken = page.GetNextPageToken(); req.PageToken == "" {
				break
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// BenchmarkListDraftsBehindIssued lists the one draft that is not issued, behind
// 10,000 that are.
func BenchmarkListDraftsBehindIssued(b *testing.B) {
	w := newWicket(b, "VN")
	drafts := spsv1.NewDraftServiceClient(w.conn)
	an, binh := w.as(b.Context(), certs.RoleOfficer, "an"), w.as(b.Context(), certs.RoleValidator, "binh")
	for n := range 10_001 {
		d, err := drafts.CreateDraft(an, &spsv1.CreateDraftRequest{Draft: &spsv1.Draft{Statement: found(fmt.Sprintf("find %d", n))}})
		if err != nil {
			b.Fatal(err)
		}
		if n == 0 {
			continue
		}
		if d, err = drafts.SubmitDraft(an, &spsv1.SubmitDraftRequest{Name: d.GetName(), Etag: d.GetEtag()}); err != nil {
			b.Fatal(err)
		}
		if _, err := drafts.IssueDraft(binh, &spsv1.IssueDraftRequest{Name: d.GetName(), Etag: d.GetEtag()}); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		page, err := drafts.ListDrafts(an, &spsv1.ListDraftsRequest{})
		if err != nil || len(page.GetDrafts()) != 1 {
			b.Fatalf("%d drafts, %v; want 1", len(page.GetDrafts()), err)
		}
	}
}
