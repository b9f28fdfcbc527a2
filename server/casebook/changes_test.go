package casebook_test

import (
	"testing"

	"github.com/spsalert/spsalert/server/casebook"
)

// FuzzParseChangeCursor reads any text as a cursor, and wants one that is read to be
// written and read again as the same.
func FuzzParseChangeCursor(f *testing.F) {
	f.Add(casebook.ChangeCursor{N: 7}.Text([16]byte{1}))
	f.Add("")
	f.Add("@1")
	f.Fuzz(func(t *testing.T, text string) {
		c, of, err := casebook.ParseChangeCursor(text)
		if err != nil {
			return
		}
		again, same, err := casebook.ParseChangeCursor(c.Text(of))
		if err != nil || again.N != c.N || !again.Until.Equal(c.Until) || same != of {
			t.Errorf("%q is read as %v of %x, and that as %v of %x: %v", text, c, of, again, same, err)
		}
	})
}
