package rasff

import (
	_ "embed"
	"strings"
	"sync"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Lists of RASFF. Their codes are their English words.
const (
	hazardList          = "rasff-hazard"
	hazardCategoryList  = "rasff-hazard-category"
	productCategoryList = "rasff-product-category"
)

// maxCode is how long the code of a coding may be, in characters.
const maxCode = 100

// qualifiers are the words after, or before, the name of a hazard that say what
// is wrong with it. The longest that fits is taken first.
var qualifiers = []struct {
	words string
	means []spsv1.HazardQualifier // none: only part of the words, not of the name
}{
	{"unauthorised substance", qualifier(spsv1.HazardQualifier_HAZARD_QUALIFIER_UNAUTHORISED)},
	{"unauthorised novel food ingredient", qualifier(spsv1.HazardQualifier_HAZARD_QUALIFIER_UNAUTHORISED)},
	{"unauthorised colour", qualifier(spsv1.HazardQualifier_HAZARD_QUALIFIER_UNAUTHORISED)},
	{"unauthorised use", qualifier(spsv1.HazardQualifier_HAZARD_QUALIFIER_UNAUTHORISED)},
	{"unauthorised", qualifier(spsv1.HazardQualifier_HAZARD_QUALIFIER_UNAUTHORISED)},
	{"prohibited substance", qualifier(spsv1.HazardQualifier_HAZARD_QUALIFIER_PROHIBITED)},
	{"increasing migration", qualifier(spsv1.HazardQualifier_HAZARD_QUALIFIER_MIGRATION)},
	{"migration", qualifier(spsv1.HazardQualifier_HAZARD_QUALIFIER_MIGRATION)},
	{"migration overall too high level", qualifier(
		spsv1.HazardQualifier_HAZARD_QUALIFIER_MIGRATION, spsv1.HazardQualifier_HAZARD_QUALIFIER_TOO_HIGH)},
	{"residue level above MRL", qualifier(spsv1.HazardQualifier_HAZARD_QUALIFIER_TOO_HIGH)},
	{"too high content of", qualifier(spsv1.HazardQualifier_HAZARD_QUALIFIER_TOO_HIGH)},
	{"too high content", qualifier(spsv1.HazardQualifier_HAZARD_QUALIFIER_TOO_HIGH)},
	{"too high count", qualifier(spsv1.HazardQualifier_HAZARD_QUALIFIER_TOO_HIGH)},
	{"too high intake", qualifier(spsv1.HazardQualifier_HAZARD_QUALIFIER_TOO_HIGH)},
	{"too high level", qualifier(spsv1.HazardQualifier_HAZARD_QUALIFIER_TOO_HIGH)},
	{"high content", qualifier(spsv1.HazardQualifier_HAZARD_QUALIFIER_TOO_HIGH)},
	{"high count", qualifier(spsv1.HazardQualifier_HAZARD_QUALIFIER_TOO_HIGH)},
	{"high level", qualifier(spsv1.HazardQualifier_HAZARD_QUALIFIER_TOO_HIGH)},
	{"too low content", qualifier(spsv1.HazardQualifier_HAZARD_QUALIFIER_TOO_LOW)},
	{"undeclared", qualifier(spsv1.HazardQualifier_HAZARD_QUALIFIER_UNDECLARED)},
	{"parasitic infestation with", qualifier(spsv1.HazardQualifier_HAZARD_QUALIFIER_PRESENT)},
	{"infested with", qualifier(spsv1.HazardQualifier_HAZARD_QUALIFIER_PRESENT)},
	{"presence", qualifier(spsv1.HazardQualifier_HAZARD_QUALIFIER_PRESENT)},
	{"traces", qualifier(spsv1.HazardQualifier_HAZARD_QUALIFIER_PRESENT)},
	{"absence", qualifier(spsv1.HazardQualifier_HAZARD_QUALIFIER_ABSENT)},
	{"suspicion", qualifier(spsv1.HazardQualifier_HAZARD_QUALIFIER_SUSPECTED)},
}

func qualifier(q ...spsv1.HazardQualifier) []spsv1.HazardQualifier { return q }

// splitQualifier takes the words that say what is wrong off the name of a
// hazard. A text that is nothing but such words keeps them as its name.
func splitQualifier(text string) (name string, means []spsv1.HazardQualifier) {
	name = text
	longest := 0
	lower := strings.ToLower(text)
	for _, q := range qualifiers {
		words := strings.ToLower(q.words)
		if len(words) <= longest {
			continue
		}
		switch {
		case lower == words:
			name, means, longest = text, q.means, len(words)
		case strings.HasSuffix(lower, " "+words):
			name, means, longest = text[:len(text)-len(words)], q.means, len(words)
		}
	}
	return strings.TrimRight(name, " -"), means
}

//go:embed hazards.txt
var hazardsFile string

// hazardCategories returns the categories of hazards by folded name, and by the
// beginning of the name.
var hazardCategories = sync.OnceValue(func() (known struct{ names, beginnings map[string]string }) {
	known.names, known.beginnings = make(map[string]string), make(map[string]string)
	for e := range entries(hazardList) {
		known.names[fold(e.Code)] = e.Parent
	}
	for line := range strings.Lines(hazardsFile) {
		category, list, found := strings.Cut(line, ":")
		if !found || strings.HasPrefix(line, "#") {
			continue
		}
		for _, beginning := range splitHazards(list) {
			known.beginnings[strings.TrimSuffix(fold(beginning), "*")] = category
		}
	}
	return known
})

// categoryOf returns the RASFF category of a hazard; empty if its name leaves
// doubt.
func categoryOf(name string, means []spsv1.HazardQualifier) string {
	for _, q := range means {
		if q == spsv1.HazardQualifier_HAZARD_QUALIFIER_MIGRATION {
			return "migration"
		}
	}
	known, name := hazardCategories(), fold(name)
	if category, ok := known.names[name]; ok {
		return category
	}
	for beginning, category := range known.beginnings {
		if strings.HasPrefix(name, beginning) {
			return category
		}
	}
	return ""
}

// natures are the kinds of agents of the categories that have one kind only.
var natures = map[string]spsv1.HazardNature{
	"allergens":                  spsv1.HazardNature_HAZARD_NATURE_ALLERGEN,
	"foreign bodies":             spsv1.HazardNature_HAZARD_NATURE_PHYSICAL,
	"heavy metals":               spsv1.HazardNature_HAZARD_NATURE_CHEMICAL,
	"industrial contaminants":    spsv1.HazardNature_HAZARD_NATURE_CHEMICAL,
	"migration":                  spsv1.HazardNature_HAZARD_NATURE_CHEMICAL,
	"mycotoxins":                 spsv1.HazardNature_HAZARD_NATURE_CHEMICAL,
	"parasitic infestation":      spsv1.HazardNature_HAZARD_NATURE_BIOLOGICAL,
	"pathogenic micro-organisms": spsv1.HazardNature_HAZARD_NATURE_BIOLOGICAL,
	"pesticide residues":         spsv1.HazardNature_HAZARD_NATURE_CHEMICAL,
	"residues of veterinary medicinal products": spsv1.HazardNature_HAZARD_NATURE_CHEMICAL,
}

// toHazard returns the hazard of one name in the column of hazards.
func toHazard(text string) *spsv1.Hazard {
	name, means := splitQualifier(text)
	category := categoryOf(name, means)
	h := &spsv1.Hazard{
		Agent:      &spsv1.Concept{Codings: codings(hazardList, name), AsWritten: text, Lang: "en"},
		Nature:     natures[category],
		Qualifiers: means,
	}
	if category != "" {
		h.Category = &spsv1.Concept{Codings: codings(hazardCategoryList, category)}
	}
	return h
}

// codings returns one code of a list whose codes are its words; none if it is
// too long to be one.
func codings(list, words string) []*spsv1.Coding {
	if len([]rune(words)) > maxCode {
		return nil
	}
	return []*spsv1.Coding{{System: list, Code: words}}
}
