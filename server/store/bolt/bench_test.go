package bolt

import (
	"encoding/binary"
	"runtime"
	"sync/atomic"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/spsalert/spsalert/server/store"
)

// record is what the ledger writes for one statement: an envelope of 2 KiB and
// a few small values, in order of arrival.
func record(tx store.Tx, sequence uint64) error {
	key := binary.BigEndian.AppendUint64([]byte{0}, sequence)
	if err := tx.Put(table, key, make([]byte, 2<<10)); err != nil {
		return err
	}
	for i := range byte(6) {
		key[0] = 1 + i
		if err := tx.Put(table, key, make([]byte, 48)); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkUpdate measures durable Updates, one at a time and 512 at once.
func BenchmarkUpdate(b *testing.B) {
	for _, bm := range []struct {
		name     string
		inFlight int
	}{
		{"1 in flight", 1},
		{"512 in flight", 512},
	} {
		b.Run(bm.name, func(b *testing.B) {
			s := openNew(b, Options{Appended: []store.Table{table}})
			var sequence atomic.Uint64
			update := func() {
				n := sequence.Add(1)
				if err := s.Update(b.Context(), func(tx store.Tx) error { return record(tx, n) }); err != nil {
					b.Errorf("Update: %v", err)
				}
			}
			b.ReportAllocs()
			if bm.inFlight == 1 {
				for b.Loop() {
					update()
				}
			} else {
				b.SetParallelism(max(1, bm.inFlight/runtime.GOMAXPROCS(0)))
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						update()
					}
				})
			}
			st := s.Stats()
			b.ReportMetric(float64(st.Updates)/float64(st.Commits), "updates/commit")
			b.ReportMetric(float64(st.Updates)/b.Elapsed().Seconds(), "updates/s")
		})
	}
}

// BenchmarkBbolt measures bbolt's own Update, for comparison with one in
// flight.
func BenchmarkBbolt(b *testing.B) {
	s := openNew(b, Options{})
	var n uint64
	for b.Loop() {
		n++
		err := s.db.Update(func(tx *bbolt.Tx) error {
			return record(&transaction{reader: reader{tables: newTables(tx, s.fills)}}, n)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
