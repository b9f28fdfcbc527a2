package access

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/text/language"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
)

const (
	// languageKey is the metadata by which a caller says what it reads, as the
	// header Accept-Language does.
	languageKey = "accept-language"
	// maxAccept bounds how much of it is looked at, bytes.
	maxAccept = 256
)

var matcher = language.NewMatcher(tongues)

// tongueOf returns which language suits an Accept-Language header best, and
// English if none does.
func tongueOf(accept string) int {
	_, at, confidence := matcher.Match(wanted(accept)...)
	if confidence == language.No {
		return 0
	}
	return at
}

// wanted returns the languages of an Accept-Language header, the best first;
// none if it says none, or is too long to be looked at.
func wanted(accept string) []language.Tag {
	if accept == "" || len(accept) > maxAccept {
		return nil
	}
	tags, weights, err := language.ParseAcceptLanguage(accept)
	if err != nil {
		return nil
	}
	for i, weight := range weights { // they are sorted; none with a weight of 0 is wanted
		if weight <= 0 {
			return tags[:i]
		}
	}
	return tags
}

// Localize adds to a status its sentences in the language of an Accept-Language
// header, if that is not English: a LocalizedMessage for its message, and one
// for each violation. What programs read stays as it is. A status that has a
// LocalizedMessage already is returned as it is.
func Localize(st *status.Status, accept string) *status.Status {
	tongue := tongueOf(accept)
	if tongue == 0 {
		return st
	}
	locale := tongues[tongue].String()
	var details []protoadapt.MessageV1
	message, ok := worded(reasonOf(st), st.Message(), tongue)
	for _, d := range st.Details() {
		switch d := d.(type) {
		case *errdetails.LocalizedMessage:
			return st
		case *errdetails.BadRequest:
			d = proto.CloneOf(d)
			message, ok = localizeViolations(d, tongue)
			details = append(details, d)
		case protoadapt.MessageV1:
			details = append(details, d)
		}
	}
	if !ok {
		return st
	}
	details = append(details, &errdetails.LocalizedMessage{Locale: locale, Message: message})
	detailed, err := status.New(st.Code(), st.Message()).WithDetails(details...)
	if err != nil {
		return st
	}
	return detailed
}

// localizeViolations sets the sentence of each violation in a language, and
// returns what the status says of them all, which begins with the first.
func localizeViolations(bad *errdetails.BadRequest, tongue int) (message string, ok bool) {
	for i, v := range bad.GetFieldViolations() {
		text, known := worded(v.GetReason(), v.GetDescription(), tongue)
		if !known {
			continue
		}
		v.LocalizedMessage = &errdetails.LocalizedMessage{Locale: tongues[tongue].String(), Message: text}
		if i == 0 {
			message, ok = headline(v.GetField(), text, len(bad.GetFieldViolations())-1, tongue), true
		}
	}
	return message, ok
}

// Headline says all violations in a sentence: that of the first with its field, unless it
// is of the whole request, and how many more there are. It is in a language: a tag of
// [Languages].
func Headline(field, sentence string, more int, locale string) string {
	return headline(field, sentence, more, tongueOf(locale))
}

func headline(field, first string, more, tongue int) string {
	if field != "" {
		first = field + ": " + first
	}
	if more <= 0 {
		return first
	}
	if all, _ := catalogue(); len(all["MORE"]) > 0 {
		return strings.NewReplacer("{first}", first, "{count}", fmt.Sprint(more)).Replace(all["MORE"][0].texts[tongue])
	}
	return fmt.Sprintf("%s (and %d more)", first, more)
}

// Worded returns a sentence of a reason in the language that the caller of ctx
// reads, or as it is given, in English. It is for what answers say to people;
// the sentences of errors are seen to by a [Guard].
func Worded(ctx context.Context, reason, english string) string {
	if text, ok := worded(reason, english, tongueOf(acceptLanguage(ctx))); ok {
		return text
	}
	return english
}

// acceptLanguage returns what the caller of a gRPC call reads.
func acceptLanguage(ctx context.Context) string {
	md, _ := metadata.FromIncomingContext(ctx)
	return strings.Join(md.Get(languageKey), ",")
}

// Reads returns the tags of the languages that the caller of ctx reads, the best
// first; none if it did not say.
func Reads(ctx context.Context) []string {
	var tags []string
	for _, tag := range wanted(acceptLanguage(ctx)) {
		tags = append(tags, tag.String())
	}
	return tags
}

// LanguageOf returns the one of [Languages] that suits a reader of a language, a
// tag of BCP 47, or "" if none does.
func LanguageOf(tag string) string {
	wanted, err := language.Parse(tag)
	if err != nil {
		return ""
	}
	_, at, confidence := matcher.Match(wanted)
	if confidence == language.No {
		return ""
	}
	return tongues[at].String()
}

// WordedIn returns a sentence of a reason in a language, one of [Languages]. It
// reports false, and returns what is given, if the catalogue does not have it. It
// is for what is said to somebody other than the caller.
func WordedIn(tag, reason, english string) (string, bool) {
	text, ok := worded(reason, english, tongueOf(tag))
	if !ok {
		return english, false
	}
	return text, true
}
