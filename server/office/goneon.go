package office

import (
	"context"
	"errors"
	"fmt"
	"math"

	"google.golang.org/grpc/codes"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// What changes a case goes to everyone who was ever addressed in it, and is said
// by a person who has read it. Both are found out before the ledger enters the
// statement, and in between somebody else may say something, or bring an office
// in. So the transaction that enters it looks once more.

// goneOn says that something was said in a case, up to a position, since its next
// statement was made.
type goneOn struct{ upTo uint64 }

// Error implements error.
func (g *goneOn) Error() string { return fmt.Sprintf("the case has gone on up to position %d", g.upTo) }

// Unwrap returns what a caller is told.
func (g *goneOn) Unwrap() error { return readAgain() }

// readAgain refuses what was meant for a case that has gone on.
func readAgain() error {
	return &access.Refusal{
		Code: codes.Aborted, Reason: access.ReasonEtag,
		Sentence: "something was said in the case meanwhile: read it again, then do what you meant to do",
	}
}

// unlessGoneOn returns what fails with [goneOn] if st changes a case in which
// something was said after a position, or into which something came late since
// unlessGoneOn was called.
func (s *Service) unlessGoneOn(ctx context.Context, st *spsv1.Statement, after uint64) func(store.Reader) error {
	if !statement.ReachesAll(st) {
		return func(store.Reader) error { return nil }
	}
	reference := st.GetCaseRef().GetReference()
	var before casebook.Extent
	unread := s.o.Store.View(ctx, func(r store.Reader) (err error) {
		before, err = s.o.Book.Extent(r, reference, after)
		return err
	})
	return func(r store.Reader) error {
		now, err := s.o.Book.Extent(r, reference, math.MaxInt64)
		switch {
		case err != nil:
			return err
		case unread != nil:
			return unread
		case now.Newest > after || now.Late != before.Late:
			return &goneOn{max(now.Newest, after)}
		}
		return nil
	}
}

// mostMade is how often a statement is made while its case goes on.
const mostMade = 5

// whileGoingOn calls issue with the position up to which it is to look at a
// case, and calls it again, a few times, while the case goes on under it.
func (s *Service) whileGoingOn(ctx context.Context, issue func(upTo uint64) (*spsv1.IssuedStatement, error)) (*spsv1.IssuedStatement, error) {
	for made := 1; ; made++ {
		issued, err := issue(s.o.Ledger.Released().N)
		var moved *goneOn
		if !errors.As(err, &moved) || made == mostMade {
			return issued, err
		}
		if err := s.released(ctx, moved.upTo); err != nil {
			return nil, err
		}
	}
}

// released waits until everything up to a position can be read.
func (s *Service) released(ctx context.Context, upTo uint64) error {
	for {
		changed := s.o.Ledger.Changed()
		if s.o.Ledger.Released().N >= upTo {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// etagOfDraft returns the version of the case that a draft would change, as who
// writes it can see it; "" if it would change none.
func (s *Service) etagOfDraft(r store.Reader, st *spsv1.Statement) (string, error) {
	if !statement.ReachesAll(st) {
		return "", nil
	}
	etag, err := s.caseEtag(r, st.GetCaseRef().GetReference(), math.MaxInt64)
	if errors.Is(err, casebook.ErrNotFound) {
		return "", nil // which the checks of the draft say
	}
	return etag, err
}

// etagAsRead is etagOfDraft for who writes the draft; "" if the case is not shown to
// that person, who then has read nothing of it: who issues the draft has to.
func (s *Service) etagAsRead(r store.Reader, c access.Caller, st *spsv1.Statement) (string, error) {
	if s.seers(c) != nil && statement.ReachesAll(st) {
		if sees, err := s.Sees(r, c, st.GetCaseRef().GetReference()); err != nil || !sees {
			return "", err
		}
	}
	return s.etagOfDraft(r, st)
}

// sameCase fails if something was said in the case of a draft since it was
// written, unless the caller names the case as it is now.
func (s *Service) sameCase(r store.Reader, draft *spsv1.Draft, read string) error {
	if read == "" {
		read = draft.GetCaseEtag()
	}
	now, err := s.etagOfDraft(r, draft.GetStatement())
	if err == nil && now != read {
		err = &access.Refusal{
			Code: codes.Aborted, Reason: access.ReasonEtag,
			Sentence: "something was said in the case since this was written: read the case, then give its etag as caseEtag, or return the draft",
		}
	}
	return err
}
