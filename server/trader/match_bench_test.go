package trader

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/bolt"
)

// BenchmarkFind finds the exporters of a case of two lots, with what each is shown,
// in code registers of two sizes in a real store: the larger should cost next to
// nothing more.
func BenchmarkFind(b *testing.B) {
	for _, codes := range []int{200, 20_000} {
		b.Run(fmt.Sprintf("codes=%d", codes), func(b *testing.B) {
			s := registerIn(b, codes)
			m := caseOf(b, shared)
			for b.Loop() {
				err := s.View(b.Context(), func(r store.Reader) error {
					found, err := m.match(where{office: "VN", exactCode: 4}, find(r), ownersIn(r))
					if err != nil || len(found) != 2 {
						b.Fatalf("found %v, %v, want two exporters", found, err)
					}
					for id, matches := range found {
						e, err := getExporter(r, id)
						if err != nil {
							return err
						}
						if n := m.content(e, matches).GetNotification(); len(n.GetProducts()) == 0 {
							b.Fatalf("%s is shown %v", id, n)
						}
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// registerIn returns a store with exporters of four codes each, VN-BT-000 and so
// on.
func registerIn(b *testing.B, codes int) store.Store {
	b.Helper()
	db, err := bolt.Create(filepath.Join(b.TempDir(), "register.db"), bolt.Options{Tables: Tables(), Format: 1})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	s, now := New(Options{Store: db, Now: time.Now, Roster: authority.ForTest(b, "VN").Office("VN").Roster}), timestamppb.Now()
	for at := 0; at < codes; {
		err := db.Update(b.Context(), func(tx store.Tx) error {
			for i := at; i < min(codes, at+2000); i += 4 {
				e := &spsv1.Exporter{
					Name: fmt.Sprintf("exporters/e%d", i), State: spsv1.ExporterState_EXPORTER_STATE_ACTIVE,
					DisplayName: []*spsv1.LocalizedText{{Lang: "en", Text: fmt.Sprintf("Orchard number %d of the delta", i)}},
				}
				for j := range 4 {
					e.Codes = append(e.Codes, &spsv1.ExporterCode{
						Kind: spsv1.SiteCodeKind_SITE_CODE_KIND_GROWING_AREA, Code: fmt.Sprintf("VN-BT-%03d", i+j),
					})
				}
				if i == 0 { // so that the two lots are those of two exporters
					e.Codes = e.Codes[:2]
				}
				if err := s.putExporter(tx, nil, e, now); err != nil {
					return err
				}
			}
			return s.putExporter(tx, nil, &spsv1.Exporter{
				Name: "exporters/two", State: spsv1.ExporterState_EXPORTER_STATE_ACTIVE,
				Codes: []*spsv1.ExporterCode{{Kind: spsv1.SiteCodeKind_SITE_CODE_KIND_GROWING_AREA, Code: "VN-BT-002"}},
			}, now)
		})
		if err != nil {
			b.Fatal(err)
		}
		at += 2000
	}
	return db
}
