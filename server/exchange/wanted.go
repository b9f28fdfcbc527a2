package exchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
)

// wantedPage is how many missing bodies are looked at in one transaction.
const wantedPage = 64

// wanted hands out the bodies that are missing here, each to one session at a
// time. What is missing stands in ledger and casebook; here is only who is at
// it, and whom there is no use in asking for a while. So a restart forgets
// nothing.
type wanted struct {
	x *Exchange

	mu     sync.Mutex
	busy   map[blob.Digest]bool  // by digest: what several entries name is fetched once
	later  map[askedOf]time.Time // not before
	freed  chan struct{}         // closed and replaced when a body is given back
	lookAt time.Time             // when later was swept
}

// askedOf is a body asked of an office.
type askedOf struct {
	office certs.Office
	digest blob.Digest
}

// wantedBody is a body that is missing.
type wantedBody struct {
	bodyKey

	size    int64
	awaited *casebook.Awaited // nil: an envelope
}

func newWanted(x *Exchange) *wanted {
	return &wanted{x: x, busy: make(map[blob.Digest]bool), later: make(map[askedOf]time.Time), freed: make(chan struct{})}
}

// changed returns a channel that is closed when a body is given back.
func (m *wanted) changed() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.freed
}

// take returns a body that is to be asked of an office, nil if there is none:
// envelopes first, and what was recorded first before the rest.
func (m *wanted) take(ctx context.Context, office certs.Office) (*wantedBody, error) {
	w, err := m.takeEnvelope(ctx, office)
	if w != nil || err != nil || m.x.blobs == nil || m.x.book == nil {
		return w, err
	}
	return m.takeAttachment(ctx, office)
}

func (m *wanted) takeEnvelope(ctx context.Context, office certs.Office) (*wantedBody, error) {
	var after *ledger.Missing
	for {
		page, err := m.x.ledger.Missing(ctx, after, wantedPage)
		if err != nil {
			return nil, err
		}
		for _, missing := range page {
			after = &missing
			w := &wantedBody{
				bodyKey: bodyKey{missing.Origin, missing.Sequence, blob.Digest(missing.Leaf.GetEnvelopeSha256())},
				size:    int64(missing.Leaf.GetEnvelopeSize()),
			}
			if m.claim(w, missing.Leaf, office) {
				return w, nil
			}
		}
		if len(page) < wantedPage {
			return nil, nil
		}
	}
}

func (m *wanted) takeAttachment(ctx context.Context, office certs.Office) (*wantedBody, error) {
	var after *casebook.Awaited
	for {
		page, err := m.x.book.Awaited(ctx, after, wantedPage)
		if err != nil {
			return nil, err
		}
		for _, awaited := range page {
			after = &awaited
			w, leaf, err := m.attachment(ctx, awaited)
			if err != nil {
				return nil, err
			}
			if w != nil && m.claim(w, leaf, office) {
				return w, nil
			}
		}
		if len(page) < wantedPage {
			return nil, nil
		}
	}
}

// attachment returns an attachment that is awaited, with the leaf of the entry
// by which it is asked for; nil if it is here.
func (m *wanted) attachment(ctx context.Context, awaited casebook.Awaited) (*wantedBody, *spsv1.Leaf, error) {
	if _, held := m.x.blobs.Size(awaited.SHA256); held {
		return nil, nil, m.x.book.Arrived(ctx, awaited)
	}
	o := certs.Origin{Federation: m.x.federation, Office: awaited.By.Office, Epoch: awaited.By.Epoch}
	e, err := m.x.ledger.Entry(ctx, o, awaited.By.Sequence)
	if errors.Is(err, ledger.ErrNotFound) { // not released yet
		return nil, nil, nil
	}
	if err != nil || e.Leaf == nil {
		return nil, nil, err
	}
	return &wantedBody{bodyKey: bodyKey{o, awaited.By.Sequence, awaited.SHA256}, size: awaited.Size, awaited: &awaited}, e.Leaf, nil
}

