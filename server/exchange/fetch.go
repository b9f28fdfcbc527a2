package exchange

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// featureBody is the name under which a node says in its Hello that it acts upon
// WantBody.
const featureBody = "want_body"

const (
	// bodyStall is how long less than bodyProgress of a body may come before
	// another source is tried. Entries go before bodies, so it is no sign of a
	// dead peer.
	bodyStall    = 2 * time.Minute
	bodyProgress = 4 << 10
	// bodyLook is how often missing bodies are looked for at most, and
	// bodyLookAgain at least.
	bodyLook      = time.Second
	bodyLookAgain = 30 * time.Second
)

// How long a peer is not asked again for a body, after what it did.
const (
	afterNotThere = 5 * time.Minute // it does not hold it
	afterStall    = time.Minute
	afterWrong    = time.Hour // it sent other bytes
	afterFull     = time.Minute
	afterBusy     = 10 * time.Second // its file is open here already
)

// fetch asks the peer for bodies that are missing here, one after the other. A
// body that breaks off is gone on with in the next session, with whomever.
func (s *session) fetch(ctx context.Context) {
	if !slices.Contains(s.inbox.hello.GetFeatures(), featureBody) {
		return
	}
	for ctx.Err() == nil {
		changed, freed := s.x.ledger.Changed(), s.x.wanted.changed()
		w, err := s.x.wanted.take(ctx, s.peer.Office)
		switch {
		case err != nil && ctx.Err() == nil:
			s.end(s.x.failure(err))
			return
		case w == nil:
			pause(ctx, bodyLook)
			again := time.NewTimer(bodyLookAgain)
			select {
			case <-changed:
			case <-freed:
			case <-again.C:
			case <-ctx.Done():
			}
			again.Stop()
			continue
		}
		err = s.fetchOne(ctx, w)
		if err = s.fetched(ctx, w, err); err != nil {
			s.end(s.x.failure(err))
			return
		}
	}
}

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// What may come of asking a peer for a body.
var (
	errNotThere = errors.New("the peer does not hold it")
	errStalled  = errors.New("nothing came for too long")
	errWrong    = errors.New("the peer sent other bytes than those of the digest")
)

// fetched says what came of fetching a body, so that the next is asked for where
// it can be had. It returns an error that is nobody's but this node's.
func (s *session) fetched(ctx context.Context, w *wantedBody, err error) error {
	wait, reason := time.Duration(0), access.Reason("")
	switch {
	case err == nil:
		s.logger.LogAttrs(ctx, slog.LevelDebug, "body fetched", slog.String("body", w.String()))
	case ctx.Err() != nil, errors.Is(err, ledger.ErrNotMissing):
		err = nil
	case errors.Is(err, blob.ErrBusy):
		wait, err = afterBusy, nil
	case errors.Is(err, errNotThere):
		wait, err = afterNotThere, nil
	case errors.Is(err, errStalled):
		wait, err = afterStall, nil
	case errors.Is(err, errWrong):
		wait, reason = afterWrong, ReasonBadSeal
	case errors.Is(err, blob.ErrFull), errors.Is(err, store.ErrFull):
		wait, reason = afterFull, access.ReasonReadOnly
	case errors.Is(err, blob.ErrMismatch): // what was here of before was not right: it is gone
		s.logger.LogAttrs(ctx, slog.LevelWarn, "body is fetched anew", slog.String("body", w.String()), slog.Any("err", err))
		err = nil
	}
	if reason != "" {
		s.x.note(s.peer.Office, reason, w.String()+": "+err.Error())
		s.logger.LogAttrs(ctx, slog.LevelWarn, "body not taken", slog.String("body", w.String()), slog.Any("err", err))
		err = nil
	}
	s.x.wanted.give(w, s.peer.Office, wait)
	return err
}

