package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// keptCaller is what [Caller.Keep] writes. Nothing in it proves anything.
type keptCaller struct {
	Caller  []byte `json:"caller"`            // serialised
	Session string `json:"session,omitempty"` // of an account
}

// Keep returns what is kept of a caller who began what goes on without him, for
// [Register.Resume]. It holds no secret.
func (c Caller) Keep() ([]byte, error) {
	said, err := proto.Marshal(c.Message())
	if err != nil {
		return nil, fmt.Errorf("keep a caller: %w", err)
	}
	return json.Marshal(keptCaller{Caller: said, Session: c.Session})
}

// Resume returns a context in which the node goes on, as method, with what a
// caller began: the caller is [From] it, and [Record] writes an audit record
// that names both. It is a refusal if the caller could not call any more: the
// certificate or token has expired, the token was revoked, the account disabled,
// reset or given another password, or one of them says another role or unit
// now. Whoever goes on for long asks before each step.
func (r *Register) Resume(ctx context.Context, kept []byte, method string) (context.Context, error) {
	caller, err := r.resumed(ctx, kept)
	if err != nil {
		return nil, err
	}
	if !r.o.Now().Before(caller.Until) {
		return nil, expired()
	}
	pending := &pending{register: r, record: r.record(caller, method)}
	return with(context.WithValue(ctx, pendingKey{}, pending), caller), nil
}

// resumed returns the caller of what Keep returned, as far as token or account
// still say the same.
func (r *Register) resumed(ctx context.Context, kept []byte) (Caller, error) {
	var row keptCaller
	said := &spsv1.Caller{}
	if err := errors.Join(json.Unmarshal(kept, &row), proto.Unmarshal(row.Caller, said)); err != nil {
		return Caller{}, fmt.Errorf("%w: a caller that was kept: %w", errCorrupt, err)
	}
	c := Caller{
		Identity: r.identity(said.GetRole(), said.GetId()), Means: said.GetMeans(), Credential: said.GetCredential(), Unit: said.GetUnit(),
		Scope: Scope{Classifications: said.GetClassifications(), Kinds: said.GetKinds()}, Session: row.Session,
		Until: said.GetExpireTime().AsTime(),
	}
	now := c
	var err error
	switch c.Means {
	case spsv1.CallerMeans_CALLER_MEANS_CERTIFICATE:
	case spsv1.CallerMeans_CALLER_MEANS_TOKEN:
		now, err = r.tokenStands(ctx, c)
	case spsv1.CallerMeans_CALLER_MEANS_ACCOUNT:
		if now, err = r.Account(ctx, c.Credential, c.Session); isNotFound(err) {
			err = revoked()
		}
	default:
		err = revoked()
	}
	if err == nil && (c.URI() != said.GetIdentity() || now.Role != c.Role || now.ID != c.ID || now.Unit != c.Unit) {
		err = revoked()
	}
	return c, err
}

// tokenStands returns the caller of a token as it is now, if it is good.
func (r *Register) tokenStands(ctx context.Context, c Caller) (Caller, error) {
	err := r.o.Store.View(ctx, func(tx store.Reader) error {
		if err := refuseRestored(tx); err != nil {
			return err
		}
		row, err := getToken(tx, c.Credential)
		switch {
		case isNotFound(err):
			return revoked()
		case err != nil:
			return err
		case row.token.GetRevokeTime() != nil:
			return revoked()
		case !r.o.Now().Before(row.token.GetExpireTime().AsTime()):
			return expired()
		}
		c.Role, c.ID, c.Unit = certs.Role(row.token.GetRole()), row.token.GetId(), row.token.GetUnit()
		return nil
	})
	return c, err
}

func isNotFound(err error) bool {
	var refusal *Refusal
	return errors.As(err, &refusal) && refusal.Reason == ReasonNotFound
}
