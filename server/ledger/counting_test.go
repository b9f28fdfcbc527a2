package ledger_test

import (
	"context"
	"iter"
	"sync"

	"github.com/spsalert/spsalert/server/store"
)

// counting is a store that counts the rows that are read in Views.
type counting struct {
	store.Store

	mu   sync.Mutex
	most map[store.Table]int // rows of a table that one View read
	all  int
}

// forget begins to count anew.
func (s *counting) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.most, s.all = make(map[store.Table]int), 0
}

func (s *counting) read() (all int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all
}

func (s *counting) View(ctx context.Context, fn func(store.Reader) error) error {
	rows := make(map[store.Table]int)
	err := s.Store.View(ctx, func(r store.Reader) error { return fn(countingReader{r, rows}) })
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.most == nil {
		s.most = make(map[store.Table]int)
	}
	for t, n := range rows {
		s.most[t] = max(s.most[t], n)
		s.all += n
	}
	return err
}

type countingReader struct {
	store.Reader
	rows map[store.Table]int
}

func (r countingReader) Get(t store.Table, key []byte) ([]byte, error) {
	r.rows[t]++
	return r.Reader.Get(t, key)
}

func (r countingReader) Scan(t store.Table, from, to []byte, back bool) iter.Seq2[store.Item, error] {
	return func(yield func(store.Item, error) bool) {
		for item, err := range r.Reader.Scan(t, from, to, back) {
			if r.rows[t]++; !yield(item, err) {
				return
			}
		}
	}
}
