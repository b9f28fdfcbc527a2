package main

import (
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal/evidence"
	"github.com/spsalert/spsalert/client/brief"
)

// report is what a file of evidence proves, in the words that people and
// programs are told.
type report struct {
	Proved     bool      `json:"proved"`
	Federation string    `json:"federation"`
	Statement  said      `json:"statement"`
	Later      []said    `json:"laterByTheSameOffice,omitempty"` // amendments, withdrawals, closures and reopenings
	To         []string  `json:"addressedTo,omitempty"`
	ByHand     string    `json:"addressedByHand,omitempty"` // who has no node
	Network    bool      `json:"addressedToAllOffices"`
	BroughtIn  []said    `json:"readdresses,omitempty"`
	Received   []held    `json:"received,omitempty"`
	Missing    []string  `json:"notShownToHaveReceived,omitempty"`
	Known      []held    `json:"entryKnownTo,omitempty"`
	Existed    string    `json:"existedBy,omitempty"`
	Case       []said    `json:"case,omitempty"`
	Trust      []trusted `json:"cards"`
	Weakest    []string  `json:"weakestPoints"`
	NotProved  []string  `json:"notProved"`
}

// said is one entry.
type said struct {
	Office         string     `json:"office"`
	Reference      string     `json:"reference,omitempty"`
	Entry          string     `json:"entry"`
	Time           string     `json:"claimedTime"`
	Kind           string     `json:"kind,omitempty"`
	Classification string     `json:"classification,omitempty"`
	Subject        string     `json:"subject,omitempty"`
	Says           string     `json:"says,omitempty"`      // what it decides, and its words
	EnteredBy      string     `json:"enteredBy,omitempty"` // of what was heard outside the network: who entered it, from whom and how it was heard
	Products       string     `json:"products,omitempty"`
	Findings       string     `json:"findings,omitempty"`
	Origin         string     `json:"origin,omitempty"`
	Attachments    []attached `json:"attachments,omitempty"`
}

// attached is a file that a statement names.
type attached struct {
	Name   string `json:"name"`
	Size   uint64 `json:"sizeBytes"`
	SHA256 string `json:"sha256"`
	File   string `json:"comparedWith,omitempty"` // a file that was found to be it
}

// held is a receipt.
type held struct {
	Office string `json:"office"`
	Time   string `json:"claimedTime"`
	Entry  uint64 `json:"sequence"`
	Size   uint64 `json:"logSize"`
}

// trusted is the card of an office that signed.
type trusted struct {
	Office      string   `json:"office"`
	Card        uint64   `json:"card"`
	Fingerprint string   `json:"fingerprint"`
	Accepted    bool     `json:"accepted"`
	Earlier     []string `json:"earlierFingerprints,omitempty"`
}

func newReport(p *evidence.Proof) *report {
	r := &report{
		Proved: true, Federation: p.Statement.Origin.Federation, Statement: sayingOf(p.Statement), Network: p.Network,
		Received: holdings(p.Received), Known: holdings(p.Known), Missing: codesOf(p.Missing), NotProved: notProved,
	}
	for _, o := range p.Statement.Leaf.GetAudience().GetOffices() {
		if o != r.Statement.Office {
			r.To = append(r.To, o)
		}
	}
	if st, ok := stated(p.Statement); ok {
		r.ByHand = byHand(st)
	}
	r.Later = laterOf(p)
	for _, e := range p.Readdresses {
		r.BroughtIn = append(r.BroughtIn, sayingOf(e))
	}
	for _, e := range p.Case {
		r.Case = append(r.Case, sayingOf(e))
	}
	if !p.Existed.IsZero() {
		r.Existed = p.Existed.Format(time.RFC3339)
	}
	for _, s := range p.Signers {
		r.Trust = append(r.Trust, trusted{string(s.Office), s.Card.Number(), s.Card.Fingerprint(), s.Accepted, s.Earlier})
	}
	r.Weakest = weakest(r)
	return r
}

func codesOf(offices []certs.Office) (out []string) {
	for _, o := range offices {
		out = append(out, string(o))
	}
	return out
}

func sayingOf(p evidence.Proven) said {
	s := said{
		Office: string(p.Origin.Office), Reference: p.Leaf.GetReference(),
		Entry: fmt.Sprintf("%s %d", p.Origin, p.Leaf.GetSequence()), Time: p.Leaf.GetTime().AsTime().Format(time.RFC3339Nano),
	}
	if p.Envelope == nil {
		s.Kind = "readdress"
		return s
	}
	st, ok := stated(p)
	if !ok {
		s.Subject = "its bytes are proved, but this version cannot read them"
		return s
	}
	b := brief.Of(st)
	s.Says, s.EnteredBy = brief.Says(st), enteredWords(st, stamp)
	s.Kind, s.Classification, s.Subject, s.Products, s.Findings, s.Origin = b.Kind, b.Classification, b.Subject, b.Product, b.Hazard, b.Origin
	for _, x := range st.GetAttachments() {
		s.Attachments = append(s.Attachments, attached{
			Name: first(x.GetFilename(), x.GetId()), Size: x.GetSizeBytes(), SHA256: hex.EncodeToString(x.GetSha256()),
		})
	}
	return s
}

func holdings(all []evidence.Holding) (out []held) {
	for _, h := range all {
		out = append(out, held{string(h.Office), h.Time.Format(time.RFC3339), h.Sequence, h.Size})
	}
	return out
}

