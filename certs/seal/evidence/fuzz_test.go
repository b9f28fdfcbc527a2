package evidence_test

import (
	"bytes"
	"regexp"
	"testing"

	"github.com/spsalert/spsalert/certs/seal/evidence"
)

// FuzzParse wants whatever is accepted to be written again as it came, and
// nothing to break the verifier.
func FuzzParse(f *testing.F) {
	s := newStory(f)
	for _, b := range []*evidence.Bundle{s.plain(), s.whole()} {
		f.Add(s.encode(b))
		b.Cards = nil
		f.Add(s.encode(b))
	}
	for _, b := range badForms(s) {
		f.Add(b.file)
	}
	accepted := s.newest("CN", "EU", "KH", "LA", "TH", "VN")
	f.Fuzz(func(t *testing.T, file []byte) {
		b, err := evidence.Parse(file)
		if err != nil {
			return
		}
		again, err := b.Encode()
		if err != nil || !bytes.Equal(again, file) {
			t.Fatalf("accepted, and written again in another way: %v", err)
		}
		_, _ = b.Verify(nil) // a verdict, whatever it is, and no panic
		_, _ = b.Verify(accepted)
	})
}

// FuzzForm is FuzzParse without cards and without a verdict, which cost more
// than reading the text: so it gets through several times as many bundles. Give
// it -fuzzminimizetime 10x, as tools/fuzz.sh does: else it spends a minute on
// making each find smaller, and seems to stand still.
func FuzzForm(f *testing.F) {
	s := newStory(f)
	ahead := s.plain()
	ahead.Statement.Receipts = []evidence.Receipt{s.cn.receipt(s.vn, 3, s.stated, s.ahead(s.stated))}
	alone := s.plain()
	alone.Statement.Receipts = nil
	for _, b := range []*evidence.Bundle{s.plain(), s.whole(), ahead, alone} {
		b.Cards = nil
		f.Add(s.encode(b))
	}
	for _, b := range badForms(s) {
		f.Add(withoutCards(b.file))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		file = withoutCards(file)
		b, err := evidence.Parse(file)
		if err != nil {
			return
		}
		again, err := b.Encode()
		if err != nil || !bytes.Equal(again, file) {
			t.Fatalf("accepted, and written again in another way: %v", err)
		}
	})
}

var cardsFact = regexp.MustCompile(`\nCards in this file: .*\n`)

// withoutCards leaves the cards out of a bundle, and says so in its facts if
// they are where they should be.
func withoutCards(file []byte) []byte {
	from := bytes.Index(file, []byte("\n== card "))
	if from < 0 {
		return file
	}
	rest := []byte("\n")
	if end := bytes.LastIndex(file, []byte("\n== end")); end > from {
		rest = file[end:]
	}
	return append(cardsFact.ReplaceAll(file[:from], []byte("\nCards in this file: none; it is checked with cards that the reader has\n")), rest...)
}
