package office

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// byReaddress is the name space of the request ids of readdresses. It MUST NOT
// change: what was derived is kept as long as the log.
var byReaddress = uuid.MustParse("4d0cf0a1-8b5e-4a5b-9c27-6a2f41a9f3de")

// readdressPage is how many entries of a case are looked at in one read.
const readdressPage = 100

// ReaddressCase implements spsv1.CaseServiceServer. Each entry is handed on in a
// transaction of its own; a call that was cut is made again, and goes on.
func (s *Service) ReaddressCase(ctx context.Context, req *spsv1.ReaddressCaseRequest) (*spsv1.ReaddressCaseResponse, error) {
	if err := s.newcomers(req.GetOffices()); err != nil {
		return nil, err
	}
	reference := req.GetName()[len(casePrefix):]
	if err := s.mayReaddress(ctx, reference, req.GetOffices()); err != nil {
		return nil, err
	}
	resp := &spsv1.ReaddressCaseResponse{}
	for { // until nothing is left: what is said meanwhile is handed on too
		handed, err := s.handOnCase(ctx, reference, req.GetOffices())
		resp.Statements = append(resp.Statements, handed...)
		if err != nil {
			return nil, err
		}
		if len(handed) == 0 {
			resp.Missing, err = s.notHandedOn(ctx, reference, req.GetOffices())
			return resp, err
		}
	}
}

// notHandedOn returns the offices that said something in a case which one of the
// newcomers has not got, as far as is known here: who hands on tells everyone who
// holds what is handed on. None of a case of too many entries.
func (s *Service) notHandedOn(ctx context.Context, reference string, newcomers []string) ([]string, error) {
	held, err := s.heldCase(ctx, reference)
	if err != nil || held == nil {
		return nil, err
	}
	return held.Withheld(string(s.self()), newcomers), nil
}

// handOnCase hands on what is here of a case, and returns the names of the own
// statements that were not handed on before.
func (s *Service) handOnCase(ctx context.Context, reference string, offices []string) (names []string, err error) {
	upTo := s.o.Ledger.Released().N
	for after := uint64(0); ; {
		whole, parts, err := s.o.Book.Case(ctx, reference, after, upTo, readdressPage)
		if errors.Is(err, casebook.ErrNotFound) {
			return nil, access.NotFound("there is no case %s here, or it was not addressed to this office", reference)
		}
		if err != nil {
			return nil, err
		}
		page := parts
		if after == 0 {
			page = append([]casebook.Item{whole}, parts...)
		}
		handed, err := s.handOn(ctx, page, offices)
		names = append(names, handed...)
		if err != nil || len(parts) < readdressPage {
			return names, err
		}
		after = parts[len(parts)-1].N
	}
}

// handOn hands on the own statements among some entries of a case, and
// returns the names of those that were not handed on before.
func (s *Service) handOn(ctx context.Context, items []casebook.Item, offices []string) (names []string, err error) {
	for _, i := range items {
		if i.Origin.Office != s.self() {
			continue
		}
		e, err := s.o.Ledger.Entry(ctx, i.Origin, i.Sequence)
		if err != nil {
			return nil, err
		}
		if e.Leaf.GetType() != spsv1.LeafType_LEAF_TYPE_STATEMENT || e.Fault != "" {
			continue
		}
		handed, err := s.readdress(ctx, e, offices)
		if err != nil {
			return nil, err
		}
		if handed {
			names = append(names, statementName(e.Origin, e.Sequence))
		}
	}
	return names, nil
}

// newcomers refuses offices that cannot be brought in.
func (s *Service) newcomers(offices []string) error {
	var violations []access.Violation
	for i, office := range offices {
		field := fmt.Sprintf("offices[%d]", i)
		switch _, known := s.o.Roster.Card(certs.Office(office)); {
		case office == string(s.self()):
			violations = append(violations, access.Violation{
				Field: field, Reason: "ADDRESSEE_SELF", Sentence: "leave out the own office",
			})
		case !known:
			violations = append(violations, access.Violation{
				Field: field, Reason: "NO_NODE",
				Sentence: fmt.Sprintf("no card of %s is accepted here, so it has no node: mend the code, or tell it by hand", office),
			})
		}
	}
	if len(violations) > 0 {
		return access.Invalid(violations...)
	}
	return nil
}

// mayReaddress refuses offices that the handling of a case keeps out, before
// anything is handed on to any. Who issued the case is not asked.
func (s *Service) mayReaddress(ctx context.Context, reference string, offices []string) error {
	if strings.HasPrefix(reference, string(s.self())+"-") {
		return nil
	}
	held, err := s.heldCase(ctx, reference)
	if err != nil {
		return err
	}
	if held == nil {
		return &access.Refusal{
			Code: codes.FailedPrecondition, Reason: access.ReasonLimit,
			Sentence: "so much refers to this case that nobody can tell who may get it: ask the office that issued it to readdress it",
		}
	}
	var violations []access.Violation
	for _, p := range held.CheckReaddress(string(s.self()), offices) {
		violations = append(violations, access.Violation{Field: p.Field, Reason: p.Reason, Sentence: p.Sentence})
	}
	if len(violations) > 0 {
		return access.Invalid(violations...)
	}
	return nil
}

// readdress hands an own statement on to those of the offices that have not got
// it, and reports whether there were any.
func (s *Service) readdress(ctx context.Context, e ledger.Entry, offices []string) (bool, error) {
	before, err := s.readdresses(ctx, e)
	if err != nil {
		return false, err
	}
	var missing []certs.Office
	for _, office := range offices {
		has := reads(e.Leaf.GetAudience(), office) || slices.ContainsFunc(before, func(r ledger.Entry) bool { return reads(r.Leaf.GetAudience(), office) })
		if !has {
			missing = append(missing, certs.Office(office))
		}
	}
	if len(missing) == 0 {
		return false, nil
	}
	slices.Sort(missing)
	draft := ledger.Draft{
		RequestID: readdressID(e, missing), Fingerprint: sha256.Sum256(e.Hash[:]),
		Type: spsv1.LeafType_LEAF_TYPE_READDRESS, Urgent: e.Leaf.GetUrgent(), Audience: missing,
		Subject: &spsv1.EntryRef{Origin: e.Origin.String(), Sequence: e.Sequence, RecordHash: e.Hash[:]},
		Entered: func(tx store.Tx, made ledger.Entry) error {
			return access.Record(ctx, tx, statementName(e.Origin, e.Sequence), statementName(made.Origin, made.Sequence))
		},
	}
	if draft.Urgent {
		ctx = store.WithReserve(ctx)
	}
	if err := s.o.MayIssue(ctx); err != nil {
		return false, err
	}
	_, err = s.o.Ledger.Append(ctx, func(store.Tx) (ledger.Draft, error) { return draft, nil })
	return true, err
}

// readdressID returns the request id by which an entry is handed on to some
// offices once.
func readdressID(e ledger.Entry, to []certs.Office) string {
	parts := []string{statementName(e.Origin, e.Sequence)}
	for _, office := range to {
		parts = append(parts, string(office))
	}
	return uuid.NewSHA1(byReaddress, []byte(strings.Join(parts, "\n"))).String()
}

// reads reports whether an office belongs to an audience.
func reads(a *spsv1.Audience, office string) bool {
	return a.GetNetwork() || slices.Contains(a.GetOffices(), office)
}
