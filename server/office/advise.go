package office

import (
	"context"
	"slices"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/statement"
)

// advise returns what a person should look at before the statement is issued,
// by the accepted cards: which offices are on the network, and what they read.
func (s *Service) advise(ctx context.Context, st *spsv1.Statement) []*spsv1.Advice {
	var languages []string
	known := make(map[string]bool)
	for _, office := range s.readers(st) {
		card, ok := s.o.Roster.Card(office)
		if !ok || office == s.self() {
			continue
		}
		for _, l := range card.Message().GetLanguages() {
			if !known[l] {
				known[l] = true
				languages = append(languages, l)
			}
		}
	}
	onNetwork := func(office string) bool {
		_, ok := s.o.Roster.Card(certs.Office(office))
		return ok
	}
	var advised []*spsv1.Advice
	for _, p := range slices.Concat(
		statement.AdviseFlags(st, onNetwork), statement.AdviseCodes(st, s.o.Codes), statement.AdvisePassed(st, s.o.Now()), statement.Advise(st, languages...),
	) {
		advised = append(advised, advice(ctx, violation(p.Field, p.Reason, p.Sentence)))
	}
	return advised
}

// adviseEffect returns what a person should look at because it would set no status
// of a code or lift none, as the case and the code stand.
func (s *Service) adviseEffect(ctx context.Context, st *spsv1.Statement) ([]*spsv1.Advice, error) {
	var known *statement.Case
	if ref := st.GetCaseRef(); ref != nil {
		var err error
		if known, err = s.caseIfHeld(ctx, ref.GetReference()); err != nil {
			return nil, err
		}
	}
	problems, err := statement.AdviseEffect(st, known, s.o.Now(), func(said *spsv1.CodeStatement) ([]*spsv1.CodeStatement, error) {
		return s.o.Book.CodeHistory(ctx, casebook.CodeQuestion{
			Code: said.GetCode().GetCode(), Kind: said.GetCode().GetKind(), Origin: said.GetOrigin(), Market: said.GetMarket(),
		})
	})
	if err != nil {
		return nil, err
	}
	var advised []*spsv1.Advice
	for _, p := range problems {
		advised = append(advised, advice(ctx, violation(p.Field, p.Reason, p.Sentence)))
	}
	return advised, nil
}

// advice says in an answer what a refusal would say, in the language of the
// caller.
func advice(ctx context.Context, v access.Violation) *spsv1.Advice {
	return &spsv1.Advice{Field: v.Field, Reason: v.Reason, Sentence: access.Worded(ctx, v.Reason, v.Sentence)}
}

// readers returns the offices that a statement reaches.
func (s *Service) readers(st *spsv1.Statement) []certs.Office {
	audience := statement.Audience(st)
	if audience.GetNetwork() {
		return s.o.Roster.Offices()
	}
	var offices []certs.Office
	for _, office := range audience.GetOffices() {
		offices = append(offices, certs.Office(office))
	}
	return offices
}
