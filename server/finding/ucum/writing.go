package ucum

import (
	_ "embed"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed writings.yaml
var writingsFile []byte

// Doubted is what [Read] has for a writing that stands for two units.
const Doubted = "~"

// Read returns the unit that a writing stands for: itself if it is a unit, or the one
// that is meant without a doubt, such as ug/kg by µg/kg. It is [Doubted] if it can be
// two, and empty if it is none.
func Read(writing string) string {
	plainer := strings.NewReplacer("μ", "µ", "²", "2").Replace(strings.Join(strings.Fields(writing), ""))
	lower := strings.ToLower(plainer)
	_, is := Parse(plainer)
	known, written := writings()[lower]
	switch _, lowerIs := Parse(lower); {
	case megagram.MatchString(plainer):
		return Doubted
	case written:
		return known
	case is:
		return plainer
	case lowerIs:
		return lower // with capitals: MG/KG, mg/Kg
	}
	return ""
}

// megagram finds what would be a million grams where a thousandth of one is meant.
var megagram = regexp.MustCompile(`(^|/)M(g|l|L)\b`)

// Writings returns the unit that each writing stands for, in small letters and without
// blanks, that is no unit of UCUM itself, or that is written otherwise here.
func Writings() map[string]string { return maps.Clone(writings()) }

var writings = sync.OnceValue(func() map[string]string {
	var all map[string]string
	if err := yaml.Unmarshal(writingsFile, &all); err != nil {
		panic(fmt.Sprintf("writings.yaml: %v", err)) // a file of this package is wrong, whatever the input is
	}
	return all
})
