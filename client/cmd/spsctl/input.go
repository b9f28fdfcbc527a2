package main

import (
	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client/batch"
)

// rasffIssuer is the office that speaks for RASFF.
const rasffIssuer certs.Office = "EU"

// demoItems returns what a demo issues.
func demoItems(o demoOptions, offices []certs.Office) ([]batch.Item, error) {
	if o.input != "" {
		return rasffItems(o.input, rasffIssuer, offices, o.limit)
	}
	return sampleItems(offices, o.limit)
}

func rasffItems(path string, issuer certs.Office, offices []certs.Office, limit int) ([]batch.Item, error) {
	return nil, nil
}

func sampleItems(offices []certs.Office, limit int) ([]batch.Item, error) { return nil, nil }
