package codesheet

import (
	_ "embed"
	"fmt"
	"io"
	"sync"

	"github.com/spsalert/spsalert/server/sheet/form"
	"github.com/spsalert/spsalert/server/sheet/table"
)

// The kinds that only the code register has. Their lists have ; $ or commas between.
const (
	kindPlace  form.Kind = "place"  // a province, by code or as it is written
	kindAreas  form.Kind = "areas"  // countries or areas, each by code or name
	kindTariff form.Kind = "tariff" // beginnings of HS codes
	kindList   form.Kind = "list"   // several codes
	kindPhone  form.Kind = "phone"  // a telephone number
)

//go:embed columns.yaml
var columnsFile []byte

//go:embed meanings.yaml
var meaningsFile []byte

//go:embed words.yaml
var wordsFile []byte

// vocabulary is what the embedded files say.
var vocabulary = sync.OnceValue(func() *form.Form {
	f, err := form.Parse("codes", columnsFile, meaningsFile, wordsFile)
	if err != nil {
		panic(err) // a file of this package is wrong, whatever the input is
	}
	f.OneOf = [][]string{{"ownerName", "ownerId", "ownerRegNo", "ownerTaxId", "ownerNameEn", "ownerNameVi", "ownerNameZh", "ownerNameTh"}}
	return f
})

// ParseMapping reads a mapping, in YAML, as [form.Form.ParseMapping] does. Words may
// be given for provinces and markets, too: the code that a name stands for.
func ParseMapping(text []byte) (*form.Mapping, error) {
	return vocabulary().ParseMapping(text, form.Rules{
		TakesWords: func(k form.Kind) bool { return k == kindPlace || k == kindAreas },
		Meant:      meant,
		Fixed: func(m *form.Mapping, c *form.Column, text string) []table.Problem {
			l := &line{m: m, values: make([]value, len(vocabulary().Columns))}
			l.take(c, table.Cell{Kind: table.KindText, Text: text}, "")
			return l.problems
		},
	})
}

// Template writes an empty sheet of the code register, as [form.Form.Template] does.
func Template(w io.Writer, format string, tags ...string) error {
	return vocabulary().Template(w, format, tags...)
}

// meant returns the code of an area that stands in a mapping.
func meant(c *form.Column, said string) (string, *table.Problem) {
	switch {
	case form.AreaCode(said):
		return said, nil
	case c.Kind == kindPlace:
		return "", &table.Problem{Reason: "PROVINCE", Sentence: fmt.Sprintf("write the code of the province, such as VN-45: %q is none", form.Shown(said))}
	}
	return "", &table.Problem{Reason: "AREA", Sentence: fmt.Sprintf("write the code of the country, such as VN: %q is none", form.Shown(said))}
}
