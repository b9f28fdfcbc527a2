package statement

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// CheckDue returns what a statement of the own office that is about to be signed
// names as due and is over at now. It is the only rule that asks for the time, so
// it is not among those of [Check]: what others signed stays as they signed it,
// and is due as it starts. What was heard outside the network, and the flags that
// an amendment repeats, may be older than their entry.
func CheckDue(s *spsv1.Statement, now time.Time) Problems {
	var problems Problems
	if s.GetSource() != nil {
		return nil
	}
	check := func(field string, t *timestamppb.Timestamp) {
		if t.IsValid() && !t.AsTime().After(now) {
			problems.add(field, "DUE_PAST", "give a time that is still to come")
		}
	}
	if s.GetNotification() != nil {
		for i, f := range s.GetFlags() {
			check(fmt.Sprintf("flags[%d].due_time", i), f.GetDueTime())
		}
	}
	check("request.due_time", s.GetRequest().GetDueTime())
	check("request.extension.due_time", s.GetRequest().GetExtension().GetDueTime())
	check("response.due_time", s.GetResponse().GetDueTime())
	return problems
}
