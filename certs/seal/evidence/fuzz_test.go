package evidence_test

import (
	"bytes"
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
