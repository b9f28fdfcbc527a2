package finding

import (
	"bytes"
	"encoding/base64"
	"iter"
	"slices"

	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
)

// A place is what follows a prefix in a key of the index, or of another table of
// what came when: Unix milliseconds, and an id.

// newest yields the places below prefixes of a table's keys, the last first. before
// is the place with which it begins; nil is the last of all.
func newest(r store.Reader, t store.Table, prefixes [][]byte, before []byte) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		if len(prefixes) == 1 { // without the cost of merging
			for place, err := range places(r, t, prefixes[0], before) {
				if !yield(place, err) {
					return
				}
			}
			return
		}
		heads := make([]head, 0, len(prefixes))
		for _, prefix := range prefixes {
			next, stop := iter.Pull2(places(r, t, prefix, before))
			defer stop()
			if place, err, ok := next(); ok {
				heads = append(heads, head{place, err, next})
			}
		}
		for len(heads) > 0 {
			last := slices.MaxFunc(heads, head.compare)
			i := slices.IndexFunc(heads, func(h head) bool { return bytes.Equal(h.place, last.place) })
			if !yield(last.place, last.err) {
				return
			}
			place, err, ok := last.next()
			if heads[i] = (head{place, err, last.next}); !ok {
				heads = slices.Delete(heads, i, i+1)
			}
		}
	}
}

// head is the next place of one of several ranges that are merged.
type head struct {
	place []byte
	err   error
	next  func() ([]byte, error, bool)
}

// compare puts what fails last, so that it is met at once.
func (h head) compare(other head) int {
	if (h.err != nil) != (other.err != nil) {
		if h.err != nil {
			return 1
		}
		return -1
	}
	return bytes.Compare(h.place, other.place)
}

// places yields the places below one prefix.
func places(r store.Reader, t store.Table, prefix, before []byte) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for row, err := range r.Scan(t, prefix, upTo(prefix, before), true) {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(bytes.Clone(row.Key[len(prefix):]), nil) {
				return
			}
		}
	}
}

// upTo returns the key below which the places of a prefix begin with before, which
// is the last of all if it is nil.
func upTo(prefix, before []byte) []byte {
	switch {
	case before != nil:
		return slices.Concat(prefix, before, []byte{0})
	case prefix == nil:
		return nil
	}
	return store.PrefixEnd(prefix)
}

// token is where a list goes on, with a place below its prefixes. It is sealed,
// since a place at which a page ends by its work need not be one that is shown to
// the caller.
func (s *Service) token(prefixes [][]byte, place []byte) string {
	return base64.RawURLEncoding.EncodeToString(s.sealer.Seal(nil, nil, place, bytes.Join(prefixes, nil)))
}

// ofToken returns the place with which a list goes on; nil for an empty token. It
// refuses one that the same list did not give.
func (s *Service) ofToken(token string, prefixes [][]byte) ([]byte, error) {
	if token == "" {
		return nil, nil
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err == nil {
		sealed, err = s.sealer.Open(nil, nil, sealed, bytes.Join(prefixes, nil))
	}
	if err != nil {
		return nil, access.Invalid(access.Violation{
			Field: "page_token", Reason: "PAGE_TOKEN", Sentence: "give the nextPageToken of the page before, as it came",
		})
	}
	return sealed, nil
}
