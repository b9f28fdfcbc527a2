package exchange

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/statement"
)

const (
	// maxChunk is how many bytes of a body a frame may have.
	maxChunk = 512 << 10
	// chunkHead is what a frame of a chunk needs besides its bytes.
	chunkHead = 256
)

// bodyKey names a body: the envelope of an entry, or a file that its payload
// names.
type bodyKey struct {
	origin   certs.Origin
	sequence uint64
	digest   blob.Digest
}

func (k bodyKey) String() string {
	return fmt.Sprintf("body %s of entry %d of %s", k.digest, k.sequence, k.origin)
}

// serving is a body on its way to the peer. It belongs to write.
type serving struct {
	bodyKey

	content io.ReaderAt
	file    *os.File // nil for an envelope
	offset  int64    // of the byte that goes next
	size    int64
}

func (v *serving) close() {
	if v != nil && v.file != nil {
		_ = v.file.Close()
	}
}

// putWantBody puts down what the peer asks for, in the place of what it asked
// for before: one body at a time goes to a peer.
func (s *session) putWantBody(w *spsv1.WantBody) *ending {
	key, err := s.bodyKey(w.GetOrigin(), w.GetSequence(), w.GetSha256())
	if err != nil {
		return err
	}
	if w.GetOffset() > blob.MaxSize {
		return refuse(ReasonBadEncoding, "%s wanted from %d, want at most %d", key, w.GetOffset(), blob.MaxSize)
	}
	s.outbox.asked = &asked{bodyKey: key, offset: int64(w.GetOffset())}
	poke(s.wake)
	return nil
}

// asked is what the peer asked for last.
type asked struct {
	bodyKey

	offset int64
}

func (s *session) bodyKey(origin string, sequence uint64, sum []byte) (bodyKey, *ending) {
	o, err := s.log(origin)
	if err != nil {
		return bodyKey{}, err
	}
	d, ok := blob.DigestOf(sum)
	if !ok || sequence >= seal.MaxSize {
		return bodyKey{}, refuse(ReasonBadEncoding, "body of entry %d of %s with a digest of %d bytes", sequence, o, len(sum))
	}
	return bodyKey{origin: o, sequence: sequence, digest: d}, nil
}

// fillBody holds the next chunk of what the peer asked for, if the window has
// room for it. It is called when no entry is to go.
func (s *session) fillBody(ctx context.Context) (bool, error) {
	s.mu.Lock()
	want := s.outbox.asked
	s.outbox.asked = nil
	size := min(maxChunk, s.out.frame()-chunkHead)
	room := s.out.fits(s.out.frame()) // as for entries, which else would wait for chunks that fit
	s.mu.Unlock()
	if want != nil {
		s.serving.close()
		s.serving = nil
		v, err := s.openBody(ctx, *want)
		if err != nil {
			return false, err
		}
		if v == nil {
			s.hold(chunkFrame(want.bodyKey, want.offset, nil, 0))
			return true, nil
		}
		s.serving = v
	}
	v := s.serving
	if v == nil || !room {
		return false, nil
	}
	data := make([]byte, min(int64(size), v.size-v.offset))
	if n, err := v.content.ReadAt(data, v.offset); n < len(data) {
		return false, fmt.Errorf("%s: %w", v.bodyKey, err)
	}
	s.hold(chunkFrame(v.bodyKey, v.offset, data, v.size))
	if v.offset += int64(len(data)); v.offset == v.size {
		v.close()
		s.serving = nil
	}
	return true, nil
}

func chunkFrame(key bodyKey, offset int64, data []byte, size int64) *spsv1.Frame {
	return &spsv1.Frame{Kind: &spsv1.Frame_BodyChunk{BodyChunk: &spsv1.BodyChunk{
		Origin: key.origin.String(), Sequence: key.sequence, Sha256: key.digest[:],
		Offset: uint64(offset), Data: data, TotalSize: uint64(size),
	}}}
}

// openBody returns what the peer asked for, nil if it is not held here. Whoever
// is not in the audience of the entry is told the same, whatever it asks for. The
// session goes on, since a third office may have led the peer to ask: by what it
// handed on, or by a wrong size.
func (s *session) openBody(ctx context.Context, want asked) (*serving, error) {
	e, err := s.x.ledger.Entry(ctx, want.origin, want.sequence)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if e.Leaf == nil || !seal.MayRead(e.Leaf, s.peer.Office) {
		s.x.note(s.peer.Office, ReasonNotAudience, fmt.Sprintf("asked for %s, which is not addressed to it", want.bodyKey))
		return nil, nil
	}
	v := &serving{bodyKey: want.bodyKey, offset: want.offset}
	switch {
	case e.Envelope == nil:
		return nil, nil
	case string(want.digest[:]) == string(e.Leaf.GetEnvelopeSha256()):
		v.content, v.size = bytes.NewReader(e.Envelope), int64(len(e.Envelope))
	case s.x.blobs == nil || !names(e, want.digest):
		return nil, nil
	default:
		v.file, v.size, err = s.x.blobs.Open(ctx, want.digest)
		if errors.Is(err, blob.ErrDamaged) {
			s.logger.LogAttrs(ctx, slog.LevelError, "attachment is not sent", slog.Any("err", err))
		}
		if errors.Is(err, blob.ErrNotHeld) || errors.Is(err, blob.ErrDamaged) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		v.content = v.file
	}
	if v.offset >= v.size {
		v.close()
		s.x.note(s.peer.Office, ReasonBadEncoding, fmt.Sprintf("asked for %s from %d, it has %d bytes", want.bodyKey, want.offset, v.size))
		return nil, nil
	}
	return v, nil
}

// names reports whether the statement of an entry names a file.
func names(e ledger.Entry, d blob.Digest) bool {
	st, err := statement.Decode(e.Envelope, e.Origin.Federation, e.Origin.Office)
	if err != nil {
		return false
	}
	for _, a := range st.GetAttachments() {
		if string(a.GetSha256()) == string(d[:]) {
			return true
		}
	}
	return false
}