// notProved is what no receipt proves.
var notProved = []string{
	"that a person has read the statement: a receipt says that the node of an office holds it",
	"that anybody agrees with it, or is liable for anything",
	"that what the statement says is true",
	"when anything happened, beyond what the offices say by their own clocks",
}

// weakest returns what the proof depends on, the weakest point first.
func weakest(r *report) (points []string) {
	if n := len(r.Later); n > 0 {
		points = append(points, "it is not the last word: "+r.Statement.Office+" issued "+laterWords(r.Later[n-1])+"; what holds now the case says, not this statement alone")
	}
	var unseen []string
	for _, t := range r.Trust {
		if !t.Accepted {
			unseen = append(unseen, t.Office)
		}
	}
	if len(unseen) > 0 {
		points = append(points, "nobody has confirmed yet that the cards in the file are those of "+strings.Join(unseen, ", ")+
			": compare the fingerprints by telephone, or give accepted cards with --roster")
	}
	switch {
	case len(r.Received)+len(r.Known) == 0:
		points = append(points, "no other office vouches for anything: the time is the word of "+r.Statement.Office+" alone")
	case r.Existed == "":
		points = append(points, "only one office beside "+r.Statement.Office+" vouches for the time: the two could have agreed on it")
	}
	switch {
	case len(r.Missing) > 0:
		points = append(points, "there is no receipt of "+strings.Join(r.Missing, ", ")+" in the file; that does not prove that they had not received it")
	case r.Network && len(r.Received) == 0:
		points = append(points, "there is no receipt of any addressee in the file")
	}
	return append(points, "a key that was revoked after these cards were made is not known here: newer cards may say so")
}

// print writes the report for people.
func (r *report) print(w io.Writer) error {
	out := new(strings.Builder)
	title := func(s string) { fmt.Fprintf(out, "\n%s\n", s) }
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(out, "  %-15s %s\n", name, printable(value))
		}
	}
	fmt.Fprintf(out, "PROVED: %s of the federation %s stated %s\n", r.Statement.Office, r.Federation, r.Statement.Reference)
	for _, s := range r.Later {
		fmt.Fprintf(out, "LATER: %s issued %s\n", s.Office, printable(laterWords(s)))
	}
	title("what was said")
	r.Statement.print(line)
	if r.Network {
		line("addressed to", "all offices")
	} else {
		line("addressed to", first(strings.Join(r.To, ", "), "nobody else"))
	}
	line("to be told", prefixed("by hand, without a node and any receipt: ", r.ByHand))
	for _, e := range r.BroughtIn {
		line("readdressed", e.Time+", entry "+e.Entry)
	}
	title("when")
	line("stated", r.Statement.Time+" by the clock of "+r.Statement.Office+", which is its claim")
	line("existed by", first(r.existedBy(), "not shown: it takes the receipts of two other offices"))
	title("who had received it")
	for _, h := range r.Received {
		line(h.Office, "had it within the second "+h.Time+" by its own clock, at the latest")
	}
	for _, o := range r.Missing {
		line(o, "no receipt in this file")
	}
	if r.Network {
		line("other offices", "no receipt in this file")
	}
	for _, h := range r.Known {
		line(h.Office, "is not addressed, and knew within the second "+h.Time+" that the entry exists, not what it says")
	}
	if len(r.Case) > 0 {
		title("what else was said in the case")
		for _, s := range r.Case {
			line(s.Reference, s.Time+" "+s.Kind+prefixed(": ", first(s.Says, s.Subject)))
			line("", prefixed("entered by ", s.EnteredBy))
			printAttachments(s.Attachments, line)
		}
	}
	title("whose cards it rests on")
	for _, t := range r.Trust {
		how := "from this file; compare by telephone"
		if t.Accepted {
			how = "accepted, or follows from the accepted one"
		}
		line(fmt.Sprintf("%s card %d", t.Office, t.Card), t.Fingerprint+"  "+how)
		for _, e := range t.Earlier {
			line("", "its card key was before  "+e)
		}
	}
	title("weakest point first")
	for _, p := range r.Weakest {
		fmt.Fprintf(out, "  - %s\n", printable(p))
	}
	title("what this does not prove")
	for _, p := range r.NotProved {
		fmt.Fprintf(out, "  - %s\n", p)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// existedBy says by when the statement existed, and on whose word.
func (r *report) existedBy() string {
	if r.Existed == "" {
		return ""
	}
	return "the second " + r.Existed + ", since two offices beside " + r.Statement.Office + " say that they held the entry by then"
}

func (s said) print(line func(name, value string)) {
	line("office", s.Office)
	line("reference", s.Reference)
	line("log entry", s.Entry)
	line("kind", s.Kind)
	line("classification", s.Classification)
	line("entered by", s.EnteredBy)
	line("subject", s.Subject)
	if s.Says != s.Subject {
		line("says", s.Says)
	}
	line("products", s.Products)
	line("findings", s.Findings)
	line("origin", s.Origin)
	printAttachments(s.Attachments, line)
}

func printAttachments(all []attached, line func(name, value string)) {
	for _, x := range all {
		how := ""
		if x.File != "" {
			how = ", which " + x.File + " is"
		}
		line("attachment", fmt.Sprintf("%s, %d bytes, SHA-256 %s%s", x.Name, x.Size, x.SHA256, how))
	}
}
