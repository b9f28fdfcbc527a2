package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/finding"
	"github.com/spsalert/spsalert/server/intake"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/office"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/bolt"
	"github.com/spsalert/spsalert/server/trader"
	"github.com/spsalert/spsalert/server/unit"
)

func storeOptions(c Config) bolt.Options {
	return bolt.Options{
		Tables:   slices.Concat(ledger.Tables(), casebook.Tables(), access.Tables(), office.Tables(), finding.Tables(), intake.Tables(), unit.Tables(), trader.Tables()),
		Appended: slices.Concat(ledger.AppendedTables(), casebook.Appended(), access.AppendedTables(), finding.AppendedTables(), trader.AppendedTables()),
		MaxSize:  c.Limits.Store,
		Format:   storeFormat,
	}
}

// openStore opens the file of the ledger. committed, if not nil, is told how
// long each commit took.
func openStore(c Config, committed func(time.Duration)) (*bolt.Store, error) {
	options := storeOptions(c)
	options.Committed = committed
	s, err := bolt.Open(c.Ledger(), options)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: %w", c.Ledger(), ledger.ErrNotInitialised)
	case errors.Is(err, store.ErrDamaged):
		return nil, fmt.Errorf("%w\n%w", err, ErrDamaged)
	}
	return s, err
}

// Begun is what [Init] made.
type Begun struct {
	Ledger, Anchor string // the files
	Origin         certs.Origin
	CardNumber     uint64
	Fingerprint    string // of the own card, for the telephone
}

// Init begins the log of an office: a new store, whose first entry is the
// office's card, and the anchor. It is what `spsd store init` does, once in the
// life of an office. It refuses with [ledger.ErrInitialised] if there is a log
// already; if it was interrupted it can be run again.
func Init(ctx context.Context, c Config, now func() time.Time) (b Begun, err error) {
	id, err := loadIdentity(c, now)
	if err != nil {
		return Begun{}, err
	}
	for _, dir := range []string{c.Data, filepath.Dir(c.Anchor)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return Begun{}, fmt.Errorf("make folder: %w", err)
		}
	}
	s, err := bolt.Create(c.Ledger(), storeOptions(c))
	fresh := err == nil
	if errors.Is(err, fs.ErrExist) { // of an init that was interrupted, or of one that was not: the ledger knows
		s, err = bolt.Open(c.Ledger(), storeOptions(c))
	}
	if err != nil {
		return Begun{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	book, err := casebook.Open(ctx, casebook.Options{Store: s, Federation: c.Federation, Office: c.Office, Now: now})
	if err != nil {
		return Begun{}, err
	}
	if fresh {
		if err := book.Begin(ctx); err != nil {
			return Begun{}, err
		}
	}
	if err := ledger.Init(ctx, ledgerOptions(c, id, s, book, now)); err != nil {
		return Begun{}, err
	}
	card := id.roster.Own()
	return Begun{
		Ledger: c.Ledger(), Anchor: c.Anchor,
		Origin:     certs.Origin{Federation: c.Federation, Office: c.Office, Epoch: 1},
		CardNumber: card.Number(), Fingerprint: card.Fingerprint(),
	}, nil
}

func ledgerOptions(c Config, id *identity, s store.Store, book *casebook.Book, now func() time.Time) ledger.Options {
	return ledger.Options{
		Store: s, Fold: book, Roster: id.roster,
		Signer: id.log, Receipts: id.receipts, Now: now, Anchor: c.Anchor, Request: requestOf,
		PeerReserve: c.Limits.PeerReserve,
	}
}

// requestOf reads out of a statement that came back from a peer which request
// issued it, so that the same request still returns it.
func requestOf(e ledger.Entry) (requestID string, fingerprint [32]byte, ok bool) {
	s, err := statement.Decode(e.Envelope, e.Origin.Federation, e.Origin.Office)
	if err != nil {
		return "", fingerprint, false
	}
	return s.GetRequestId(), statement.Fingerprint(s), true
}

// suspectFile is there if the last run ended because the outcome of a commit
// was not known.
func suspectFile(c Config) string { return c.Ledger() + ".suspect" }

// suspect leaves word for the next start. The disk that has just failed may
// refuse this too; the next start then reads what the disk holds all the same,
// and does not verify it whole.
func suspect(c Config, why error) error {
	return os.WriteFile(suspectFile(c), []byte(why.Error()+"\n"), 0o600)
}

// verifySuspect verifies the store whole if the last run asked for it.
func (s *Server) verifySuspect(ctx context.Context) error {
	why, err := os.ReadFile(suspectFile(s.config))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	s.logger.Warn("verifying the whole store, since the last run ended by an error of its disk", "why", string(why))
	sum, err := verify(ctx, s.store, s.id.roster)
	if err != nil {
		return err
	}
	s.logger.Info("the store is in order", "entries", sum.Ledger.Entries, "receipts", sum.Ledger.Receipts)
	return os.Remove(suspectFile(s.config))
}

// guardedStore tells the node when the outcome of a commit is not known, and
// whether the store is full. There is no other place that all who use the store
// pass.
type guardedStore struct {
	store.Store
	unknown func(error)
	full    *atomic.Bool // the last Update without the reserve was refused
}

// Update implements store.Store.
func (g guardedStore) Update(ctx context.Context, fn func(store.Tx) error) error {
	err := g.Store.Update(ctx, fn)
	if full := errors.Is(err, store.ErrFull); !store.MayUseReserve(ctx) && (full || err == nil) {
		g.full.Store(full)
	}
	return g.look(err)
}

// View implements store.Store.
func (g guardedStore) View(ctx context.Context, fn func(store.Reader) error) error {
	return g.look(g.Store.View(ctx, fn))
}

func (g guardedStore) look(err error) error {
	if errors.Is(err, store.ErrUnknown) {
		g.unknown(err)
	}
	return err
}
