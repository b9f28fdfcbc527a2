package access

import (
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
)

// Domain is the domain of every ErrorInfo of this project.
const Domain = "spsalert"

// Reason is an entry of the published table of reasons: why a call failed, for
// programs. It never changes its meaning.
type Reason string

// The reasons that the services of a node give; docs/protocol.md has the table.
const (
	ReasonInvalid         Reason = "INVALID"             // the request breaks rules; the violations say which
	ReasonNotFound        Reason = "NOT_FOUND"           // there is no such thing, or none that is shown here
	ReasonDenied          Reason = "PERMISSION_DENIED"   // not for this caller
	ReasonUnauthenticated Reason = "UNAUTHENTICATED"     // nobody has proven who calls
	ReasonRevoked         Reason = "REVOKED"             // a card or key is no longer good
	ReasonUnconfirmed     Reason = "UNCONFIRMED"         // the node was restored, and nobody has confirmed tokens and accounts
	ReasonExpired         Reason = "CERTIFICATE_EXPIRED" // the caller's certificate or token has expired
	ReasonUnknownPeer     Reason = "UNKNOWN_PEER"        // the card of the caller's office is not accepted here
	ReasonIDConflict      Reason = "ID_CONFLICT"         // the request_id was used for something else
	ReasonCursorAhead     Reason = "CURSOR_AHEAD"        // a cursor or token of another store: list again
	ReasonTooLarge        Reason = "TOO_LARGE"           // above a limit; permanent
	ReasonReadOnly        Reason = "READ_ONLY"           // the node issues nothing just now
	ReasonClock           Reason = "CLOCK"               // the node's clock is too far from that of its peers to issue by it
	ReasonUnsealed        Reason = "UNSEALED"            // entered, and not under a signed checkpoint yet: ask again
	ReasonDraining        Reason = "DRAINING"            // the node is stopping: connect again and resume
	ReasonScope           Reason = "OUT_OF_SCOPE"        // not within what the caller's token is for
	ReasonExists          Reason = "ALREADY_EXISTS"      // there is one of this name
	ReasonLimit           Reason = "LIMIT"               // as many are there as are allowed
	ReasonRate            Reason = "RATE"                // too many calls: wait as long as RetryInfo says
	ReasonFourEyes        Reason = "FOUR_EYES"           // a second person is needed
	ReasonEtag            Reason = "ETAG"                // somebody changed it meanwhile: read it again
	ReasonDraftState      Reason = "DRAFT_STATE"         // the draft is too far, or not far enough
	ReasonImportState     Reason = "IMPORT_STATE"        // the import is too far, or not far enough
	ReasonNoticeState     Reason = "NOTICE_STATE"        // the consignment notice is too far, or not far enough
	ReasonNotHeld         Reason = "NOT_HELD"            // a file that a statement names has not arrived here yet
	ReasonInternal        Reason = "INTERNAL"            // a fault of the node; its log says more
)

// Violation is one rule that a request breaks.
type Violation struct {
	Field    string // path from the request, such as "statement.products[0].hs_code"
	Reason   string // code of the rule
	Sentence string // what is wrong and what to do
}

// Refusal is an error that the caller is told in full. [Status] shows nothing
// of an error that is none and that it does not know otherwise.
type Refusal struct {
	Code       codes.Code
	Reason     Reason
	Sentence   string            // for people; says what to do
	Metadata   map[string]string // for programs; nil is fine
	Violations []Violation       // every violation of the request
	RetryAfter time.Duration     // how long to wait before the next try; 0: not said
}

// Error returns the reason and the sentence.
func (r *Refusal) Error() string { return string(r.Reason) + ": " + r.Sentence }

// NotFound refuses for want of what is asked for.
func NotFound(format string, args ...any) *Refusal {
	return &Refusal{Code: codes.NotFound, Reason: ReasonNotFound, Sentence: fmt.Sprintf(format, args...)}
}

// Invalid refuses a request for all that is wrong with it; there MUST be at
// least one violation.
func Invalid(violations ...Violation) *Refusal {
	sentence := headline(violations[0].Field, violations[0].Sentence, len(violations)-1, 0)
	return &Refusal{Code: codes.InvalidArgument, Reason: ReasonInvalid, Sentence: sentence, Violations: violations}
}

// CursorAhead refuses a cursor or page token that this store did not give.
func CursorAhead(what string) *Refusal {
	return &Refusal{
		Code: codes.OutOfRange, Reason: ReasonCursorAhead,
		Sentence: "the " + what + " is not of this node's present store: list again, and watch from the cursor of the list",
	}
}

// Draining tells a caller whose stream ends that the node is stopping.
func Draining() *Refusal {
	return &Refusal{
		Code: codes.Unavailable, Reason: ReasonDraining,
		Sentence: "the node is stopping: connect again and resume from the last cursor",
	}
}

// tooMany refuses a call above a limit, which key names in the configuration.
func tooMany(key string, limit fmt.Stringer, wait time.Duration) *Refusal {
	wait = max(wait, time.Millisecond).Round(time.Millisecond)
	return &Refusal{
		Code: codes.ResourceExhausted, Reason: ReasonRate,
		Sentence:   fmt.Sprintf("more than %s allows (%s): try again in %s", key, limit, wait),
		Metadata:   map[string]string{"limit": key},
		RetryAfter: wait,
	}
}
