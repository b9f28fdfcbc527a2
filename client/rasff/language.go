package rasff

import (
	"strings"
	"unicode"
)

// Languages of a subject, BCP 47.
const (
	english = "en"
	mixed   = "mul" // several languages
	unsure  = "und" // one language that is not English
)

// englishWords are words that are frequent in English subjects and in those of
// no other language; otherWords the reverse. Words that occur in both, such as
// "in" and "per", are in neither.
var (
	englishWords = words(`of from the and with without above for by not at level levels limit limits content high
		presence detected detection exceeding exceeded exceeds undeclared unauthorised unauthorized unlabelled
		incorrect labelling absence suspected found food foods health certificate raw frozen fresh chilled dried
		ground beyond via milk meat chicken oil powder nuts seeds fish tea rice poultry foreign body oysters leaves
		black pepper grapes peanuts spice produced origin body defect spoilage edible`)
	otherWords = words(`de del della delle dello dei degli dalla dalle dal dai dall nel nella nelle con di da il lo gli
		alla alle al la las los el en por para y procedente procedentes presencia presenza oltre limiti valori tenore
		superiore superamento superación límite le les des du dans et au aux avec sans und von aus mit im der
		das dem den für nicht zu w z ze na dla nie oraz przekroczenie stwierdzenie pochodzącego pochodzącej pochodzących
		kraj pochodzenia produkcie produkcji wykrycie obecność poziomu și si din cu origine origini depasire depășire
		prezenta prezența lma carne och från og fra iz sa za van uit met het een em acima produto produtos da do dos
		nas não li ji od po przez zawartość żywność nowa nieautoryzowana dichiarato dichiarati rilevata corpo estraneo
		alimentare alimentario complemento contenido residuos niveles elevados`)
)

func words(list string) map[string]bool {
	set := make(map[string]bool)
	for word := range strings.FieldsSeq(list) {
		set[word] = true
	}
	return set
}

// languageOf returns the language of a subject: English, unless it has words of
// another language, and then a mixture if it has English ones as well. It would
// rather call a text English than foreign: one odd word, such as a name, is no
// language.
func languageOf(subject string) string {
	own, other := 0, 0
	for word := range strings.FieldsFuncSeq(strings.ToLower(subject), func(r rune) bool { return !unicode.IsLetter(r) }) {
		switch {
		case englishWords[word]:
			own++
		case otherWords[word]:
			other++
		}
	}
	// Two languages are glued with slashes more often than without.
	one, two := between(subject, "/"), between(subject, "//") || between(subject, "***")
	switch {
	case two, own >= 2 && other >= 2, one && own >= 1 && other >= 1, one && other >= 2:
		return mixed
	case other >= 2 && own == 0:
		return unsure
	}
	return english
}

// between reports whether a separator stands between words. That of a web
// address is none.
func between(subject, separator string) bool {
	before, after, found := strings.Cut(strings.ReplaceAll(subject, "://", " "), separator)
	return found && strings.ContainsFunc(before, unicode.IsLetter) && strings.ContainsFunc(after, unicode.IsLetter)
}
