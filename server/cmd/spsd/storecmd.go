package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spsalert/spsalert/server"
)

// storeInit begins the log of the office.
func (p *program) storeInit(ctx context.Context) error {
	c, err := p.config()
	if err != nil {
		return err
	}
	begun, err := server.Init(ctx, c, time.Now)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.out, `began %s with card %d of %s as its first entry
  ledger  %s
  anchor  %s   (not for backups; best on other media)
fingerprint of %s, for the telephone
  %s
next: put the cards of your peers into %s, then run
  spsd run -config %s
`, begun.Origin, begun.CardNumber, c.Office, begun.Ledger, begun.Anchor, c.Office, begun.Fingerprint, c.Peers, p.file)
	return err
}

// storeVerify checks the whole store.
func (p *program) storeVerify(ctx context.Context) error {
	c, err := p.config()
	if err != nil {
		return err
	}
	sum, err := server.Verify(ctx, c)
	if err != nil && !errors.Is(err, server.ErrUnchecked) {
		return err
	}
	_, printErr := fmt.Fprintf(p.out, `in order: %s
  logs      %d
  entries   %d   (%d faulty, kept and shown as such)
  ahead     %d   (urgent, and held before those in front of them)
  bodies    %d   (%d missing)
  receipts  %d
  audit     %d records
  tokens    %d, accounts %d
`, c.Ledger(), sum.Ledger.Logs, sum.Ledger.Entries, sum.Ledger.Faulty, sum.Ledger.Ahead,
		sum.Ledger.Bodies, sum.Ledger.Missing, sum.Ledger.Receipts,
		sum.Register.AuditRecords, sum.Register.Tokens, sum.Register.Accounts)
	return errors.Join(err, printErr)
}
