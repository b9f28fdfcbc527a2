package trader

import (
	"bytes"
	"context"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// followRegister compares exporters that changed with the cases in which their
// codes and names stand.
func (f *follower) followRegister(ctx context.Context) (more bool, err error) {
	p, done := newPage(), make(map[string][]byte)
	err = f.o.Store.View(ctx, func(r store.Reader) error {
		p = newPage()
		clear(done)
		for row, err := range r.Scan(tableAnew, nil, nil, false) {
			if err != nil || len(done) == anewPage {
				return err
			}
			done[string(row.Key)] = bytes.Clone(row.Value)
			e, err := getExporter(r, string(row.Key))
			if err != nil {
				return err
			}
			if err := casesOf(r, e, f.office(), p.cases); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || len(done) == 0 {
		return false, err
	}
	err = f.finish(ctx, p, func(tx store.Tx) error {
		for id, etag := range done {
			now, err := tx.Get(tableAnew, []byte(id))
			if err == nil && bytes.Equal(now, etag) { // else it has changed meanwhile
				err = tx.Delete(tableAnew, []byte(id))
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return true, err
}

// casesOf adds the cases in which what is registered of an exporter stands.
func casesOf(r store.Reader, e *spsv1.Exporter, office string, cases map[string]bool) error {
	for _, prefix := range soughtOf(e, office) {
		for row, err := range r.Scan(tableSought, prefix, store.PrefixEnd(prefix), false) {
			if err != nil {
				return err
			}
			cases[string(row.Key[len(prefix):])] = true
		}
	}
	return nil
}
