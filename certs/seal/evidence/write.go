package evidence

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// MediaType is the media type of a bundle.
const MediaType = "application/vnd.sps.evidence.v1"

// FileName returns the name for the file of a bundle about a statement.
func FileName(reference string) string { return reference + ".evidence" }

// words stand at the head of every bundle, for whoever opens it. They are a
// part of the form: none of their bytes may change.
const words = `sps-evidence/v1

This file is evidence of what one office of the SPS alert network stated, and of
which other offices had received it. SPS stands for sanitary and phytosanitary.
Keep it as it is: a change of any character makes its check fail.

To check it, without any network:   spsctl evidence verify FILE
The check says in plain words what is proved, on whose word, and what is not.

`

// lineLength is the length of a line of base64: 57 bytes.
const lineLength = 76

// Encode returns the bytes of a bundle, the only ones that [Parse] accepts for
// it. It checks form and order and verifies nothing; the error is that of
// Parse.
func (b *Bundle) Encode() ([]byte, error) {
	c, err := b.read()
	if err != nil {
		return nil, err
	}
	w := new(writer)
	w.WriteString(words)
	w.facts(c)
	w.entry("statement", c.statement)
	for _, e := range c.readdresses {
		w.entry("readdress", e)
	}
	for _, e := range c.inCase {
		w.entry("in-case", e)
	}
	for i, point := range c.checkpoints {
		w.heading("checkpoint %s", point.Origin)
		w.Write(b.Checkpoints[i])
	}
	for _, card := range c.cards {
		w.heading("card %s %d", card.Office(), card.Number())
		w.base64(card.Bytes())
	}
	w.heading("end")
	if w.Len() > MaxBundle || w.parts > maxParts {
		return nil, failf(ErrForm, "bundle of %d bytes and %d parts, at most %d and %d allowed", w.Len(), w.parts, MaxBundle, maxParts)
	}
	return w.Bytes(), nil
}

// writer writes the parts of a bundle.
type writer struct {
	bytes.Buffer

	parts int
}

func (w *writer) heading(format string, args ...any) {
	w.parts++
	fmt.Fprintf(w, "== "+format+"\n", args...)
}

// facts writes what can be seen from the parts, in words.
func (w *writer) facts(c *contents) {
	s := c.statement
	to, network := c.audience()
	received, others := c.holders()
	addressed, missing := names(to), names(c.missing())
	if network {
		addressed, missing = "every office", "every office not named above"
	}
	cards := "none; it is checked with cards that the reader has"
	if len(c.cards) > 0 {
		cards = ""
		for i, card := range c.cards {
			if i > 0 {
				cards += ", "
			}
			cards += string(card.Office()) + " " + strconv.FormatUint(card.Number(), 10)
		}
	}
	for _, fact := range [][2]string{
		{"Federation", s.origin.Federation},
		{"Stated by", string(s.origin.Office)},
		{"Reference", s.leaf.GetReference()},
		{"Stated at", s.leaf.GetTime().AsTime().Format(time.RFC3339Nano) + " by the clock of " + string(s.origin.Office)},
		{"Log entry", s.name()},
		{"Addressed to", addressed},
		{"Received by", names(received)},
		{"Not shown to have received it", missing},
		{"Entry also known to", names(others)},
		{"Other statements of the case", strconv.Itoa(len(c.inCase))},
		{"Cards in this file", cards},
	} {
		w.WriteString(fact[0] + ": " + fact[1] + "\n")
	}
	w.WriteString("\n")
}

func (w *writer) entry(heading string, p parsed) {
	w.heading("%s %s", heading, p.name())
	w.base64(p.Leaf)
	w.proof(p.Proof)
	if heading != readdressHeading {
		w.WriteString("-- envelope\n")
		w.base64(p.Envelope)
	}
	for _, r := range p.Receipts {
		w.heading("receipt %s", r.Office)
		w.Write(r.Note)
		w.proof(r.Proof)
	}
}

func (w *writer) proof(proof []tlog.Hash) {
	w.WriteString("-- proof\n")
	for _, hash := range proof {
		w.WriteString(hash.String() + "\n")
	}
}

func (w *writer) base64(b []byte) {
	for chunk := range chunks(base64.StdEncoding.EncodeToString(b)) {
		w.WriteString(chunk + "\n")
	}
}

// chunks yields the lines of a long text.
func chunks(text string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for len(text) > lineLength {
			if !yield(text[:lineLength]) {
				return
			}
			text = text[lineLength:]
		}
		if text != "" {
			yield(text)
		}
	}
}

// Canonical returns a card as it stands in a bundle: the bytes of the card as
// they were signed, and its signatures, without anything that nobody signed.
func Canonical(card *certs.Card) ([]byte, error) {
	var signed spsv1.SignedCard
	if err := proto.Unmarshal(card.Bytes(), &signed); err != nil {
		return nil, fmt.Errorf("signed card: %w", err)
	}
	bare := &spsv1.SignedCard{Card: signed.GetCard()}
	for _, s := range signed.GetSignatures() {
		bare.Signatures = append(bare.Signatures, &spsv1.CardSignature{PublicKey: s.GetPublicKey(), Signature: s.GetSignature()})
	}
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(bare)
	if err != nil {
		return nil, fmt.Errorf("signed card: %w", err)
	}
	return b, nil
}
