package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/backup"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store/bolt"
)

// ErrOccupied says that there is a ledger where a backup was to be restored. It
// has to be moved away first; nothing was changed.
var ErrOccupied = errors.New("a backup is never restored over a ledger: if that one is of no use any more, move it away")

// ErrOtherOffice says that a backup is not of the office that is configured.
var ErrOtherOffice = errors.New("take a backup of this office")

// RestoreOptions says how [Restore] and [VerifyBackup] work.
type RestoreOptions struct {
	Identities []age.Identity // that open an encrypted backup
	Now        func() time.Time
	Progress   func(backup.Progress) // may be nil
}

// Restored is what was in a backup, and was found in order.
type Restored struct {
	backup.Unpacked

	Found       Verified
	Fingerprint string     // of the office's own card in it
	Proposals   []Proposal // cards of offices that are not accepted here
	NotNewest   string     // what the anchor says against it; empty: nothing
}

// Proposal is a card that was accepted when a backup was made, and whose office
// has none in the folder of peers now. [Restore] does not accept it: the office
// may have been revoked since, and nobody vouches for what is in a backup that
// is not encrypted.
type Proposal struct {
	Office      certs.Office
	Fingerprint string
	File        string // where [Restore] put it, for the administrator to accept
}

// VerifyBackup checks everything in a backup as [Verify] does in a store, with
// the cards that are in it. It unpacks it to a folder of its own in the folder
// for temporary files, which it removes. It changes nothing.
func VerifyBackup(ctx context.Context, file string, o RestoreOptions) (r Restored, err error) {
	dir, err := os.MkdirTemp("", "spsd-verify-")
	if err != nil {
		return Restored{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	u, err := backup.Unpack(ctx, file, dir, o.Identities, o.Progress)
	if err != nil {
		return Restored{}, err
	}
	own, err := certs.LoadCard(filepath.Join(u.Cards(), u.Office+certs.CardSuffix))
	if err != nil {
		return Restored{}, errors.Join(backup.ErrDamaged, err)
	}
	return checkUnpacked(ctx, u, own, o.Progress)
}

// checkUnpacked verifies what was unpacked. own is the office's own card.
func checkUnpacked(ctx context.Context, u backup.Unpacked, own *certs.Card, progress func(backup.Progress)) (r Restored, err error) {
	if progress != nil {
		progress(backup.Progress{Step: "checking what was in it"})
	}
	roster, err := certs.OpenRoster(u.Cards(), own)
	if err == nil {
		err = roster.Skipped()
	}
	if err != nil {
		return Restored{}, errors.Join(backup.ErrDamaged, err)
	}
	r = Restored{Unpacked: u, Fingerprint: own.Fingerprint()}
	about, v, err := describe(ctx, u.Ledger(), roster)
	switch {
	case err != nil && ctx.Err() != nil:
		return Restored{}, err
	case err != nil:
		return Restored{}, fmt.Errorf("%w: %w", backup.ErrDamaged, err)
	case about.Origin != u.Origin || about.Size != u.Size || !bytes.Equal(about.Root, u.Root) || about.StoreFormat != u.StoreFormat:
		return Restored{}, fmt.Errorf("%w: it holds %d entries of %s, and says %d of %s", backup.ErrDamaged, about.Size, about.Origin, u.Size, u.Origin)
	}
	r.Found = v
	lacks, err := missing(ctx, u)
	if err == nil && lacks != u.Missing {
		err = fmt.Errorf("%w: %d attachments that it names are not in it, and it says %d", backup.ErrDamaged, lacks, u.Missing)
	}
	return r, err
}

// restoring is the folder in which a backup is unpacked, beside its place.
const restoring = "restore.tmp"

// Restore puts what is in a backup into the place of a ledger that is not there,
// after everything in it was verified. It is what `spsd store restore` does. The
// gate of the ledger is then shut until the peers have answered, and no token or
// account is good until they are confirmed. It accepts no card: those that are in
// the folder of peers stay as they are, and others are put into a folder in it,
// which no node reads, as proposals.
//
// A crash leaves either no ledger, and Restore can be run again, or a whole one.
// An anchor is neither read from the backup nor changed.
func Restore(ctx context.Context, c Config, file string, o RestoreOptions) (r Restored, err error) {
	own, err := certs.LoadCard(c.Identity.Card)
	if err != nil {
		return Restored{}, err
	}
	if _, err := os.Lstat(c.Ledger()); !errors.Is(err, fs.ErrNotExist) {
		return Restored{}, errors.Join(fmt.Errorf("there is %s: %w", c.Ledger(), ErrOccupied), err)
	}
	// The anchor is written when the node is whole again; it may lie on media that
	// are new too.
	if err := os.MkdirAll(filepath.Dir(c.Anchor), 0o700); err != nil {
		return Restored{}, fmt.Errorf("folder of the anchor: %w", err)
	}
	work := filepath.Join(c.Data, restoring)
	if err := os.RemoveAll(work); err != nil { // of one that was interrupted
		return Restored{}, err
	}
	if err := os.MkdirAll(work, 0o700); err != nil {
		return Restored{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	u, err := backup.Unpack(ctx, file, work, o.Identities, o.Progress)
	if err != nil {
		return Restored{}, err
	}
	if u.Federation != c.Federation || u.Office != string(c.Office) {
		return Restored{}, fmt.Errorf("%s is a backup of %s/%s, want %s/%s as configured: %w", file, u.Federation, u.Office, c.Federation, c.Office, ErrOtherOffice)
	}
	if r, err = checkUnpacked(ctx, u, own, o.Progress); err != nil {
		return Restored{}, err
	}
	if r.NotNewest, err = againstAnchor(ctx, c, u, own); err != nil {
		return Restored{}, err
	}
	if err := markRestored(ctx, c, u, o.Now()); err != nil {
		return Restored{}, err
	}
	r.Proposals, err = putInPlace(c, u)
	return r, err
}

// markRestored says in the unpacked store that it is one.
func markRestored(ctx context.Context, c Config, u backup.Unpacked, now time.Time) (err error) {
	if u.StoreFormat != storeFormat {
		if err := bolt.Upgrade(ctx, u.Ledger(), storeOptions(c), upgrade); err != nil {
			return err
		}
	}
	s, err := bolt.Open(u.Ledger(), storeOptions(c))
	if err != nil {
		return err
	}
	err = ledger.MarkRestored(ctx, s)
	if err == nil {
		err = access.MarkRestored(ctx, s, now)
	}
	return errors.Join(err, s.Close())
}

// againstAnchor returns what the anchor says against the unpacked store.
func againstAnchor(ctx context.Context, c Config, u backup.Unpacked, own *certs.Card) (why string, err error) {
	s, err := bolt.OpenReadOnly(u.Ledger(), storeOptions(c))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	roster, err := certs.NewRoster(own)
	if err != nil {
		return "", err
	}
	return ledger.CompareAnchor(ctx, s, roster, c.Anchor)
}

// putInPlace moves attachments, cards, and the ledger at last, to where a node
// has them.
func putInPlace(c Config, u backup.Unpacked) (proposals []Proposal, err error) {
	blobs := c.Blobs()
	err = blob.Folder(u.Blobs()).Walk(func(d blob.Digest, _ int64) error {
		to := filepath.Join(blobs, blob.Path(d))
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		// What may be there of the same digest is the same, or worse.
		if err := os.Rename(filepath.Join(u.Blobs(), blob.Path(d)), to); err != nil {
			return err
		}
		return syncFolder(filepath.Dir(to))
	})
	if err == nil && u.Attachments > 0 {
		err = syncFolder(blobs)
	}
	if err != nil {
		return nil, err
	}
	if proposals, err = propose(c, u.Cards()); err != nil {
		return nil, err
	}
	// Unlike a renaming, this never replaces what somebody began meanwhile.
	if err := os.Link(u.Ledger(), c.Ledger()); err != nil {
		if errors.Is(err, fs.ErrExist) {
			err = fmt.Errorf("%w: %w", err, ErrOccupied)
		}
		return nil, err
	}
	return proposals, syncFolder(c.Data)
}

// proposed is the folder, in that of peers, for the cards that a backup had.
const proposed = "restored"

// propose puts the cards of offices of which none is accepted into a folder of
// their own.
func propose(c Config, from string) (proposals []Proposal, err error) {
	to := filepath.Join(c.Peers, proposed)
	if err := os.RemoveAll(to); err != nil { // of a backup that was restored before
		return nil, err
	}
	if err := os.MkdirAll(c.Peers, 0o700); err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(from, "*"+certs.CardSuffix))
	for _, file := range files {
		card, err := certs.LoadCard(file)
		if err != nil {
			return nil, err
		}
		if _, err := os.Lstat(filepath.Join(c.Peers, filepath.Base(file))); card.Office() == c.Office || !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := os.MkdirAll(to, 0o700); err != nil {
			return nil, err
		}
		p := Proposal{Office: card.Office(), Fingerprint: card.Fingerprint(), File: filepath.Join(to, filepath.Base(file))}
		if err := certs.SaveCard(p.File, card); err != nil {
			return nil, err
		}
		proposals = append(proposals, p)
	}
	return proposals, err
}

// syncFolder makes the names in a folder durable.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
