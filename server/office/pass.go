package office

import (
	"context"
	"iter"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/casebook"
)

// passPage is how many items are taken from the casebook at once by what goes
// over all of them.
const passPage = 500

// itemPages are items in pages. After an error there is no more.
type itemPages = iter.Seq2[[]casebook.Item, error]

// casePages yields the originals of all cases that q asks for, of what was
// recorded up to a position.
func (s *Service) casePages(ctx context.Context, q casebook.Query, upTo uint64) itemPages {
	return s.pass(upTo, func(p casebook.Page) ([]casebook.Item, []byte, error) { return s.o.Book.Cases(ctx, q, p) })
}

// statementPages yields all statements of an office, or of all if it is empty,
// that q asks for, as casePages does.
func (s *Service) statementPages(ctx context.Context, office certs.Office, q casebook.Query, upTo uint64) itemPages {
	return s.pass(upTo, func(p casebook.Page) ([]casebook.Item, []byte, error) {
		return s.o.Book.Statements(ctx, office, q, p)
	})
}

func (s *Service) pass(upTo uint64, list func(casebook.Page) ([]casebook.Item, []byte, error)) itemPages {
	return func(yield func([]casebook.Item, error) bool) {
		p := casebook.Page{UpTo: upTo, Limit: passPage, Budget: s.o.Queries.Rows}
		for {
			items, next, err := list(p)
			if !yield(items, err) || err != nil || next == nil {
				return
			}
			p.From = next
		}
	}
}

// each yields the items of all pages one by one.
func each(pages itemPages) iter.Seq2[casebook.Item, error] {
	return func(yield func(casebook.Item, error) bool) {
		for items, err := range pages {
			if err != nil {
				yield(casebook.Item{}, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
		}
	}
}
