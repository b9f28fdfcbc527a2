package office

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
)

// progress is how far a list has got. Its token is opaque to callers and good
// for nothing but the next page of the same list, asked for in the same words,
// of the same store.
type progress struct {
	asked string          // digest of what was asked for
	begun ledger.Position // the newest position when the list was begun
	mark  []byte          // where it goes on; nil at the beginning
}

// asked returns a digest of what a list was asked for.
func asked(list string, req listRequest) string {
	return digest(list, req.GetFilter(), req.GetQuery(), req.GetOrderBy())
}

// askedCase is asked of the statements of a case.
func askedCase(reference string) string { return digest("case", reference) }

func digest(words ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(words, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// token returns the text form; "" at the end of the list.
func (p progress) token() string {
	if p.mark == nil {
		return ""
	}
	mark := base64.RawURLEncoding.EncodeToString(p.mark)
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s %s %s", p.asked, p.begun, mark))
}

// parseToken reads a token of a list. now is the newest position of the store.
func parseToken(token, asked string, now ledger.Position) (progress, error) {
	text, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil {
		return progress{}, badToken()
	}
	parts := strings.Split(string(text), " ")
	if len(parts) != 3 {
		return progress{}, badToken()
	}
	p := progress{asked: parts[0]}
	p.begun, err = ledger.ParsePosition(parts[1])
	if err == nil {
		p.mark, err = base64.RawURLEncoding.Strict().DecodeString(parts[2])
	}
	switch {
	case err != nil || p.token() != token:
		return progress{}, badToken()
	case p.begun.Incarnation != now.Incarnation || p.begun.N > now.N:
		return progress{}, access.CursorAhead("page_token")
	case p.asked != asked:
		return progress{}, access.Invalid(access.Violation{
			Field: "page_token", Reason: "PAGE_TOKEN",
			Sentence: "repeat parent, filter, query and orderBy as they were for the page before, or leave out the token to begin anew",
		})
	}
	return p, nil
}

func badToken() error {
	return access.Invalid(access.Violation{
		Field: "page_token", Reason: "PAGE_TOKEN", Sentence: "give the nextPageToken of the page before, as it came",
	})
}
