package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// links goes through the other offices.
func (j *joining) links(peers []*spsv1.Peer) error {
	offices := j.accepted()
	for _, p := range peers {
		offices = append(offices, p.GetOffice())
	}
	slices.Sort(offices)
	offices = slices.Compact(offices)
	if len(offices) == 0 {
		j.left("other offices", fmt.Sprintf("send them %s; ask them for theirs, then: %s THEIR.card", filepath.Join(j.dir, authority.CardFile(j.own.Office())), j.again()), "no card of another office is here")
	}
	for _, office := range offices {
		begun := len(j.steps)
		if err := j.link(office, peers); err != nil {
			return err
		}
		for i := range j.steps[begun:] {
			j.steps[begun+i].Office = office
		}
	}
	return nil
}

// nodeReads is how long a node may take to see a card that was put into its
// folder.
const nodeReads = 10 * time.Second

// known returns the peers that the node knows. It waits for those whose cards
// were given just now.
func (j *joining) known(ctx context.Context, node *client.Client) ([]*spsv1.Peer, error) {
	for end := time.Now().Add(nodeReads); ; {
		peers, err := node.Peers(ctx)
		if err != nil {
			return nil, err
		}
		awaited := slices.ContainsFunc(j.given, func(card *certs.Card) bool {
			return !slices.ContainsFunc(peers, func(p *spsv1.Peer) bool {
				return p.GetOffice() == string(card.Office()) && p.GetCardNumber() >= card.Number()
			})
		})
		if !awaited || time.Now().After(end) {
			return peers, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(nodeReads / 20):
		}
	}
}

// accepted returns the offices whose cards are in the folder of peers.
func (j *joining) accepted() (offices []string) {
	files, _ := filepath.Glob(filepath.Join(j.peers, "*"+certs.CardSuffix)) // the pattern is well formed
	for _, file := range files {
		if office := strings.TrimSuffix(filepath.Base(file), certs.CardSuffix); office != string(j.own.Office()) {
			offices = append(offices, office)
		}
	}
	return offices
}

// link goes through the steps with one office.
func (j *joining) link(office string, peers []*spsv1.Peer) error {
	if err := j.tell(office); err != nil {
		return err
	}
	i := slices.IndexFunc(peers, func(p *spsv1.Peer) bool { return p.GetOffice() == office })
	if i < 0 {
		j.left("their card", "the node reads another folder, or is yet to read it: compare peers in its configuration with --peers, and run this again", "it is in %s, and the node does not have it", j.peers)
		return nil
	}
	p := peers[i]
	j.done("their card", "number %d, fingerprint %s", p.GetCardNumber(), p.GetFingerprint())
	test := "spsctl peer test " + office
	if !p.GetConnected() {
		j.left("link is up", "it comes by itself when both sides have the other's card; if not: "+test, "%s", link(p, time.Now()))
		return nil
	}
	j.done("link is up", "%s", link(p, time.Now()))
	if missing(p) > 0 {
		j.left("their log", "wait; it is coming", "%s", behind(p))
	} else {
		j.done("their log", "%s", behind(p))
	}
	if p.GetReceiptSize() == 0 {
		j.left("first receipt", "wait a minute, then: "+test, "none yet")
	} else {
		j.done("first receipt", "%s", theirReceipt(p, time.Now()))
	}
	return nil
}
