package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spsalert/spsalert/server"
	"github.com/spsalert/spsalert/server/backup"
	"github.com/spsalert/spsalert/server/store"
)

// explainLock says what to do where a node has the store open.
func explainLock(err error, instead string) error {
	if errors.Is(err, store.ErrLocked) {
		return fmt.Errorf("%w\n%s", err, instead)
	}
	return err
}

// storeBackup backs up the store.
func (p *program) storeBackup(ctx context.Context) error {
	c, err := p.config()
	if err != nil {
		return err
	}
	recipients, err := c.Backup.LoadRecipients()
	if err != nil {
		return fmt.Errorf("%w: %w", err, errUsage)
	}
	var file string
	switch {
	case len(p.rest) > 0:
		file = p.rest[0]
	case c.Backup.Folder != "":
		file = filepath.Join(c.Backup.Folder, backup.FileName(c.Office, time.Now(), len(recipients) > 0))
	default:
		return fmt.Errorf("name the file to write, or configure backup.folder: %w", errUsage)
	}
	show := p.progress()
	m, err := server.Backup(ctx, c, file, server.BackupOptions{
		Recipients: recipients, Software: "spsd " + version, Now: time.Now, Progress: show.tell,
	})
	show.end()
	if err != nil {
		return explainLock(err, "a running node makes its backups itself: spsctl backup create")
	}
	_, err = fmt.Fprintf(p.out, `backed up to %s
  own log   %s with %d entries
  %s
next: take it to another machine, and try it there: spsd store verify %s
`, file, m.Origin, m.Size, encrypted(len(recipients)), file)
	if err != nil || len(m.Damaged) == 0 {
		return err
	}
	return fmt.Errorf("%s\n%w", lacking(m.Damaged), errIncomplete)
}

// lacking names the attachments that a backup lacks, since they were damaged on
// the disk that it was made from.
func lacking(damaged []string) string {
	return "left out, as damaged on the disk: attachment " + strings.Join(damaged, ", ")
}

func encrypted(recipients int) string {
	if recipients == 0 {
		return "not encrypted: whoever has it reads what was addressed to this office; see backup.recipients"
	}
	return fmt.Sprintf("encrypted to %d recipients", recipients)
}

// storeRestore puts a backup into place.
func (p *program) storeRestore(ctx context.Context) error {
	c, err := p.config()
	if err != nil {
		return err
	}
	identities, err := p.identities()
	if err != nil {
		return err
	}
	show := p.progress()
	r, err := server.Restore(ctx, c, p.rest[0], server.RestoreOptions{Identities: identities, Now: time.Now, Progress: show.tell})
	show.end()
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "restored %s from %s\n", c.Ledger(), p.rest[0])
	printBackup(p.out, r)
	if r.NotNewest != "" {
		fmt.Fprintf(p.out, "by the anchor it is not the newest: %s\n", r.NotNewest)
	}
	for _, card := range r.Proposals {
		fmt.Fprintf(p.out, `the card of %s, fingerprint %s, is not accepted: was this office revoked? if not, compare the fingerprint by telephone, then
  spsctl peer accept %s --dir %s
`, card.Office, card.Fingerprint, card.File, c.Peers)
	}
	_, err = fmt.Fprintf(p.out, `the node will start read-only, fetch from its peers what came after the backup, and then go on by itself
no token and no account is good until an administrator has confirmed them
next: spsd run -config %s, then look with spsctl node show, and: spsctl token confirm
`, p.file)
	return err
}
