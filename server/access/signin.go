package access

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"strings"

	"google.golang.org/grpc/codes"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// What the audit log calls what people do before a guard knows them.
const (
	methodSignIn   = "sign-in/account"
	methodPassword = "sign-in/set-password"
)

// Proof is what a person gives to prove to be the person of an account.
type Proof struct {
	Account  string // `accounts/{account}`
	Password string
	Code     string // if the account is enrolled for codes
}

// SignIn returns the caller whom a proof stands for, for as long as a session
// may last. A refusal does not tell a wrong name from a wrong password or code;
// after some that failed in a row the account, and whoever tries from the same
// address, has to wait.
//
// It takes tens of milliseconds of all cores, on purpose. A session keeps
// Credential and Session of the caller and asks [Register.Account] with them at
// every request.
func (r *Register) SignIn(ctx context.Context, p Proof) (Caller, error) {
	var caller Caller
	err := r.attempt(ctx, p.Account, methodSignIn, func() (bool, error) {
		a, c, err := r.proven(ctx, p.Account, p.Password)
		if err != nil || a == nil {
			return false, err
		}
		hash := c.Password
		if !strings.HasPrefix(hash, r.o.argon.head()) { // of an older version
			if hash, err = r.hashPassword(ctx, p.Password); err != nil {
				return false, err
			}
		}
		ended := r.end(a.GetName())
		_, err = r.change(ctx, a.GetName(), methodSignIn, func(now *spsv1.Account, fresh *proofs) error {
			if now.GetDisableTime() != nil || fresh.Password != c.Password {
				return errWrong // it was changed meanwhile
			}
			if len(fresh.TOTP) > 0 {
				step, right := matchTOTP(fresh.TOTP, p.Code, r.o.Now(), fresh.TOTPStep)
				if !right {
					return errWrong
				}
				fresh.TOTPStep = step
			}
			fresh.Password = hash
			return nil
		})
		if err != nil {
			return proved(err)
		}
		caller = r.callerOf(a)
		caller.ended = ended
		caller.Session, err = r.sessionOf(ctx, hash)
		return err == nil, err
	})
	if err != nil {
		return Caller{}, err
	}
	return caller, nil
}

// Account returns the caller of a session that was signed in to an account,
// with what the account says now; a refusal if it was disabled, if it was reset or
// got another password since, or if the store was restored from a backup since. A
// session MUST end when its Caller was first returned
// [RegisterOptions.SessionAge] ago; what it has under way ends with
// [Caller.Ended].
func (r *Register) Account(ctx context.Context, name, session string) (Caller, error) {
	ended := r.end(name)
	if err := r.confirmed(ctx); err != nil {
		return Caller{}, err
	}
	a, proof, err := r.account(ctx, name)
	if err != nil {
		return Caller{}, err
	}
	now, err := r.sessionOf(ctx, proof.Password)
	if err != nil {
		return Caller{}, err
	}
	if a.GetDisableTime() != nil || subtle.ConstantTimeCompare([]byte(session), []byte(now)) != 1 {
		return Caller{}, revoked()
	}
	c := r.callerOf(a)
	c.ended, c.Session = ended, now
	return c, nil
}

// sessionOf returns what sessions are bound to that are signed in with the
// password of a hash, to the store as it was restored last.
func (r *Register) sessionOf(ctx context.Context, hash string) (session string, err error) {
	err = r.o.Store.View(ctx, func(tx store.Reader) error {
		life, err := tx.Get(tableMeta, keyLife)
		mac := hmac.New(sha256.New, life)
		mac.Write([]byte(hash))
		session = hex.EncodeToString(mac.Sum(nil))
		return err
	})
	return session, err
}

func (r *Register) callerOf(a *spsv1.Account) Caller {
	return Caller{
		Identity: r.identity(a.GetRole(), accountID(a)),
		Means:    spsv1.CallerMeans_CALLER_MEANS_ACCOUNT, Credential: a.GetName(), Unit: a.GetUnit(),
		Until: r.o.Now().Add(r.o.SessionAge),
	}
}

// errWrong takes a transaction back when a proof turned out to be wrong.
var errWrong = errors.New("wrong proof")

// proved is what a transaction that took a proof says of it.
func proved(err error) (bool, error) {
	if errors.Is(err, errWrong) {
		return false, nil
	}
	return err == nil, err
}

// attempt lets somebody try to prove to be the person of an account, within the
// limits. prove reports whether the proof is right.
func (r *Register) attempt(ctx context.Context, account, method string, prove func() (bool, error)) error {
	if err := r.confirmed(ctx); err != nil {
		return err
	}
	now := r.o.Now()
	undo, err := r.limiter.try(addressOf(ctx), now)
	if err != nil {
		return err
	}
	id := strings.TrimPrefix(account, AccountNames)
	if err := r.backoff.begin(id, now); err != nil {
		return err
	}
	ok, err := prove()
	if err != nil {
		return err
	}
	if !ok {
		err := errNoProof("name, password or code is wrong, or the account is not open")
		if _, guarded := From(ctx); !guarded { // else the guard records it
			r.unproven(ctx, method, err, account)
		}
		return err
	}
	undo()
	r.backoff.forget(id)
	return nil
}

