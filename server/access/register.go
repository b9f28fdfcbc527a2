package access

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// Defaults of [RegisterOptions].
const (
	DefaultTokenAge   = 365 * 24 * time.Hour
	DefaultTokens     = 1000
	DefaultSessionAge = 12 * time.Hour
	DefaultSetupAge   = 72 * time.Hour
)

// RegisterOptions is what a register works with. Store, Roster, Now and Logger
// are required; the store MUST have the tables of [Tables].
type RegisterOptions struct {
	Store  store.Store
	Roster *certs.Roster    // says for which office callers speak
	Now    func() time.Time // the clock of all stamps and expiries
	Logger *slog.Logger     // gets what the audit log could not

	Limits     Limits        // of callers and addresses
	TokenAge   time.Duration // the longest life of a token; 0: DefaultTokenAge
	Tokens     int           // most tokens in effect; 0: DefaultTokens
	SessionAge time.Duration // how long a sign-in is good; 0: DefaultSessionAge
	SetupAge   time.Duration // how long a set-up secret is good; 0: DefaultSetupAge

	// Units says by ID to which unit the people belong that call with certificates.
	Units map[string]string

	// AuditKeep is how long audit records are kept, and TokenKeep how long
	// tokens are listed after they expired or were revoked; 0: for ever.
	AuditKeep, TokenKeep time.Duration

	argon argonParameters // zero: those named; tests take cheaper ones
}

// Register keeps what a node must remember to know its callers: tokens,
// accounts, how often each calls, and the audit log. All its methods are safe
// for concurrent use.
//
// The errors of its methods are a [Refusal] where the caller is told, and those
// of the store.
type Register struct {
	o        RegisterOptions
	limiter  *limiter
	backoff  *backoff
	hashing  chan struct{} // holds one for each password that is being hashed
	deferred chan *spsv1.AuditRecord
	due      chan struct{} // of size one: uses of tokens are to be written
	stop     context.CancelFunc
	stopped  chan struct{}

	mu    sync.Mutex
	ends  map[string]chan struct{} // by credential: closed when it is taken away
	uses  map[string]time.Time     // by token: last use that is not in the store yet
	shown map[string]time.Time     // by token: last use that is
	timer *time.Timer              // nil, or sends to due
}

// OpenRegister returns the register in a store. It MUST be closed, before the
// store is.
func OpenRegister(o RegisterOptions) *Register {
	o.TokenAge = or(o.TokenAge, DefaultTokenAge)
	o.Tokens = or(o.Tokens, DefaultTokens)
	o.SessionAge = or(o.SessionAge, DefaultSessionAge)
	o.SetupAge = or(o.SetupAge, DefaultSetupAge)
	o.argon = or(o.argon, argonParameters{memory: argonMemory, time: argonTime, threads: argonThreads})
	life, stop := context.WithCancel(context.Background())
	r := &Register{
		o: o, limiter: newLimiter(o.Limits), backoff: newBackoff(),
		hashing:  make(chan struct{}, hashesAtOnce),
		deferred: make(chan *spsv1.AuditRecord, maxDeferred),
		due:      make(chan struct{}, 1),
		stop:     stop, stopped: make(chan struct{}),
		ends: make(map[string]chan struct{}), uses: make(map[string]time.Time), shown: make(map[string]time.Time),
	}
	go r.write(life)
	return r
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Close writes what waits to be written. No other method MUST be called
// afterwards.
func (r *Register) Close() {
	r.stop()
	<-r.stopped
}

// end returns the channel that is closed when a credential is taken away. It
// MUST be asked for before the credential is looked up, so that no end is
// missed in between.
func (r *Register) end(credential string) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.ends[credential]
	if !ok {
		c = make(chan struct{})
		r.ends[credential] = c
	}
	return c
}

// takeAway ends the calls that are under way with a credential.
func (r *Register) takeAway(credential string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c, ok := r.ends[credential]; ok {
		close(c)
		delete(r.ends, credential)
	}
}

// identity returns the identity of a role and ID in this office.
func (r *Register) identity(role, id string) certs.Identity {
	own := r.o.Roster.Own()
	return certs.Identity{Federation: own.Federation(), Office: own.Office(), Role: certs.Role(role), ID: id}
}

// Page is a part of a list, in the order of names.
type Page[T proto.Message] struct {
	Items []T
	Next  string // where the next page begins; empty at the end
}

// list returns the items of a table from a key on, at most so many.
func list[T proto.Message](ctx context.Context, s store.Store, t store.Table, from string, most int, decode func([]byte) (T, error)) (Page[T], error) {
	var p Page[T]
	err := s.View(ctx, func(tx store.Reader) error {
		p = Page[T]{}
		var start []byte
		if from != "" {
			start = []byte(from)
		}
		for item, err := range tx.Scan(t, start, nil, false) {
			if err != nil {
				return err
			}
			if len(p.Items) == most {
				p.Next = string(item.Key)
				return nil
			}
			m, err := decode(item.Value)
			if err != nil {
				return err
			}
			p.Items = append(p.Items, m)
		}
		return nil
	})
	return p, err
}

// addressKey is the context key of the address that a call comes from.
type addressKey struct{}

// WithAddress returns a context that says from which address somebody proves
// who he is: the host of the connection, not what a header claims. Failed
// proofs count against it; without one, against all that have none.
func WithAddress(ctx context.Context, host string) context.Context {
	return context.WithValue(ctx, addressKey{}, host)
}

// addressOf returns what failures of a call count against: its address, or the
// caller whom a guard let in.
func addressOf(ctx context.Context) string {
	if c, ok := From(ctx); ok {
		return c.name()
	}
	host, _ := ctx.Value(addressKey{}).(string)
	return host
}

// errNoProof refuses whoever did not prove who he is.
func errNoProof(sentence string) error {
	return &Refusal{Code: codes.Unauthenticated, Reason: ReasonUnauthenticated, Sentence: sentence}
}

// failing counts a proof of identity that failed against the address of ctx,
// and returns what the caller is told.
func (r *Register) failing(ctx context.Context, method string, err error) error {
	if _, full := r.limiter.try(addressOf(ctx), r.o.Now()); full != nil {
		return full
	}
	r.unproven(ctx, method, err)
	return err
}

// unproven records that somebody did not prove who he is. The limit on failures
// bounds how often that is.
func (r *Register) unproven(ctx context.Context, method string, err error, resources ...string) {
	record := r.record(Caller{}, method)
	record.Address, record.Resources = addressOf(ctx), resources
	r.finish(record, err)
	r.later(record)
}

var errCorrupt = errors.New("a row of the register is damaged")