// fetchOne asks for one body, and returns when it is durable here.
func (s *session) fetchOne(ctx context.Context, w *wantedBody) error {
	t, err := s.x.target(w)
	if err != nil {
		return err
	}
	defer t.Close()
	if !t.Whole() {
		if err := s.collect(ctx, w, t); err != nil {
			return err
		}
	}
	if err := t.finish(ctx); err != nil {
		return err
	}
	return s.x.arrived(ctx, w)
}

// collect asks for what is missing of a body, and writes it down as it comes.
func (s *session) collect(ctx context.Context, w *wantedBody, t target) error {
	s.want(w.bodyKey, t.Offset())
	defer s.unwant()
	stall := time.NewTimer(bodyStall)
	defer stall.Stop()
	for came := 0; !t.Whole(); {
		c, ok := s.chunk()
		if !ok {
			select {
			case <-s.chunked:
			case <-stall.C:
				return errStalled
			case <-ctx.Done():
				return ctx.Err()
			}
			continue
		}
		err := addChunk(w, t, c.BodyChunk)
		s.mu.Lock()
		s.take(c.size) // not before it is written: a slow disk slows the peer down
		s.mu.Unlock()
		if err != nil {
			return err
		}
		if came += len(c.GetData()); came >= bodyProgress {
			came = 0
			stall.Reset(bodyStall)
		}
	}
	return nil
}

// addChunk adds what came to what is here.
func addChunk(w *wantedBody, t target, c *spsv1.BodyChunk) error {
	switch {
	case len(c.GetData()) == 0 && c.GetTotalSize() == 0:
		return errNotThere
	case c.GetTotalSize() != uint64(w.size), c.GetOffset() != uint64(t.Offset()), len(c.GetData()) == 0,
		uint64(len(c.GetData())) > c.GetTotalSize()-c.GetOffset():
		return errWrong
	}
	_, err := t.Write(c.GetData())
	return err
}

// want makes a body the one that is asked for, from an offset on.
func (s *session) want(key bodyKey, offset int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inbox.body = &key
	s.outbox.wantBody = &spsv1.Frame{Kind: &spsv1.Frame_WantBody{WantBody: &spsv1.WantBody{
		Origin: key.origin.String(), Sequence: key.sequence, Sha256: key.digest[:], Offset: uint64(offset),
	}}}
	poke(s.wake)
}

// unwant passes over what is still on its way.
func (s *session) unwant() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inbox.body, s.outbox.wantBody = nil, nil
	for _, c := range s.inbox.chunks {
		s.take(c.size)
	}
	s.inbox.chunks = nil
}

// chunkDelivery is a frame of a chunk that waits to be written down.
type chunkDelivery struct {
	*spsv1.BodyChunk

	size int // of the frame
}

// chunk returns the chunk that came next, if there is one.
func (s *session) chunk() (chunkDelivery, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.inbox.chunks) == 0 {
		return chunkDelivery{}, false
	}
	c := s.inbox.chunks[0]
	s.inbox.chunks[0] = chunkDelivery{}
	s.inbox.chunks = s.inbox.chunks[1:]
	return c, true
}

// putChunk queues a chunk for fetch; the flow bounds how much waits. One of a
// body that is not asked for, or no longer, is passed over.
func (s *session) putChunk(c *spsv1.BodyChunk, size int) (waits bool, _ *ending) {
	key, err := s.bodyKey(c.GetOrigin(), c.GetSequence(), c.GetSha256())
	if err != nil {
		return false, err
	}
	if n := len(c.GetData()); n > maxChunk {
		return false, refuse(access.ReasonTooLarge, "%d bytes of %s in a frame, want at most %d", n, key, maxChunk)
	}
	if s.inbox.body == nil || *s.inbox.body != key {
		return false, nil
	}
	s.inbox.chunks = append(s.inbox.chunks, chunkDelivery{BodyChunk: c, size: size})
	poke(s.chunked)
	return true, nil
}

// receiptDue lets the office of a log know that more of it is held.
func (x *Exchange) receiptDue(o certs.Origin) {
	s := x.up(o.Office)
	if s == nil {
		return // the next session begins with the newest receipt
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outbox.receipts[o] = true
	poke(s.wake)
}
