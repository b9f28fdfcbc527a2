package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"iter"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

const (
	// TokenNames begins the resource name of a token.
	TokenNames = "tokens/"

	tokenIDs = 16 // length of the last part: 80 bits, so that names are never reused
	// lookup is how much of a digest finds its token. The rest is compared
	// without a hint of where it differs.
	lookup = len(digest{}) / 2
)

// tokenRow is what is kept of a token.
type tokenRow struct {
	digest digest
	token  *spsv1.Token
}

func decodeTokenRow(b []byte) (row tokenRow, err error) {
	if copy(row.digest[:], b) < len(row.digest) {
		return tokenRow{}, fmt.Errorf("%w: token of %d bytes", errCorrupt, len(b))
	}
	row.token = &spsv1.Token{}
	if err := proto.Unmarshal(b[len(row.digest):], row.token); err != nil {
		return tokenRow{}, fmt.Errorf("%w: token: %w", errCorrupt, err)
	}
	return row, nil
}

func putToken(tx store.Tx, row tokenRow) error {
	b, err := proto.MarshalOptions{Deterministic: true}.MarshalAppend(row.digest[:], row.token)
	if err != nil {
		return fmt.Errorf("token: %w", err)
	}
	return tx.Put(tableTokens, []byte(row.token.GetName()[len(TokenNames):]), b)
}

// getToken returns the row of a token by its name.
func getToken(tx store.Reader, name string) (tokenRow, error) {
	b, err := tx.Get(tableTokens, []byte(strings.TrimPrefix(name, TokenNames)))
	if err != nil {
		return tokenRow{}, err
	}
	if b == nil {
		return tokenRow{}, NotFound("there is no %s", name)
	}
	return decodeTokenRow(b)
}

// methodToken is what the audit log calls a try to call with a token.
const methodToken = "sign-in/token"

// Token returns the caller whom the secret of a token stands for. It is a
// refusal if there is none, or it was revoked, or has expired, and also when too
// many tries from the address of ctx ([WithAddress]) failed.
//
// It costs a digest and a read, so it is called for every request; the caller
// that it returns MUST NOT be kept for the next one.
func (r *Register) Token(ctx context.Context, secret string) (Caller, error) {
	d, err := parseSecret(tokenPrefix, secret)
	if err != nil {
		return Caller{}, r.failing(ctx, methodToken, errNoProof("this is no token of this node: give the whole text that the administrator was shown"))
	}
	id, err := r.tokenOf(ctx, d)
	if err != nil {
		return Caller{}, err
	}
	ended := r.end(TokenNames + id)
	var row tokenRow
	var unconfirmed error
	err = r.o.Store.View(ctx, func(tx store.Reader) error {
		unconfirmed = refuseRestored(tx)
		b, err := tx.Get(tableTokens, []byte(id))
		if err != nil || b == nil {
			return err
		}
		row, err = decodeTokenRow(b)
		return err
	})
	if err != nil {
		return Caller{}, fmt.Errorf("look up a token: %w", err)
	}
	t, now := row.token, r.o.Now()
	switch {
	case t == nil || subtle.ConstantTimeCompare(d[:], row.digest[:]) != 1:
		return Caller{}, r.failing(ctx, methodToken, errNoProof("this is no token of this node, or not any more: ask the administrator"))
	case t.GetRevokeTime() != nil:
		return Caller{}, r.failing(ctx, methodToken, revoked())
	case !now.Before(t.GetExpireTime().AsTime()):
		return Caller{}, r.failing(ctx, methodToken, expired())
	case unconfirmed != nil:
		return Caller{}, unconfirmed // no failure of the caller's
	}
	r.used(t.GetName(), now)
	return Caller{
		Identity: r.identity(t.GetRole(), t.GetId()),
		Means:    spsv1.CallerMeans_CALLER_MEANS_TOKEN, Credential: t.GetName(),
		Unit: t.GetUnit(), Scope: Scope{Classifications: t.GetClassifications(), Kinds: t.GetKinds()},
		Until: t.GetExpireTime().AsTime(), ended: ended,
	}, nil
}

// tokenOf returns the token that the first half of a digest finds; "" if none.
func (r *Register) tokenOf(ctx context.Context, d digest) (id string, err error) {
	err = r.o.Store.View(ctx, func(tx store.Reader) error {
		b, err := tx.Get(tableSecrets, d[:lookup])
		id = string(b)
		return err
	})
	if err == nil && id == "" {
		id = strings.Repeat("a", tokenIDs) // as much work as for one that exists
	}
	return id, err
}

func revoked() error {
	return &Refusal{
		Code: codes.Unauthenticated, Reason: ReasonRevoked,
		Sentence: "the token or account was taken away: ask the administrator",
	}
}

