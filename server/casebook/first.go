package casebook

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/store"
)

// First returns what refers to an original and was recorded up to a position: of
// each office its first ones by epoch and sequence, at most so many. However many
// there are, no View is long. The error is [ErrNotFound] if the item is no
// original.
func (b *Book) First(ctx context.Context, whole Item, upTo uint64, each int) ([]Item, error) {
	of := make(map[certs.Office][]Item)
	for after, more := uint64(0), true; more; {
		var some []Item
		err := b.o.Store.View(ctx, func(r store.Reader) error {
			value, err := r.Get(tableOriginals, whole.append(nil))
			if err != nil {
				return err
			}
			if len(value) < 32 {
				return ErrNotFound
			}
			some, err = b.parts(r, whole.Place, value[:32], after, upTo, atOnce)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("case of %s/%d: %w", whole.Origin, whole.Sequence, err)
		}
		for _, part := range some {
			said := append(of[part.Office], part)
			if len(said) >= 2*each+2 {
				said = foremost(said, each)
			}
			of[part.Office] = said
			after = part.N
		}
		more = len(some) == atOnce
	}
	var all []Item
	for _, said := range of {
		all = append(all, foremost(said, each)...)
	}
	slices.SortFunc(all, func(a, b Item) int { return cmp.Compare(a.N, b.N) })
	return all, nil
}

// foremost returns the first of what one office said. It sorts said.
func foremost(said []Item, most int) []Item {
	slices.SortFunc(said, func(a, b Item) int {
		return cmp.Or(cmp.Compare(a.Epoch, b.Epoch), cmp.Compare(a.Sequence, b.Sequence))
	})
	return said[:min(len(said), most)]
}
