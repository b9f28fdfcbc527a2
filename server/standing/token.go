package standing

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/casebook"
)

// digest names what a list was asked for.
func digest(words ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(words, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// token returns the token of a page that begins at a mark; "" for none.
func token(asked string, mark []byte) string {
	if mark == nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(append([]byte(asked), mark...))
}

// parseToken returns the mark of a token; nil for the first page.
func parseToken(token, asked string) ([]byte, error) {
	if token == "" {
		return nil, nil
	}
	text, err := base64.RawURLEncoding.Strict().DecodeString(token)
	switch {
	case err != nil || len(text) <= len(asked):
		return nil, badToken()
	case string(text[:len(asked)]) != asked:
		return nil, access.Invalid(access.Violation{
			Field: "page_token", Reason: "PAGE_TOKEN",
			Sentence: "give the nextPageToken of the page before, with all other fields as they were",
		})
	}
	return text[len(asked):], nil
}

// cursor returns the text of a cursor of a watch: of which store, behind which
// change, and up to which millisecond.
func (o Options) cursor(at casebook.ChangeCursor) string {
	return at.Text(o.Ledger.Released().Incarnation)
}

// parseCursor reads a cursor of a watch.
func (o Options) parseCursor(cursor string) (at casebook.ChangeCursor, err error) {
	if cursor == "" {
		return at, nil
	}
	at, of, err := casebook.ParseChangeCursor(cursor)
	if err != nil {
		return at, access.Invalid(access.Violation{
			Field: "cursor", Reason: "CURSOR", Sentence: "give a cursor of a list or watch as it came, or none",
		})
	}
	if of != o.Ledger.Released().Incarnation {
		return at, access.CursorAhead("cursor")
	}
	return at, nil
}

func badToken() error {
	return access.Invalid(access.Violation{
		Field: "page_token", Reason: "PAGE_TOKEN", Sentence: "give the nextPageToken of the page before, as it came",
	})
}
