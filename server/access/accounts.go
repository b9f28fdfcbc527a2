package access

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// AccountNames begins the resource name of an account.
const AccountNames = "accounts/"

// proofs are what proves that somebody is the person of an account. They
// are kept apart from the account, which is shown.
type proofs struct {
	Password   string    `json:"password,omitempty"` // hash; empty: not chosen yet
	Setup      []byte    `json:"setup,omitempty"`    // digest of the set-up secret; empty: none is open
	SetupUntil time.Time `json:"setup_until,omitzero"`
	// TOTP must be kept as it is, since codes are computed from it.
	TOTP     []byte `json:"totp,omitempty"`         // empty: not enrolled
	TOTPStep int64  `json:"totp_step,omitempty"`    // of the last code that was used
	Pending  []byte `json:"totp_pending,omitempty"` // a TOTP that was not confirmed yet
}

// getAccount returns an account and what proves it.
func getAccount(tx store.Reader, name string) (*spsv1.Account, *proofs, error) {
	id := strings.TrimPrefix(name, AccountNames)
	row, err := tx.Get(tableAccounts, []byte(id))
	if err != nil {
		return nil, nil, err
	}
	if row == nil {
		return nil, nil, NotFound("there is no %s%s", AccountNames, id)
	}
	secrets, err := tx.Get(tableCredentials, []byte(id))
	if err != nil {
		return nil, nil, err
	}
	a, err := decodeAccount(row)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	c := &proofs{}
	if err := json.Unmarshal(secrets, c); err != nil {
		return nil, nil, fmt.Errorf("%w: credentials of %s: %w", errCorrupt, id, err)
	}
	return a, c, nil
}

func decodeAccount(b []byte) (*spsv1.Account, error) {
	a := &spsv1.Account{}
	if err := proto.Unmarshal(b, a); err != nil {
		return nil, fmt.Errorf("%w: account: %w", errCorrupt, err)
	}
	return a, nil
}

func putAccount(tx store.Tx, a *spsv1.Account, c *proofs) error {
	row, err := proto.MarshalOptions{Deterministic: true}.Marshal(a)
	if err != nil {
		return fmt.Errorf("account: %w", err)
	}
	secrets, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("credentials: %w", err)
	}
	id := []byte(accountID(a))
	if err := tx.Put(tableAccounts, id, row); err != nil {
		return err
	}
	return tx.Put(tableCredentials, id, secrets)
}

func accountID(a *spsv1.Account) string { return strings.TrimPrefix(a.GetName(), AccountNames) }

// show completes an account by what is not kept in its row.
func (r *Register) show(a *spsv1.Account, c *proofs) *spsv1.Account {
	now := r.o.Now()
	a = proto.CloneOf(a)
	a.PasswordSet, a.TotpEnrolled = c.Password != "", len(c.TOTP) > 0
	if len(c.Setup) > 0 && now.Before(c.SetupUntil) {
		a.SetupExpireTime = timestamppb.New(c.SetupUntil)
	}
	if until := r.backoff.until(accountID(a)); until.After(now) {
		a.LockExpireTime = timestamppb.New(until)
	}
	return a
}

// CreateAccount makes an account from what is given of it and returns it with
// its set-up secret, which cannot be had again. It is durable on return.
func (r *Register) CreateAccount(ctx context.Context, id string, given *spsv1.Account) (*spsv1.Account, string, error) {
	caller, _ := From(ctx)
	secret, d := newSecret(setupPrefix)
	now := r.o.Now().UTC()
	a := &spsv1.Account{
		Name: AccountNames + id, DisplayName: given.GetDisplayName(), Role: given.GetRole(), Unit: given.GetUnit(),
		CreateTime: timestamppb.New(now), Creator: caller.name(),
	}
	c := &proofs{Setup: d[:], SetupUntil: now.Add(r.o.SetupAge)}
	err := r.o.Store.Update(ctx, func(tx store.Tx) error {
		if b, err := tx.Get(tableAccounts, []byte(id)); err != nil {
			return err
		} else if b != nil {
			return &Refusal{
				Code: codes.AlreadyExists, Reason: ReasonExists,
				Sentence: "there is an " + a.GetName() + " already: choose another id, or reset that account",
			}
		}
		if err := putAccount(tx, a, c); err != nil {
			return err
		}
		return Record(ctx, tx, a.GetName())
	})
	if err != nil {
		return nil, "", err
	}
	return r.show(a, c), secret, nil
}

