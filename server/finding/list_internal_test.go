package finding

import (
	"fmt"
	"iter"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/bolt"
)

// few is how many findings the laboratory has of which pages are read, among many
// of others.
const few = 40

// shelf is a store with so many findings, few of them of the laboratory "few": each
// of its own sample and report, and one of them withdrawn.
func shelf(tb testing.TB, n int) *bolt.Store {
	tb.Helper()
	s, err := bolt.Create(filepath.Join(tb.TempDir(), "ledger.db"), bolt.Options{Tables: Tables(), Appended: AppendedTables()})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	begun := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for at := 0; at < n; at += 1000 {
		err := s.Update(tb.Context(), func(tx store.Tx) error {
			for i := at; i < min(at+1000, n); i++ {
				f := &spsv1.LabFinding{
					Name: nameOf(uuid.New()), ReportNumber: fmt.Sprint("R-", i), Laboratory: &spsv1.Laboratory{Id: "many"},
					PostTime: timestamppb.New(begun.Add(time.Duration(i) * time.Second)), State: spsv1.FindingState_FINDING_STATE_CURRENT,
					Sample: &spsv1.Sample{Number: fmt.Sprint("S-", i)},
				}
				if i%(n/few) == 0 {
					f.Laboratory.Id = "few"
				}
				if i == 0 {
					f.State = spsv1.FindingState_FINDING_STATE_WITHDRAWN
				}
				if err := add(tx, f, 0); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	return s
}

// counted counts the rows that are read.
type counted struct {
	store.Reader
	rows int
}

func (c *counted) Get(t store.Table, key []byte) ([]byte, error) {
	c.rows++
	return c.Reader.Get(t, key)
}

func (c *counted) Scan(t store.Table, from, to []byte, back bool) iter.Seq2[store.Item, error] {
	return func(yield func(store.Item, error) bool) {
		for row, err := range c.Reader.Scan(t, from, to, back) {
			if c.rows++; !yield(row, err) {
				return
			}
		}
	}
}

// pages are what laboratories and offices ask for, with how many findings that is.
var pages = []struct {
	name string
	who  viewer
	req  *spsv1.ListFindingsRequest
	want int
}{
	{"of a laboratory", viewer{caller: access.Caller{Identity: certs.Identity{Role: certs.RoleLab}}, laboratory: "few"}, &spsv1.ListFindingsRequest{}, few},
	{"of a laboratory, to the office", viewer{caller: access.Caller{Identity: certs.Identity{Role: certs.RoleOfficer}}}, &spsv1.ListFindingsRequest{Laboratory: "few"}, few},
	{"of a report", viewer{caller: access.Caller{Identity: certs.Identity{Role: certs.RoleOfficer}}}, &spsv1.ListFindingsRequest{ReportNumber: "R-7"}, 1},
	{"of a sample", viewer{caller: access.Caller{Identity: certs.Identity{Role: certs.RoleOfficer}}}, &spsv1.ListFindingsRequest{SampleNumber: "S-7"}, 1},
	{
		"withdrawn",
		viewer{caller: access.Caller{Identity: certs.Identity{Role: certs.RoleOfficer}}},
		&spsv1.ListFindingsRequest{States: []spsv1.FindingState{spsv1.FindingState_FINDING_STATE_WITHDRAWN}}, 1,
	},
	{
		"withdrawn or superseded",
		viewer{caller: access.Caller{Identity: certs.Identity{Role: certs.RoleOfficer}}},
		&spsv1.ListFindingsRequest{States: []spsv1.FindingState{spsv1.FindingState_FINDING_STATE_SUPERSEDED, spsv1.FindingState_FINDING_STATE_WITHDRAWN}}, 1,
	},
	{
		"withdrawn of a laboratory",
		viewer{caller: access.Caller{Identity: certs.Identity{Role: certs.RoleLab}}, laboratory: "few"},
		&spsv1.ListFindingsRequest{States: []spsv1.FindingState{spsv1.FindingState_FINDING_STATE_WITHDRAWN}}, 1,
	},
	{"proposing", viewer{caller: access.Caller{Identity: certs.Identity{Role: certs.RoleOfficer}}}, &spsv1.ListFindingsRequest{Proposed: true}, 0},
}

// TestAPageReadsOnlyItsFindings holds that no list reads findings that it does not
// ask for.
func TestAPageReadsOnlyItsFindings(t *testing.T) {
	s := shelf(t, 4000)
	for _, p := range pages {
		err := s.View(t.Context(), func(r store.Reader) error {
			c := &counted{Reader: r}
			page, err := new(Service).page(t.Context(), c, p.who, p.req)
			if got := len(page.GetFindings()); got != p.want || c.rows > 2*p.want+1 {
				t.Errorf("%s: %d findings by reading %d rows, want %d by at most %d", p.name, got, c.rows, p.want, 2*p.want+1)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkPage reads the page of a laboratory among a thousand findings and among
// a hundred thousand, and says how much longer the second takes.
func BenchmarkPage(b *testing.B) {
	small, large := shelf(b, 1000), shelf(b, 100_000)
	read := func(s *bolt.Store) time.Duration {
		begun := time.Now()
		err := s.View(b.Context(), func(r store.Reader) error {
			_, err := new(Service).page(b.Context(), r, pages[0].who, pages[0].req)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		return time.Since(begun)
	}
	var among, alone time.Duration
	for b.Loop() {
		alone += read(small)
		among += read(large)
	}
	b.ReportMetric(float64(among)/float64(alone), "times")
}
