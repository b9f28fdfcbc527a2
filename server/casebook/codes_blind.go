package casebook

import (
	"context"
	"math"
	"strings"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// How a code stands is for the whole office, and in which case that was said is for
// who sees the case: others are told which office says what from when until when,
// and on what conditions.

// As returns the query as some units, or a [Person], ask it: of a case that they do
// not see they are told nothing, and find nothing by it. nil sees everything.
func (q CodeQuery) As(who []string) CodeQuery {
	q.who = who
	return q
}

// blindStatuses takes out of statuses what is of cases that some do not see. What
// is said is shared with other statuses, and stays as it is.
func (b *Book) blindStatuses(r store.Reader, who []string, statuses ...*spsv1.CodeStatus) (err error) {
	for _, s := range statuses {
		for _, half := range []*spsv1.CodeHalfStatus{s.GetRefused(), s.GetWithheld()} {
			if half.GetSaid() == nil {
				continue
			}
			if half.Said, err = b.blindCode(r, who, half.GetSaid()); err != nil {
				return err
			}
		}
	}
	return nil
}

// blindCode returns what is said of a code as some are told it.
func (b *Book) blindCode(r store.Reader, who []string, said *spsv1.CodeStatement) (*spsv1.CodeStatement, error) {
	if who == nil {
		return said, nil
	}
	sees, err := b.SeesReference(r, who, strings.TrimPrefix(said.GetCase(), "cases/"), math.MaxUint64)
	if err != nil || sees {
		return said, err
	}
	blind := proto.CloneOf(said)
	blind.Said = &spsv1.Mark{Time: said.GetSaid().GetTime()}
	blind.Case, blind.Reference, blind.By, blind.Measure, blind.Reason, blind.Restricted = "", "", "", "", nil, false
	return blind, nil
}

// blindHistory is blindCode of all that was said of a code.
func (b *Book) blindHistory(ctx context.Context, who []string, all []*spsv1.CodeStatement) error {
	return b.o.Store.View(ctx, func(r store.Reader) (err error) {
		for i, said := range all {
			if all[i], err = b.blindCode(r, who, said); err != nil {
				return err
			}
		}
		return nil
	})
}
