package office

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
)

// progress is how far a list has got. Its token is opaque to callers and good
// for nothing but the next page of the same list of the same store.
type progress struct {
	list  string          // the parent, or "cases"
	begun ledger.Position // the newest position when the list was begun
	next  uint64          // number of the position at which it goes on, downwards
}

// token returns the text form.
func (p progress) token() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s %s %d", p.list, p.begun, p.next))
}

// parseToken reads a token of a list. now is the newest position of the store.
func parseToken(token, list string, now ledger.Position) (progress, error) {
	bad := access.Invalid(access.Violation{
		Field: "page_token", Reason: "PAGE_TOKEN",
		Sentence: "give the next_page_token of the page before, with all other fields as they were",
	})
	text, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil {
		return progress{}, bad
	}
	parts := strings.Split(string(text), " ")
	if len(parts) != 3 || parts[0] != list {
		return progress{}, bad
	}
	p := progress{list: list}
	p.begun, err = ledger.ParsePosition(parts[1])
	if err == nil {
		p.next, err = strconv.ParseUint(parts[2], 10, 64)
	}
	switch {
	case err != nil || p.token() != token || p.next > p.begun.N:
		return progress{}, bad
	case p.begun.Incarnation != now.Incarnation || p.begun.N > now.N:
		return progress{}, access.CursorAhead("page_token")
	}
	return p, nil
}
