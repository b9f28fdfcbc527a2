package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/certs"
)

func (a *app) peerShowCommand() *cobra.Command {
	format := tableFormat
	cmd := &cobra.Command{
		Use:   "show CARDFILE",
		Short: "show what a peer card says: addresses, keys, units, duty contacts, hours",
		Long: `Show checks a peer card and shows everything that it says. The card of an office
that your node has accepted lies in its folder of peers; how it stands with that
office, spsctl peer list says.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cardFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			card, err := readCard(args[0])
			if err != nil {
				return err
			}
			if err := a.printCard(format, card); err != nil || format != tableFormat {
				return err
			}
			return a.printCardInFull(card)
		},
	}
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) peerFingerprintCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "fingerprint CARDFILE",
		Short:             "print a card's fingerprint, to be read over the telephone",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cardFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			card, err := readCard(args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(a.out, card.Fingerprint())
			return err
		},
	}
}

func (a *app) peerAcceptCommand() *cobra.Command {
	var dir, fingerprint string
	var yes bool
	cmd := &cobra.Command{
		Use:   "accept CARDFILE --dir PEERS",
		Short: "accept another office's card, after comparing its fingerprint",
		Long: `Accept copies a peer card into the folder of accepted cards, from where a running
node takes it without a restart. Call the office, on a number that did not come
with the card, and let them read their fingerprint to you: this is the one step
on which all trust in that office rests.

A card whose fingerprint is not the one that was accepted before is refused,
--yes or not: call the office again, and say with --replace-fingerprint which
fingerprint they read to you.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cardFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.acceptCard(args[0], dir, fingerprint, yes)
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "peers", "folder of accepted cards")
	cmd.Flags().BoolVar(&yes, "yes", false, "the fingerprint was compared already; do not ask")
	cmd.Flags().StringVar(&fingerprint, "replace-fingerprint", "", "the new `fingerprint`, if it is not the one accepted before")
	return cmd
}

func (a *app) acceptCard(file, dir, fingerprint string, yes bool) error {
	card, err := readCard(file)
	if err != nil {
		return err
	}
	if err := fitsPeers(dir, card); err != nil {
		return err
	}
	target := filepath.Join(dir, string(card.Office())+certs.CardSuffix)
	known, err := replaces(target, card, fingerprint)
	if err != nil || known {
		return err
	}
	if err := a.printCard(tableFormat, card); err != nil {
		return err
	}
	if !yes {
		if err := a.ask(fmt.Sprintf("did %s of the federation %s read you this fingerprint over the telephone?", card.Office(), card.Federation()), "compare the fingerprint and add --yes"); err != nil {
			return err
		}
	}
	if err := renameio.WriteFile(target, card.Bytes(), 0o644); err != nil {
		return err
	}
	fmt.Fprintf(a.err, "accepted: %s; a running node takes it within seconds, see: spsctl peer list\n", target)
	return nil
}

// replaces checks that a card may take the place of the one that was accepted
// before, which one with another card key may if its fingerprint is confirmed.
// It reports true if it is that very card.
func replaces(target string, card *certs.Card, confirmed string) (known bool, err error) {
	if confirmed != "" && confirmed != card.Fingerprint() {
		return false, invalidError{fmt.Errorf("--replace-fingerprint is %s, and the card's is %s: it is not the card of whom you called", confirmed, card.Fingerprint())}
	}
	before, err := readCard(target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case before.Same(card):
		return true, nil
	case !before.CardKey().Equal(card.CardKey()) && confirmed == "":
		return false, fmt.Errorf("the fingerprint changed: was %s, is %s; call %s, and if they read you the new one, add --replace-fingerprint %[2]s: %[4]w",
			before.Fingerprint(), card.Fingerprint(), card.Office(), fs.ErrExist)
	case !before.CardKey().Equal(card.CardKey()): // the numbers of another key say nothing
		return false, nil
	case before.Number() == card.Number():
		return false, fmt.Errorf("%s signed two different cards of number %d, SHA-256 %x accepted, this one %x; keep both and ask %[1]s: %[5]w",
			card.Office(), card.Number(), before.Digest(), card.Digest(), fs.ErrExist)
	case before.Number() > card.Number():
		return false, fmt.Errorf("card number %d of %s was accepted already, this one is number %d: %w", before.Number(), card.Office(), card.Number(), fs.ErrExist)
	default:
		return false, nil
	}
}

// readCard reads and checks a card file.
func readCard(path string) (*certs.Card, error) {
	signed, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	card, err := certs.ParseCard(signed)
	if err != nil {
		return nil, invalidError{fmt.Errorf("card %s: %w", path, err)}
	}
	return card, nil
}
