package exchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

// Reasons of the published table that only peers meet. Those that clients meet
// too are package access's.
const (
	ReasonBadEncoding  access.Reason = "BAD_ENCODING" // bytes that do not parse, or a broken field rule
	ReasonBadSeal      access.Reason = "BAD_SEAL"     // a signature or proof that does not check
	ReasonWrongRoot    access.Reason = "WRONG_ROOT"   // leaves that do not hash to the signed root
	ReasonGap          access.Reason = "GAP"          // entries that do not follow what is held
	ReasonNotAudience  access.Reason = "NOT_AUDIENCE" // a body for somebody else
	ReasonInconsistent access.Reason = "INCONSISTENT" // alarm: two trees that cannot both be
	ReasonQuota        access.Reason = "QUOTA"        // more than the peer may send
	ReasonVersion      access.Reason = "VERSION"      // no common version
	ReasonDuplicate    access.Reason = "DUPLICATE"    // another session between the two stays
	ReasonCardChanged  access.Reason = "CARD_CHANGED" // the card of the peer was replaced: dial again
	ReasonSilent       access.Reason = "SILENT"       // nothing came, or was taken, for too long
)

// Reasons that no peer is told.
const (
	ReasonUnreachable access.Reason = "UNREACHABLE"  // the peer cannot be dialled
	ReasonBroken      access.Reason = "BROKEN"       // the connection ended without a Bye
	ReasonCardRefused access.Reason = "CARD_REFUSED" // a card in the peer's log was not applied
)

// Fault is what went wrong with a peer, for the administrator's eyes.
type Fault struct {
	Reason access.Reason // of the published table
	Words  string
	Time   time.Time // when, by this node's clock
}

// maxWords bounds the words of a fault, in bytes.
const maxWords = 1000

// ending says why a session ends. It is an error so that the places that find
// the reason can return it.
type ending struct {
	code   spsv1.ByeReason // for the Bye
	reason access.Reason
	words  string
	theirs bool // the peer said so: there is no point in answering with a Bye
	alarm  bool // shown until the node restarts, whatever happens afterwards
	cause  error
}

// Error returns the reason with its words.
func (e *ending) Error() string {
	if e.theirs {
		return fmt.Sprintf("the peer closed: %s: %s", e.reason, e.words)
	}
	return fmt.Sprintf("%s: %s", e.reason, e.words)
}

// Unwrap returns the error that led to it, or nil.
func (e *ending) Unwrap() error { return e.cause }

// refuse ends the session because of what the peer sent.
func refuse(reason access.Reason, format string, args ...any) *ending {
	return &ending{code: spsv1.ByeReason_BYE_REASON_PROTOCOL, reason: reason, words: clip(fmt.Sprintf(format, args...), maxWords)}
}

func closing(code spsv1.ByeReason, reason access.Reason, format string, args ...any) *ending {
	return &ending{code: code, reason: reason, words: clip(fmt.Sprintf(format, args...), maxWords)}
}

func draining() *ending {
	return closing(spsv1.ByeReason_BYE_REASON_DRAINING, access.ReasonDraining, "the node is stopping: dial again later")
}

func duplicate(words string) *ending {
	return closing(spsv1.ByeReason_BYE_REASON_DUPLICATE, ReasonDuplicate, "%s", words)
}

// bye returns the frame that tells the peer.
func (e *ending) bye() *spsv1.Frame {
	return &spsv1.Frame{Kind: &spsv1.Frame_Bye{Bye: &spsv1.Bye{
		Code: e.code, Reason: clip(string(e.reason), 64), Message: clip(e.words, maxWords),
	}}}
}

// byeReasons are the reasons of a Bye that comes without one.
var byeReasons = map[spsv1.ByeReason]access.Reason{
	spsv1.ByeReason_BYE_REASON_DRAINING:         access.ReasonDraining,
	spsv1.ByeReason_BYE_REASON_DUPLICATE:        ReasonDuplicate,
	spsv1.ByeReason_BYE_REASON_REVOKED:          access.ReasonRevoked,
	spsv1.ByeReason_BYE_REASON_VERSION:          ReasonVersion,
	spsv1.ByeReason_BYE_REASON_QUOTA:            ReasonQuota,
	spsv1.ByeReason_BYE_REASON_READ_ONLY:        access.ReasonReadOnly,
	spsv1.ByeReason_BYE_REASON_PROTOCOL:         ReasonBadEncoding,
	spsv1.ByeReason_BYE_REASON_CURSOR_AHEAD:     access.ReasonCursorAhead,
	spsv1.ByeReason_BYE_REASON_IDENTITY_CHANGED: ReasonCardChanged,
}

// said turns the peer's Bye into the end of the session. That the peer lacks
// what it once gave us is an alarm here too: one of the two was rolled back.
func said(b *spsv1.Bye) *ending {
	reason := access.Reason(clip(b.GetReason(), 64))
	if reason == "" {
		reason = byeReasons[b.GetCode()]
	}
	return &ending{
		code: b.GetCode(), reason: reason, words: clip(b.GetMessage(), maxWords), theirs: true,
		alarm: b.GetCode() == spsv1.ByeReason_BYE_REASON_CURSOR_AHEAD,
	}
}

// broken turns the error of a stream into the end of its session.
func broken(err error) *ending {
	// What a peer sends as the message of a status may be any bytes.
	e := &ending{reason: ReasonBroken, words: clip(err.Error(), maxWords), theirs: true, cause: err}
	st, ok := status.FromError(err)
	switch {
	case errors.Is(err, io.EOF):
		e.words = "the peer closed without a Bye"
	case errors.Is(err, context.Canceled):
		e.words = "the stream was cut"
	case !ok:
	case st.Code() == codes.ResourceExhausted:
		// The receive limit of gRPC, which lies above that of a frame.
		return refuse(access.ReasonTooLarge, "frame above %d bytes: %s", MaxFrame, st.Message())
	default:
		e.words = clip(st.Message(), maxWords)
		for _, d := range st.Details() {
			if info, ok := d.(*errdetails.ErrorInfo); ok && info.GetDomain() == access.Domain {
				e.reason = access.Reason(clip(info.GetReason(), 64))
			}
		}
	}
	return e
}

// status returns what the other side of a session that it dialled is told
// besides the Bye, or nil if it ended by its own will.
func (e *ending) status() error {
	if e.theirs {
		return nil
	}
	code := codes.FailedPrecondition
	switch e.code {
	case spsv1.ByeReason_BYE_REASON_DRAINING, spsv1.ByeReason_BYE_REASON_READ_ONLY,
		spsv1.ByeReason_BYE_REASON_IDENTITY_CHANGED:
		code = codes.Unavailable
	case spsv1.ByeReason_BYE_REASON_DUPLICATE:
		code = codes.AlreadyExists
	case spsv1.ByeReason_BYE_REASON_REVOKED:
		code = codes.PermissionDenied
	case spsv1.ByeReason_BYE_REASON_QUOTA:
		code = codes.ResourceExhausted
	case spsv1.ByeReason_BYE_REASON_PROTOCOL, spsv1.ByeReason_BYE_REASON_VERSION:
		code = codes.InvalidArgument
	case spsv1.ByeReason_BYE_REASON_CURSOR_AHEAD:
		code = codes.OutOfRange
	}
	return &access.Refusal{Code: code, Reason: e.reason, Sentence: e.words}
}

// clip keeps foreign text short, and fit for a frame.
func clip(s string, most int) string {
	if len(s) > most {
		s = s[:most]
	}
	return strings.ToValidUTF8(s, "")
}