// CreateToken makes a token from what is given of it and returns it with its
// secret, which cannot be had again. It is durable on return. The refusals are
// about fields of a CreateTokenRequest.
func (r *Register) CreateToken(ctx context.Context, given *spsv1.Token) (*spsv1.Token, string, error) {
	caller, _ := From(ctx)
	now := r.o.Now().UTC()
	t := &spsv1.Token{
		DisplayName: given.GetDisplayName(), Role: given.GetRole(), Id: given.GetId(), Unit: given.GetUnit(),
		Classifications: given.GetClassifications(), Kinds: given.GetKinds(), ExpireTime: given.GetExpireTime(),
		CreateTime: timestamppb.New(now), Creator: caller.name(),
	}
	latest := now.Add(r.o.TokenAge)
	if t.GetExpireTime() == nil {
		t.ExpireTime = timestamppb.New(latest)
	}
	var wrong []Violation
	if e := t.GetExpireTime(); !e.IsValid() || !e.AsTime().After(now) || e.AsTime().After(latest) {
		wrong = append(wrong, Violation{
			Field: "token.expire_time", Reason: "TOKEN_AGE",
			Sentence: "give a time from now to " + latest.Format(time.RFC3339) + ", or leave it out for the latest",
		})
	}
	for _, scope := range []struct {
		field string
		given bool
	}{{"token.classifications", len(t.GetClassifications()) > 0}, {"token.kinds", len(t.GetKinds()) > 0}} {
		if scope.given && t.GetRole() != string(certs.RoleSystem) {
			wrong = append(wrong, Violation{
				Field: scope.field, Reason: "NOT_SYSTEM",
				Sentence: "leave it out: it bounds tokens of the role system, and others may do what their role may",
			})
		}
	}
	if len(wrong) > 0 {
		return nil, "", Invalid(wrong...)
	}
	t.Name = TokenNames + strings.ToLower(rand.Text()[:tokenIDs])
	secret, d := newSecret(tokenPrefix)
	err := r.o.Store.Update(ctx, func(tx store.Tx) error {
		if err := r.roomForToken(tx, now); err != nil {
			return err
		}
		if err := tx.Put(tableSecrets, d[:lookup], []byte(t.GetName()[len(TokenNames):])); err != nil {
			return err
		}
		if err := putToken(tx, tokenRow{digest: d, token: t}); err != nil {
			return err
		}
		return Record(ctx, tx, t.GetName())
	})
	if err != nil {
		return nil, "", fmt.Errorf("make a token: %w", err)
	}
	return t, secret, nil
}

// roomForToken refuses a token above the most that are in effect.
func (r *Register) roomForToken(tx store.Reader, now time.Time) error {
	live := 0
	for _, err := range tokensInEffect(tx, now) {
		if err != nil {
			return err
		}
		live++
	}
	if live < r.o.Tokens {
		return nil
	}
	return &Refusal{
		Code: codes.ResourceExhausted, Reason: ReasonLimit,
		Sentence: fmt.Sprintf("%d tokens are in effect, as many as tokens.most allows: revoke what nobody uses", live),
		Metadata: map[string]string{"limit": "tokens.most"},
	}
}

// tokensInEffect yields the tokens that are neither revoked nor expired. An error
// is the last that it yields.
func tokensInEffect(r store.Reader, now time.Time) iter.Seq2[*spsv1.Token, error] {
	return func(yield func(*spsv1.Token, error) bool) {
		for item, err := range r.Scan(tableTokens, nil, nil, false) {
			var row tokenRow
			if err == nil {
				row, err = decodeTokenRow(item.Value)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if t := row.token; t.GetRevokeTime() == nil && now.Before(t.GetExpireTime().AsTime()) && !yield(t, nil) {
				return
			}
		}
	}
}

// GetToken returns a token by its name.
func (r *Register) GetToken(ctx context.Context, name string) (*spsv1.Token, error) {
	var row tokenRow
	err := r.o.Store.View(ctx, func(tx store.Reader) (err error) {
		row, err = getToken(tx, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	return r.withUse(row.token), nil
}

// Tokens returns at most so many tokens, from the Next of a page on.
func (r *Register) Tokens(ctx context.Context, from string, most int) (Page[*spsv1.Token], error) {
	return list(ctx, r.o.Store, tableTokens, from, most, func(b []byte) (*spsv1.Token, error) {
		row, err := decodeTokenRow(b)
		return r.withUse(row.token), err
	})
}

// RevokeToken ends a token for good. It is durable on return, and calls under
// way with the token are being ended.
func (r *Register) RevokeToken(ctx context.Context, name string) (*spsv1.Token, error) {
	var row tokenRow
	err := r.o.Store.Update(ctx, func(tx store.Tx) (err error) {
		if row, err = getToken(tx, name); err != nil {
			return err
		}
		if row.token.GetRevokeTime() == nil {
			row.token.RevokeTime = timestamppb.New(r.o.Now().UTC())
			if err := putToken(tx, row); err != nil {
				return err
			}
		}
		return Record(ctx, tx, name)
	})
	if err != nil {
		return nil, err
	}
	r.takeAway(name)
	return r.withUse(row.token), nil
}
