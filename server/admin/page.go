package admin

import (
	"encoding/base64"
	"hash/crc32"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/server/access"
)

// pageToken returns the text by which a list goes on at a key: opaque to
// callers, and good for nothing but the same list with the same filter.
func pageToken(key string, filter proto.Message) string {
	if key == "" {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString([]byte(mark(filter, key) + " " + key))
}

// parsePageToken returns the key of a token; "" for the first page.
func parsePageToken(token string, filter proto.Message) (string, error) {
	if token == "" {
		return "", nil
	}
	text, err := base64.RawURLEncoding.Strict().DecodeString(token)
	of, key, ok := strings.Cut(string(text), " ")
	if err != nil || !ok || key == "" || of != mark(filter, key) {
		return "", access.Invalid(access.Violation{
			Field: "page_token", Reason: "PAGE_TOKEN",
			Sentence: "give the nextPageToken of the page before, with all other fields as they were",
		})
	}
	return key, nil
}

// mark tells a token that this node gave for a list from any other. filter is the request without page size and
// token; its bytes need be the same only for as long as somebody pages.
func mark(filter proto.Message, key string) string {
	b, _ := proto.MarshalOptions{Deterministic: true}.Marshal(filter) // a request that came over the wire
	name := string(filter.ProtoReflect().Descriptor().Name())
	return strconv.FormatUint(uint64(crc32.ChecksumIEEE(append([]byte(name+" "+key+" "), b...))), 36)
}
