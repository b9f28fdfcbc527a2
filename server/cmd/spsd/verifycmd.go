package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"filippo.io/age"

	"github.com/spsalert/spsalert/server"
	"github.com/spsalert/spsalert/server/backup"
)

// storeVerify checks the whole store, or a backup.
func (p *program) storeVerify(ctx context.Context) error {
	if len(p.rest) > 0 {
		return p.verifyBackup(ctx, p.rest[0])
	}
	c, err := p.config()
	if err != nil {
		return err
	}
	p.say("checking %s", c.Ledger())
	sum, err := server.Verify(ctx, c)
	if err != nil && !errors.Is(err, server.ErrUnchecked) {
		return explainLock(err, "a running node is checked by a backup of it: spsctl backup create, then spsd store verify FILE")
	}
	fmt.Fprintf(p.out, "in order: %s\n", c.Ledger())
	printVerified(p.out, sum)
	return err
}

// verifyBackup checks a backup; it wants no configuration.
func (p *program) verifyBackup(ctx context.Context, file string) error {
	identities, err := p.identities()
	if err != nil {
		return err
	}
	show := p.progress()
	r, err := server.VerifyBackup(ctx, file, server.RestoreOptions{Identities: identities, Now: time.Now, Progress: show.tell})
	show.end()
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "in order: %s\n", file)
	printBackup(p.out, r)
	printVerified(p.out, r.Found)
	return nil
}

// printBackup says what a backup is.
func printBackup(w io.Writer, r server.Restored) {
	fmt.Fprintf(w, `  of        %s/%s, made %s by %s
  own log   %s with %d entries
  own card  fingerprint %s
  cards     %d of peers
  files     %d attachments, %d bytes   (%d more are named, and were not here)
`, r.Federation, r.Office, r.Time.Format(time.RFC3339), r.Software, r.Origin, r.Size, r.Fingerprint,
		len(r.Files)-2, r.Attachments, r.AttachmentBytes, r.Missing)
	if len(r.Damaged) > 0 {
		fmt.Fprintf(w, "  lacking   %s\n", lacking(r.Damaged))
	}
}

func printVerified(w io.Writer, v server.Verified) {
	fmt.Fprintf(w, `  logs      %d
  entries   %d   (%d faulty, kept and shown as such)
  ahead     %d   (urgent, and held before those in front of them)
  bodies    %d   (%d missing, %d of this office lost)
  receipts  %d
  audit     %d records
  tokens    %d, accounts %d
`, v.Ledger.Logs, v.Ledger.Entries, v.Ledger.Faulty, v.Ledger.Ahead,
		v.Ledger.Bodies, v.Ledger.Missing, v.Ledger.Lost, v.Ledger.Receipts,
		v.Register.AuditRecords, v.Register.Tokens, v.Register.Accounts)
}

// identities reads what opens encrypted backups, if a file was given.
func (p *program) identities() ([]age.Identity, error) {
	file, ok := p.own["identity"]
	if !ok {
		return nil, nil
	}
	identities, err := backup.LoadIdentities(file)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, errUsage)
	}
	return identities, nil
}