// proven returns an account and its credentials if the password is right, and
// nil if not. It takes as long if there is no such account.
func (r *Register) proven(ctx context.Context, name, password string) (*spsv1.Account, *proofs, error) {
	a, c, err := r.account(ctx, name)
	var refusal *Refusal
	if err != nil && !errors.As(err, &refusal) {
		return nil, nil, err
	}
	hash, open := r.o.argon.noHash(), false
	if err == nil && a.GetDisableTime() == nil && c.Password != "" {
		hash, open = c.Password, true
	}
	right, err := r.isPassword(ctx, hash, password)
	if err != nil || !right || !open {
		return nil, nil, err
	}
	return a, c, nil
}

// PasswordChange is a new password with the proof that it may be set: the old
// one, or a set-up secret.
type PasswordChange struct {
	Account         string // `accounts/{account}`
	Old, Setup, New string
}

// SetPassword sets the password of an account and ends what is signed in to it.
// It is durable on return. A caller whom a guard let in MUST be the account's
// person; a set-up secret proves somebody whom no guard knows.
func (r *Register) SetPassword(ctx context.Context, p PasswordChange) (*spsv1.Account, error) {
	if what := checkPassword(p.New, strings.TrimPrefix(p.Account, AccountNames)); what != "" {
		return nil, Invalid(Violation{Field: "new_password", Reason: "PASSWORD", Sentence: what})
	}
	var shown *spsv1.Account
	err := r.attempt(ctx, p.Account, methodPassword, func() (bool, error) {
		before, ok, err := r.mayChange(ctx, p)
		if err != nil || !ok {
			return false, err
		}
		hash, err := r.hashPassword(ctx, p.New)
		if err != nil {
			return false, err
		}
		shown, err = r.change(ctx, p.Account, methodPassword, func(a *spsv1.Account, c *proofs) error {
			if a.GetDisableTime() != nil || c.Password != before.Password || string(c.Setup) != string(before.Setup) {
				return errWrong // it was changed meanwhile
			}
			c.Password, c.Setup = hash, nil
			return nil
		})
		return proved(err)
	})
	if err != nil {
		return nil, err
	}
	r.takeAway(p.Account)
	return shown, nil
}

// mayChange reports whether a change of password is proven, and by which
// credentials.
func (r *Register) mayChange(ctx context.Context, p PasswordChange) (*proofs, bool, error) {
	if p.Setup == "" {
		_, c, err := r.proven(ctx, p.Account, p.Old)
		return c, c != nil, err
	}
	d, err := parseSecret(setupPrefix, p.Setup)
	if err != nil {
		return nil, false, nil //nolint:nilerr // not the form of a secret: a wrong proof like another
	}
	a, c, err := r.account(ctx, p.Account)
	var refusal *Refusal
	if errors.As(err, &refusal) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	right := subtle.ConstantTimeCompare(d[:], c.Setup) == 1 && r.o.Now().Before(c.SetupUntil)
	return c, right && a.GetDisableTime() == nil, nil
}

// EnrolTOTP gives an account a new secret for codes, as text and as a URI, which
// cannot be had again. Nothing asks for a code until ConfirmTOTP.
func (r *Register) EnrolTOTP(ctx context.Context, name, password string) (text, uri string, err error) {
	secret := newTOTP()
	err = r.attempt(ctx, name, methodPassword, func() (bool, error) {
		a, before, err := r.proven(ctx, name, password)
		if err != nil || a == nil {
			return false, err
		}
		_, err = r.change(ctx, name, "", func(_ *spsv1.Account, c *proofs) error {
			if c.Password != before.Password {
				return errWrong
			}
			c.Pending = secret
			return nil
		})
		return proved(err)
	})
	if err != nil {
		return "", "", err
	}
	text, uri = totpText(secret, string(r.o.Roster.Own().Office()), strings.TrimPrefix(name, AccountNames))
	return text, uri, nil
}

// ConfirmTOTP takes the first code of a secret that EnrolTOTP gave. Signing in
// asks for codes once it has returned; it is durable then.
func (r *Register) ConfirmTOTP(ctx context.Context, name, code string) (*spsv1.Account, error) {
	var shown *spsv1.Account
	err := r.attempt(ctx, name, methodPassword, func() (ok bool, err error) {
		shown, err = r.change(ctx, name, "", func(_ *spsv1.Account, c *proofs) error {
			if len(c.Pending) == 0 {
				return &Refusal{
					Code: codes.FailedPrecondition, Reason: ReasonInvalid,
					Sentence: "there is no secret to confirm: enrol first",
				}
			}
			step, right := matchTOTP(c.Pending, code, r.o.Now(), 0)
			if !right {
				return errWrong
			}
			c.TOTP, c.TOTPStep, c.Pending = c.Pending, step, nil
			return nil
		})
		return proved(err)
	})
	return shown, err
}
