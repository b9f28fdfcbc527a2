package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal/evidence"
)

// untrustedError is evidence that cannot be judged with the cards at hand.
type untrustedError struct{ error }

func (e untrustedError) Unwrap() error { return e.error }

func (a *app) evidenceVerifyCommand() *cobra.Command {
	format := tableFormat
	var roster string
	var attachments []string
	cmd := &cobra.Command{
		Use:   "verify FILE",
		Short: "check a file of evidence, without any node or network",
		Long: `Verify says in plain words what a file of evidence proves: who said what, when,
who had received it, by when it must have existed, whose cards that rests on, and
what is the weakest point. It needs no node, no network, no certificate and no
clock, so it comes to the same in ten years.

Without --roster the cards in the file are believed, and the proof is as good as
they are: compare the fingerprints with the offices by telephone. With --roster
every office that signed must have an accepted card in that folder, such as the
folder of peers of a node together with its own card.

Exit code 0: it is proved. 6: it is not, the file was changed or proves something
else. 4: a card is missing, or does not follow from the accepted one. 3: there is
no such file.`,
		Example: `  spsctl evidence verify VN-2026-000123.evidence
  spsctl evidence verify VN-2026-000123.evidence --roster peers
  spsctl evidence verify VN-2026-000123.evidence --attachment certificate.pdf
  spsctl evidence verify VN-2026-000123.evidence -o json`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if format != tableFormat && format != jsonFormat && format != yamlFormat {
				return usageError{errors.New("evidence is written as table, json or yaml")}
			}
			r, err := a.verifyEvidence(args[0], roster, attachments)
			if err != nil {
				return err
			}
			if format != tableFormat {
				return write(a.out, format, r)
			}
			return r.print(a.out)
		},
	}
	f := cmd.Flags()
	f.StringVar(&roster, "roster", "", "folder of accepted cards (*.card); those in the file are then believed only if they follow from these")
	f.StringArrayVar(&attachments, "attachment", nil, "file that must be an attachment of a statement in the evidence; may be repeated")
	outputFlagOf(cmd, &format, tableFormat, jsonFormat, yamlFormat)
	cobra.CheckErr(cmd.MarkFlagDirname("roster"))
	return cmd
}

func (a *app) verifyEvidence(path, roster string, attachments []string) (*report, error) {
	content, err := a.readEvidence(path)
	if err != nil {
		return nil, err
	}
	var accepted []*certs.Card
	if roster != "" {
		if accepted, err = readCards(roster); err != nil {
			return nil, err
		}
	}
	bundle, err := evidence.Parse(content)
	if err != nil {
		return nil, invalidError{fmt.Errorf("%s proves nothing: %w", path, err)}
	}
	proof, err := bundle.Verify(accepted)
	if errors.Is(err, evidence.ErrCard) {
		return nil, untrustedError{fmt.Errorf("%s cannot be judged: %w", path, err)}
	}
	if err != nil {
		return nil, invalidError{fmt.Errorf("%s proves nothing: %w", path, err)}
	}
	r := newReport(proof)
	for _, file := range attachments {
		if err := r.attach(file); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// readEvidence reads the file, or standard input for "-".
func (a *app) readEvidence(path string) ([]byte, error) {
	in := a.in
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer file.Close() // it was only read
		in = file
	}
	content, err := io.ReadAll(io.LimitReader(in, evidence.MaxBundle+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return content, nil
}

// readCards reads the cards in a folder. It is not nil, even if there are none:
// nobody is accepted then.
func readCards(dir string) ([]*certs.Card, error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, err
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*"+certs.CardSuffix))
	if err != nil {
		return nil, err
	}
	slices.Sort(paths)
	cards := []*certs.Card{}
	for _, path := range paths {
		card, err := certs.LoadCard(path)
		if err != nil {
			return nil, invalidError{err}
		}
		cards = append(cards, card)
	}
	return cards, nil
}

// attach compares a file with the attachments that the statements name.
func (r *report) attach(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close() // it was only read
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	digest := hex.EncodeToString(sum.Sum(nil))
	for _, s := range append([]*said{&r.Statement}, pointers(r.Case)...) {
		for i := range s.Attachments {
			if s.Attachments[i].SHA256 == digest {
				s.Attachments[i].File = path
				return nil
			}
		}
	}
	return invalidError{fmt.Errorf("%s, with SHA-256 %s, is none of the attachments that the statements name", path, strings.ToLower(digest))}
}

func pointers[T any](all []T) []*T {
	out := make([]*T, len(all))
	for i := range all {
		out[i] = &all[i]
	}
	return out
}
