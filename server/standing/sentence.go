package standing

import (
	"context"
	"fmt"
	"strings"
	"time"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/statement"
)

// sentence says how a code stands, to a person, in the language that the caller
// of ctx reads.
func sentence(ctx context.Context, good *casebook.CodeGood, q casebook.CodeQuestion) string {
	var all []string
	for _, p := range said(good, q) {
		all = append(all, access.Worded(ctx, p.Reason, p.Sentence))
	}
	return strings.Join(all, "; ")
}

// said is what there is to say, one sentence for each thing.
func said(good *casebook.CodeGood, q casebook.CodeQuestion) []statement.Problem {
	market := q.Market.GetCode()
	var all []statement.Problem
	switch good.Answer {
	case spsv1.CodeAnswer_CODE_ANSWER_GOOD:
		all = append(all, statement.Problem{
			Reason: "CODE_GOOD", Sentence: fmt.Sprintf("code %s is good for %s", q.Code, market),
		})
	case spsv1.CodeAnswer_CODE_ANSWER_UNKNOWN:
		all = append(all, statement.Problem{
			Reason: "CODE_NOT_STATED", Sentence: fmt.Sprintf("nothing that counts was said here of code %s for %s: ask your office whether it is good", q.Code, market),
		})
	}
	if h := stopped(good.Statuses, (*spsv1.CodeStatus).GetRefused); h != nil {
		p := statement.Problem{
			Reason: "CODE_REFUSED", Sentence: fmt.Sprintf("%s refuses goods under code %s, see %s", h.GetSaid().GetOffice(), q.Code, h.GetSaid().GetReference()),
		}
		if h.GetSaid().GetReference() == "" { // the case is not shown to who asks
			p.Sentence = fmt.Sprintf("%s refuses goods under code %s: ask the focal point why", h.GetSaid().GetOffice(), q.Code)
		}
		all = append(append(all, p), changes(h)...)
	}
	if h := stopped(good.Statuses, (*spsv1.CodeStatus).GetWithheld); h != nil {
		p := statement.Problem{
			Reason: "CODE_WITHHELD", Sentence: fmt.Sprintf("%s withholds goods under code %s from %s, see %s", h.GetSaid().GetOffice(), q.Code, market, h.GetSaid().GetReference()),
		}
		if h.GetSaid().GetReference() == "" {
			p.Sentence = fmt.Sprintf("%s withholds goods under code %s from %s: ask the focal point why", h.GetSaid().GetOffice(), q.Code, market)
		}
		all = append(append(all, p), changes(h)...)
	}
	if good.Partly {
		all = append(all, statement.Problem{
			Reason: "CODE_PARTLY", Sentence: "that holds for a part only: of the goods, of the market, or of the sites with this code",
		})
	}
	if good.Pending > 0 {
		all = append(all, statement.Problem{
			Reason: "CODE_PENDING", Sentence: fmt.Sprintf("%d cases are not counted in yet: ask again in a moment", good.Pending),
		})
	}
	return all
}

// stopped returns the first of some halves that is suspended.
func stopped(statuses []*spsv1.CodeStatus, half func(*spsv1.CodeStatus) *spsv1.CodeHalfStatus) *spsv1.CodeHalfStatus {
	for _, s := range statuses {
		if h := half(s); h.GetState() == spsv1.CodeState_CODE_STATE_SUSPENDED {
			return h
		}
	}
	return nil
}

// changes says when a half changes, if that is known.
func changes(h *spsv1.CodeHalfStatus) []statement.Problem {
	if h.GetChangeTime() == nil {
		return nil
	}
	return []statement.Problem{{
		Reason: "CODE_CHANGES", Sentence: fmt.Sprintf("that ends at %s", h.GetChangeTime().AsTime().UTC().Format(time.RFC3339)),
	}}
}
