package access

import (
	"context"
	"errors"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Caller is who makes a call: the same thing whether a verified certificate, a
// token or an account says so. What it may do follows from the identity, for
// the role system also from its scope, and for whoever belongs to a unit also
// from that.
type Caller struct {
	certs.Identity

	Means spsv1.CallerMeans // how the identity was proven
	// Credential is the resource name of the token or account; it is empty for
	// a certificate.
	Credential string
	// Unit is the unit of the office that the caller belongs to, if the token or
	// account says one, or for a certificate the configuration. It speaks as no other.
	Unit string
	// Scope is what a caller of the role system may issue. It binds no other.
	Scope Scope

	// Session is what a sign-in with an account is bound to, for
	// [Register.Account]; it is no secret and proves nothing. It is empty for
	// others.
	Session string

	// Until is when the proof expires, certificate or token. Calls are refused
	// after it, and streams end then; the zero time is long past.
	Until time.Time

	// Forges is the header by which the request says who calls besides its
	// proof; "" if none does. A call of such a caller is refused; see [Forged].
	Forges string

	// Acts is for whom the request says that the caller acts, without proof; "" for
	// nobody. See [ActingForKey].
	Acts string
	// ActingFor is for whom the caller acts, with a role on loan: then Role and Unit
	// are those of the loan, and ID is the caller's own. "" if it acts in its own role.
	ActingFor string

	// focal says that Unit is the focal point of the office.
	focal bool

	ended <-chan struct{} // closed when token or account is taken away; nil: never
	lent  <-chan struct{} // closed when the loan is ended; nil: there is none
}

// Focal reports whether the caller is of the focal point of the office, or an
// auditor, and so sees what goes to any unit: whoever belongs to no unit, or to
// that which the configuration names. A post, a laboratory and an exporter are
// never. Any other caller sees what goes to its unit, or to one below it, and
// speaks as its unit.
func (c Caller) Focal() bool {
	switch c.Role {
	case certs.RoleAuditor:
		return true
	case certs.RolePost, certs.RoleLab, certs.RoleExporter:
		return false
	}
	return c.Unit == "" || c.focal
}

// Message returns the caller as it is shown.
func (c Caller) Message() *spsv1.Caller {
	return &spsv1.Caller{
		Identity: c.URI(), Means: c.Means, Credential: c.Credential,
		Role: string(c.Role), Id: c.ID, Unit: c.Unit, ActingFor: c.ActingFor,
		FocalPoint:      c.Focal(),
		Classifications: c.Scope.Classifications, Kinds: c.Scope.Kinds, ExpireTime: timestamppb.New(c.Until),
	}
}

// Person returns the caller as records name persons.
func (c Caller) Person() *spsv1.Person {
	return &spsv1.Person{Id: c.ID, Unit: c.Unit, ActingFor: c.ActingFor}
}

// callerKey is the context key of the Caller.
type callerKey struct{}

// From returns the caller whom a [Guard] let in. It returns false in a context
// that passed no Guard; there is then nobody to act for.
func From(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(Caller)
	return c, ok
}

// CallerOf is [From] for what a Guard always stands before: that there is nobody is
// a fault of the node, and an error that is no refusal.
func CallerOf(ctx context.Context) (Caller, error) {
	c, ok := From(ctx)
	if !ok {
		return c, errors.New("a call without a caller")
	}
	return c, nil
}

func with(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// Ended returns a channel that is closed when the token or account of the caller
// is taken away, or its password changed; nil for a certificate.
func (c Caller) Ended() <-chan struct{} { return c.ended }

// isEnded reports whether the token or account was taken away.
func (c Caller) isEnded() bool {
	select {
	case <-c.ended: // blocks for ever if nil
		return true
	default:
		return false
	}
}