// claim reports whether a body is to be asked of an office now, and gives it to
// its session if so. The office that issued it is asked first, as long as it can
// be.
func (m *wanted) claim(w *wantedBody, leaf *spsv1.Leaf, office certs.Office) bool {
	if !seal.MayRead(leaf, office) {
		return false
	}
	issuer := w.origin.Office
	atIssuer := issuer != office && m.x.canAsk(issuer)
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	ripe := func(of certs.Office) bool { return !now.Before(m.later[askedOf{of, w.digest}]) }
	if m.busy[w.digest] || !ripe(office) || atIssuer && ripe(issuer) {
		return false
	}
	m.busy[w.digest] = true
	return true
}

// give gives a body back that was taken. The office is not asked for it again
// before some time has passed.
func (m *wanted) give(w *wantedBody, office certs.Office, wait time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.busy, w.digest)
	now := time.Now()
	if wait > 0 {
		m.later[askedOf{office, w.digest}] = now.Add(wait)
	}
	if now.Sub(m.lookAt) > afterWrong {
		m.lookAt = now
		for key, at := range m.later {
			if at.Before(now) {
				delete(m.later, key)
			}
		}
	}
	m.look()
}

// look wakes the sessions that wait for something to fetch. m.mu is held.
func (m *wanted) look() {
	close(m.freed)
	m.freed = make(chan struct{})
}

// Fetch has the sessions look within a second for bodies that are missing here.
// They look by themselves when an entry comes, and now and then.
func (x *Exchange) Fetch() {
	x.wanted.mu.Lock()
	defer x.wanted.mu.Unlock()
	x.wanted.look()
}

// canAsk reports whether a session is up with an office that acts upon WantBody.
func (x *Exchange) canAsk(office certs.Office) bool {
	s := x.up(office)
	return s != nil && !s.over() && slices.Contains(s.inbox.hello.GetFeatures(), featureBody)
}

// target is where a body is put together.
type target interface {
	io.Writer

	Offset() int64 // the first byte that is missing
	Whole() bool
	// finish returns when the body is durable.
	finish(ctx context.Context) error
	// Close keeps what came, if it can be gone on with.
	Close()
}

// target returns where a body is put together: an attachment on the disk, an
// envelope, which is small, in memory.
func (x *Exchange) target(w *wantedBody) (target, error) {
	if w.awaited == nil {
		return &envelopeTarget{x: x, w: w}, nil
	}
	p, err := x.blobs.Resume(w.digest, w.size)
	if err != nil {
		return nil, err
	}
	return fileTarget{p}, nil
}

// fileTarget is an attachment.
type fileTarget struct{ *blob.Partial }

func (t fileTarget) finish(ctx context.Context) error {
	fresh, err := t.Finish(ctx)
	if fresh && errors.Is(err, blob.ErrMismatch) {
		return fmt.Errorf("%w: %w", errWrong, err)
	}
	return err
}

// envelopeTarget is an envelope.
type envelopeTarget struct {
	x    *Exchange
	w    *wantedBody
	body []byte
}

// Write implements io.Writer.
func (t *envelopeTarget) Write(p []byte) (int, error) {
	t.body = append(t.body, p...)
	return len(p), nil
}

// Offset implements target.
func (t *envelopeTarget) Offset() int64 { return int64(len(t.body)) }

// Whole implements target.
func (t *envelopeTarget) Whole() bool { return t.Offset() == t.w.size }

// Close implements target.
func (t *envelopeTarget) Close() {}

func (t *envelopeTarget) finish(ctx context.Context) error {
	err := t.x.ledger.AddBody(ctx, t.w.origin, t.w.sequence, t.body)
	if errors.Is(err, ledger.ErrBody) {
		return fmt.Errorf("%w: %w", errWrong, err)
	}
	return err
}

// arrived does what follows when a body is durable.
func (x *Exchange) arrived(ctx context.Context, w *wantedBody) error {
	if w.awaited != nil {
		return x.book.Arrived(ctx, *w.awaited)
	}
	x.receiptDue(w.origin)
	e, err := x.ledger.Entry(ctx, w.origin, w.sequence)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil // behind own entries that are not released yet; cards are looked for again at the next Hello
	}
	if err != nil {
		return err
	}
	x.applyCards(ctx, ledger.Package{
		Origin: w.origin, Start: w.sequence, Leaves: [][]byte{e.LeafBytes},
		Bodies: []ledger.Body{{Sequence: w.sequence, Envelope: e.Envelope}},
	})
	return nil
}
