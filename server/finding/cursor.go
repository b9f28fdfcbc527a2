package finding

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"strings"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// cursorKey is the key of [tableKeys] with which cursors of laboratories are
// sealed.
var cursorKey = []byte("cursor")

// sealedText is how long the text of a sealed number is: nonce, number and tag of
// AES-GCM, in base64.
var sealedText = base64.RawURLEncoding.EncodedLen(12 + 8 + 16)

// unlock reads the key of cursors, or makes it.
func (s *Service) unlock(ctx context.Context) error {
	var key []byte
	err := s.o.Store.View(ctx, func(r store.Reader) error {
		kept, err := r.Get(tableKeys, cursorKey)
		key = bytes.Clone(kept)
		return err
	})
	if err == nil && key == nil {
		key = make([]byte, 32)
		rand.Read(key) // never fails
		err = s.o.Store.Update(ctx, func(tx store.Tx) error { return tx.Put(tableKeys, cursorKey, key) })
	}
	if err != nil {
		return err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return err
	}
	s.sealer, err = cipher.NewGCMWithRandomNonce(block)
	return err
}

// cursor is the text form of a place among the changes of findings. Changes are
// counted for the whole office, so a laboratory is given the number sealed, under
// a fresh nonce and for itself: neither the text nor a comparison of two says how
// much others changed in between.
func (s *Service) cursor(who viewer, n uint64) string {
	at := ledger.Position{Incarnation: s.o.Ledger.Released().Incarnation, N: n}
	if who.caller.Role != certs.RoleLab {
		return at.String()
	}
	sealed := s.sealer.Seal(nil, nil, binary.BigEndian.AppendUint64(nil, n), sealedFor(who, at))
	return incarnationText(at) + base64.RawURLEncoding.EncodeToString(sealed)
}

// incarnationText begins the cursors of a store.
func incarnationText(at ledger.Position) string {
	at.N = 0
	return strings.TrimSuffix(at.String(), "0")
}

// sealedFor is what a sealed number holds for only: a laboratory and a store.
func sealedFor(who viewer, at ledger.Position) []byte {
	return append(at.Incarnation[:], who.laboratory...)
}

// parseCursor reads a cursor that the viewer was given; "" is the beginning. It
// refuses any other.
func (s *Service) parseCursor(who viewer, cursor string) (uint64, error) {
	if cursor == "" {
		return 0, nil
	}
	at, err := ledger.ParsePosition(cursor)
	if who.caller.Role == certs.RoleLab {
		at, err = s.unsealed(who, cursor)
	}
	if err != nil {
		return 0, access.Invalid(access.Violation{
			Field: "cursor", Reason: "CURSOR", Sentence: "give a cursor of a list or watch as it came, or none",
		})
	}
	if at.Incarnation != s.o.Ledger.Released().Incarnation {
		return 0, access.CursorAhead("cursor")
	}
	return at.N, nil
}

// unsealed reads a cursor of a laboratory. One of another store, and one that was
// given before cursors were sealed, is as one of no store: its number counts for
// nothing, so that none can be tried out.
func (s *Service) unsealed(who viewer, cursor string) (ledger.Position, error) {
	here := s.o.Ledger.Released()
	at, err := ledger.ParsePosition(cursor)
	if err == nil {
		return ledger.Position{}, nil
	}
	text, ours := strings.CutPrefix(cursor, incarnationText(here))
	if _, behind, _ := strings.Cut(cursor, "-"); !ours && len(behind) == sealedText {
		return ledger.Position{}, nil
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return at, err
	}
	number, err := s.sealer.Open(nil, nil, sealed, sealedFor(who, here))
	if err != nil {
		return at, err
	}
	return ledger.Position{Incarnation: here.Incarnation, N: binary.BigEndian.Uint64(number)}, nil
}