// GetAccount returns an account by its name.
func (r *Register) GetAccount(ctx context.Context, name string) (*spsv1.Account, error) {
	a, c, err := r.account(ctx, name)
	if err != nil {
		return nil, err
	}
	return r.show(a, c), nil
}

func (r *Register) account(ctx context.Context, name string) (a *spsv1.Account, c *proofs, err error) {
	err = r.o.Store.View(ctx, func(tx store.Reader) (err error) {
		a, c, err = getAccount(tx, name)
		return err
	})
	return a, c, err
}

// Accounts returns at most so many accounts, from the Next of a page on.
func (r *Register) Accounts(ctx context.Context, from string, most int) (Page[*spsv1.Account], error) {
	p, err := list(ctx, r.o.Store, tableAccounts, from, most, decodeAccount)
	if err != nil {
		return Page[*spsv1.Account]{}, err
	}
	for i, a := range p.Items {
		if p.Items[i], err = r.GetAccount(ctx, a.GetName()); err != nil {
			return Page[*spsv1.Account]{}, err
		}
	}
	return p, nil
}

// ResetAccount takes password and code from an account, lifts a lock, ends what
// is signed in, and returns a new set-up secret, which cannot be had again. It
// is durable on return.
func (r *Register) ResetAccount(ctx context.Context, name string) (*spsv1.Account, string, error) {
	secret, d := newSecret(setupPrefix)
	a, err := r.change(ctx, name, "", func(_ *spsv1.Account, c *proofs) error {
		*c = proofs{Setup: d[:], SetupUntil: r.o.Now().UTC().Add(r.o.SetupAge)}
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	r.backoff.forget(accountID(a))
	r.takeAway(name)
	a.LockExpireTime = nil
	return a, secret, nil
}

// DisableAccount lets nobody sign in any more, and ends what is signed in. It
// is durable on return.
func (r *Register) DisableAccount(ctx context.Context, name string) (*spsv1.Account, error) {
	a, err := r.change(ctx, name, "", func(a *spsv1.Account, _ *proofs) error {
		if a.GetDisableTime() == nil {
			a.DisableTime = timestamppb.New(r.o.Now().UTC())
		}
		return nil
	})
	if err == nil {
		r.takeAway(name)
	}
	return a, err
}

// EnableAccount undoes DisableAccount. It is durable on return.
func (r *Register) EnableAccount(ctx context.Context, name string) (*spsv1.Account, error) {
	return r.change(ctx, name, "", func(a *spsv1.Account, _ *proofs) error {
		a.DisableTime = nil
		return nil
	})
}

// change changes an account, with its audit record, and returns it as shown.
// own names what the person of the account does to it where no guard knows of
// the call.
func (r *Register) change(ctx context.Context, name, own string, fn func(*spsv1.Account, *proofs) error) (*spsv1.Account, error) {
	var shown *spsv1.Account
	err := r.o.Store.Update(ctx, func(tx store.Tx) error {
		a, c, err := getAccount(tx, name)
		if err != nil {
			return err
		}
		if err := fn(a, c); err != nil {
			return err
		}
		if err := putAccount(tx, a, c); err != nil {
			return err
		}
		shown = r.show(a, c)
		if _, guarded := From(ctx); guarded || own == "" {
			return Record(ctx, tx, name)
		}
		record := r.record(r.callerOf(a), own)
		record.Address, record.Resources = addressOf(ctx), []string{name}
		r.finish(record, nil)
		_, _, err = putRecord(tx, record)
		return err
	})
	return shown, err
}
