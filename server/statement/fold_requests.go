package statement

import (
	"slices"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// asked gathers the requests that stand, each as the word of who asks, with the latest answer of each office
// asked. What an office without a node was heard to answer counts until the
// office itself answers.
func (f *folder) asked() {
	answers := f.answers()
	for i := range f.entries {
		e := &f.entries[i]
		r := e.Statement.GetRequest()
		if r == nil || !e.holds() {
			continue
		}
		request := &spsv1.CaseRequest{
			Said:      e.mark(),
			Office:    f.voice(e.CaseEntry),
			Kind:      r.GetKind(),
			Allowance: e.Statement.GetAllowances().GetAnswer(),
			DueTime:   r.GetDueTime(),
			Extension: r.GetExtension(),
		}
		for _, office := range r.GetOffices() {
			answer := answers[e.place()].by(office)
			answer.CardNumber, answer.ByHand = cardOf(e.Statement, office), handed(e.Statement, office)
			request.Answers = append(request.Answers, answer)
		}
		f.state.Requests = append(f.state.Requests, request)
	}
}

// cardOf returns the number of an office's card as a statement that addresses
// it names it; 0 if it names none.
func cardOf(s *spsv1.Statement, office string) uint64 {
	for _, a := range s.GetAddressees() {
		if a.GetOffice() == office && a.GetCardNumber() != 0 {
			return a.GetCardNumber()
		}
	}
	return 0
}

// answersTo are the responses to one request, by the office that speaks.
type answersTo map[string]*folded

func (a answersTo) by(office string) *spsv1.RequestAnswer {
	answer := &spsv1.RequestAnswer{Office: office}
	if e := a[office]; e != nil {
		answer.Result = e.Statement.GetResponse().GetResult()
		answer.Said = e.mark()
		answer.DueTime = e.Statement.GetResponse().GetDueTime()
	}
	return answer
}

// answers returns the answers that stand, by the place of what they answer.
func (f *folder) answers() map[place]answersTo {
	all := make(map[place]answersTo)
	for i := range f.entries {
		e := &f.entries[i]
		if !e.holds() || e.Statement.GetResponse() == nil {
			continue
		}
		to := f.find(relation(e.Statement, spsv1.RelationKind_RELATION_KIND_REPLIES)).entry.place()
		if all[to] == nil {
			all[to] = make(answersTo)
		}
		office := f.voice(e.CaseEntry)
		if before := all[to][office]; before != nil && before.Statement.GetSource() == nil && e.Statement.GetSource() != nil {
			continue
		}
		all[to][office] = e
	}
	return all
}

// disputes gathers the objections of addressees, and the issuer's last answer to
// each.
func (f *folder) disputes() {
	answers := f.answers()
	for i := range f.entries {
		e := &f.entries[i]
		office := f.voice(e.CaseEntry)
		if !e.holds() || office == "" || !disputes(e.Statement) {
			continue
		}
		dispute := &spsv1.Dispute{Said: e.mark(), Office: office, Lifted: f.movedOn(i, office), CardNumber: cardOf(e.Statement, f.issuer())}
		if answer := answers[e.place()][f.issuer()]; answer != nil {
			dispute.Result, dispute.Answered = answer.Statement.GetResponse().GetDisputeResult(), answer.mark()
		}
		f.state.Disputes = append(f.state.Disputes, dispute)
	}
}

// movedOn reports whether an office has taken another stance after the entry i.
// What it says itself comes after all that it was heard to say.
func (f *folder) movedOn(i int, office string) bool {
	at := f.entries[i].CaseEntry
	return slices.ContainsFunc(f.entries, func(e folded) bool {
		later := e.office() == at.office() && compareEntries(e.CaseEntry, at) > 0 ||
			e.office() == office && at.office() != office
		return later && e.holds() && stance(e.Statement) != nil && f.voice(e.CaseEntry) == office
	})
}

// extensions gathers the due times that were moved. Only whom a clock protects
// may grant: who asked, for an answer; an office that disputes, for the answer
// to its dispute; an office asked, for a confirmation; else the issuer. That it
// was heard to grant is not enough: whoever asks would grant to itself. It is
// granted to who asked, be it outside the network; to nobody, if that is nobody
// whose word counts.
func (f *folder) extensions() {
	for _, request := range f.state.GetRequests() {
		x := request.GetExtension()
		asker := request.GetOffice()
		if request.GetKind() != spsv1.RequestKind_REQUEST_KIND_EXTENSION || x == nil || asker == "" {
			continue
		}
		from, grantor := f.extended(x)
		for _, answer := range request.GetAnswers() {
			granted := answer.GetResult() == spsv1.ResponseResult_RESPONSE_RESULT_GRANTED ||
				answer.GetResult() == spsv1.ResponseResult_RESPONSE_RESULT_PARTLY_GRANTED
			own := officeOf(answer.GetSaid().GetStatement()) == answer.GetOffice()
			if !granted || !own || answer.GetOffice() == asker || from == "" || grantor != "" && grantor != answer.GetOffice() {
				continue
			}
			until := answer.GetDueTime()
			if until == nil {
				until = x.GetDueTime()
			}
			f.state.Extensions = append(f.state.Extensions, &spsv1.GrantedExtension{
				Clock: x.GetClock(), Office: asker, Statement: from, DueTime: until, Said: answer.GetSaid(),
			})
		}
	}
}

// extended returns the statement from which the clock of an extension runs, and
// who alone may grant it: nobody in particular for a confirmation. The name is
// empty if the statement is not here.
func (f *folder) extended(x *spsv1.Extension) (from, grantor string) {
	at := lookup{original: true}
	if x.GetStatement() != nil {
		at = f.find(x.GetStatement())
	}
	switch {
	case at.entry != nil && (x.GetClock() == spsv1.Clock_CLOCK_ANSWER || x.GetClock() == spsv1.Clock_CLOCK_DISPUTE):
		return at.entry.Name(), at.entry.office()
	case at.entry != nil:
		return at.entry.Name(), f.issuer()
	case !at.original:
		return "", ""
	case x.GetClock() == spsv1.Clock_CLOCK_CONFIRMATION:
		return f.original.Name(), ""
	}
	return f.original.Name(), f.issuer()
}
