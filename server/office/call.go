package office

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// tableCalls has telephone calls. They are truth: no ledger can make them again.
const tableCalls store.Table = "office.calls" // reference of a case, 0, id, 16 bytes → serialised Call

// maxCalls is how many calls of one case are kept and shown.
const maxCalls = 500

func callsPrefix(reference string) []byte { return append([]byte(reference), 0) }

// RecordCall implements spsv1.CaseServiceServer.
func (s *Service) RecordCall(ctx context.Context, req *spsv1.RecordCallRequest) (*spsv1.Call, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return nil, err
	}
	reference := req.GetName()[len(casePrefix):]
	if err := s.mustSee(ctx, reference); err != nil {
		return nil, err
	}
	now := s.o.Now().UTC()
	if t := req.GetCall().GetCallTime(); t != nil && (!t.IsValid() || t.AsTime().After(now.Add(time.Minute))) {
		return nil, access.Invalid(access.Violation{
			Field: "call.call_time", Reason: "CALL_TIME", Sentence: "give a time that is not in the future, or none for now",
		})
	}
	id := uuid.New()
	if req.GetRequestId() != "" {
		id = uuid.MustParse(req.GetRequestId()) // the field rules have seen it
	}
	call := proto.CloneOf(req.GetCall())
	call.Id, call.Caller, call.RecordTime = id.String(), caller.ID, timestamppb.New(now)
	if call.GetCallTime() == nil {
		call.CallTime = timestamppb.New(now.Truncate(time.Second))
	}
	err = s.o.Store.Update(ctx, func(tx store.Tx) error {
		kept, err := putCall(tx, append(callsPrefix(reference), id[:]...), call, req.GetCall().GetCallTime() == nil)
		if err != nil {
			return err
		}
		call = kept
		return access.Record(ctx, tx, req.GetName())
	})
	if err != nil {
		return nil, err
	}
	return call, nil
}

// putCall keeps a call, or returns the same one that was kept before; now says
// that its time is only that of the request.
func putCall(tx store.Tx, key []byte, call *spsv1.Call, now bool) (*spsv1.Call, error) {
	row, err := tx.Get(tableCalls, key)
	if err != nil {
		return nil, err
	}
	if row != nil {
		before := &spsv1.Call{}
		if err := proto.Unmarshal(row, before); err != nil {
			return nil, err
		}
		again := proto.CloneOf(call)
		again.RecordTime = before.GetRecordTime()
		if now {
			again.CallTime = before.GetCallTime()
		}
		if !proto.Equal(again, before) {
			return nil, &access.Refusal{
				Code: codes.AlreadyExists, Reason: access.ReasonIDConflict,
				Sentence: "this requestId recorded another call: give a new one",
			}
		}
		return before, nil
	}
	text, err := proto.Marshal(call)
	if err != nil {
		return nil, err
	}
	return call, tx.Put(tableCalls, key, text)
}

// calls returns what was recorded of telephone calls about a case, at most
// maxCalls, in the order of their times.
func (s *Service) calls(ctx context.Context, reference string) (all []*spsv1.Call, err error) {
	prefix := callsPrefix(reference)
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		all = nil
		for row, err := range r.Scan(tableCalls, prefix, store.PrefixEnd(prefix), false) {
			if err != nil || len(all) == maxCalls {
				return err
			}
			call := &spsv1.Call{}
			if err := proto.Unmarshal(row.Value, call); err != nil {
				return err
			}
			all = append(all, call)
		}
		return nil
	})
	slices.SortStableFunc(all, func(a, b *spsv1.Call) int { return a.GetCallTime().AsTime().Compare(b.GetCallTime().AsTime()) })
	return all, err
}

// toCall says whom to telephone about a case of this office: who has not
// acknowledged an alert in time, and whom it has not reached.
func (s *Service) toCall(f *folded) []*spsv1.CallPrompt {
	now := s.o.Now()
	var prompts []*spsv1.CallPrompt
	for _, d := range statement.Unacknowledged(s.self(), f.State(), f.deadlines) {
		if d.GetDueTime() != nil && !now.After(statement.CallTime(d, s.o.CallAfter)) {
			continue
		}
		p := &spsv1.CallPrompt{Office: d.GetOffice(), DueTime: d.GetDueTime()}
		if card, ok := s.o.Roster.Card(certs.Office(d.GetOffice())); ok {
			p.Contacts, p.Languages = slices.Clone(card.Message().GetDutyContacts()), card.Message().GetLanguages()
			slices.SortStableFunc(p.Contacts, func(a, b *spsv1.ContactPoint) int { return rank(a) - rank(b) })
		}
		prompts = append(prompts, p)
	}
	return prompts
}

// rank is lower for who can be reached at every hour.
func rank(c *spsv1.ContactPoint) int {
	if c.GetAlwaysReachable() {
		return 0
	}
	return 1
}
