package main

import (
	"context"
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
