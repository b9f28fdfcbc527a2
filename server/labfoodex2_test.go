package server_test

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// foodex2File is where real notifications with codes of FoodEx2 may be, from this
// folder; SPS_RASFF_FOODEX2 names another place.
var foodex2File = filepath.Join("..", "..", "shared", "data", "rasff-foodex2", "rasff-foodex2.csv")

// foodex2Rows are rows of our own with the columns of the real ones that are read:
// a number with its uncertainty in two languages, one that was detected, two
// numbers, and a code that a person corrected.
const foodex2Rows = "\ufeff" + `reference,NCSP Category (Search output),Parameter  (Search output),category,subject,Food Search Output (Code),Food Search Output (Description),Amended FoodEx2 Code,Amended FoodEx2 Description
2026.1,Mercury,Mercury,fish and fish products,"Mercurio (0,7 ±0,2 mg/kg) in merluzzo - mercury (0.7 +/- 0.2 mg/kg) in cod",A029X,Cod,,
2026.2,Salmonella,Salmonella,poultry meat,Salmonella (presence /25g) in duck,#N/A,#N/A,,
2026.3,Aflatoxins,Aflatoxins,"nuts, nut products and seeds",Aflatoxins (B1 = 6 µg/kg; Tot. = 9 µg/kg) in figs,A0DAS,Hazelnuts and similar-,A01MG,Dried figs
`

// foodex2Figures are what the real rows come to as findings.
var foodex2Figures = map[string]int{
	"findings": 1273, "with a number": 50, "with several numbers, of which the words stand": 4,
	"with the analyte and the verdict only": 1219, "without a code of FoodEx2": 31,
}

var (
	inUnits  = `(mg\s*/\s*kg|[uµμ]g\s*/\s*kg|mg\s*/\s*l|ppm|ppb)`
	within   = `(?:(?:±|\+/-)\s*(\d+(?:[.,]\d+)?)\s*)?` // the uncertainty, before or behind the unit
	numbered = regexp.MustCompile(`(?i)([<>]?)\s*(\d+(?:[.,]\d+)?)\s*` + within + inUnits + `\s*` + within + inUnits + `?`)
	in25g    = regexp.MustCompile(`(?i)(presence|detected)\s*/\s*25\s*g`)
	units    = map[string]string{"mg/kg": "mg/kg", "ug/kg": "ug/kg", "mg/l": "mg/L", "ppm": "[ppm]", "ppb": "[ppb]"}
)

// numbers returns the measured values in the words of a row, each once.
func numbers(subject string) (all []measured) {
	for _, m := range numbered.FindAllStringSubmatch(subject, -1) {
		unit := strings.NewReplacer(" ", "", "µ", "u", "μ", "u").Replace(strings.ToLower(m[4]))
		words := []string{m[1], strings.ReplaceAll(m[2], ",", ".")}
		if uncertainty := m[3] + m[5]; uncertainty != "" {
			words = append(words, "±", strings.ReplaceAll(uncertainty, ",", "."))
		}
		value := measured(strings.TrimSpace(strings.Join(append(words, units[unit]), " ")))
		if !slices.Contains(all, value) {
			all = append(all, value)
		}
	}
	return all
}

// readFoodex2 returns the rows as reports of a laboratory, one for each parameter,
// and what they come to.
func readFoodex2(t *testing.T, text string) (all []*spsv1.LabFinding, counts map[string]int) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := make(map[string]int)
	for i, name := range rows[0] {
		at[name] = i
	}
	counts = make(map[string]int)
	for i, row := range rows[1:] {
		get := func(column string) string { return strings.TrimSpace(row[at[column]]) }
		number, subject := fmt.Sprintf("%s/%d", get("reference"), i+1), get("subject")
		f := &spsv1.LabFinding{
			ReportNumber: number, Stage: spsv1.ResultStage_RESULT_STAGE_FINAL, Sample: &spsv1.Sample{Number: number},
			Product:            &spsv1.Product{Category: &spsv1.Concept{AsWritten: get("category")}},
			ExternalReferences: []*spsv1.ExternalReference{{System: "rasff", Number: get("reference")}},
			Text:               []*spsv1.LocalizedText{{Lang: "mul", Text: subject}},
		}
		code := cmp.Or(get("Amended FoodEx2 Code"), get("Food Search Output (Code)"))
		if code != "" && code != "#N/A" {
			display := cmp.Or(get("Amended FoodEx2 Description"), get("Food Search Output (Description)"))
			f.Product.Item = &spsv1.Concept{Codings: []*spsv1.Coding{{System: "foodex2", Code: code, Display: display}}}
		} else {
			counts["without a code of FoodEx2"]++
		}
		analyte := get("Parameter  (Search output)")
		var r *spsv1.LabResult
		switch values := numbers(subject); {
		case len(values) == 1:
			r = (measured(analyte+" = ") + values[0]).result(t)
			counts["with a number"]++
		case in25g.MatchString(subject):
			r = measured(analyte + " in 25 g: 1/1").result(t)
			counts["with a detection in 25 g"]++
		default:
			r = &spsv1.LabResult{Analyte: &spsv1.Concept{AsWritten: analyte}, Verdict: spsv1.Verdict_VERDICT_NON_COMPLIANT}
			if len(values) > 1 {
				t.Logf("%s: %s: %v", number, analyte, values)
				counts["with several numbers, of which the words stand"]++
			} else {
				counts["with the analyte and the verdict only"]++
			}
		}
		f.Sample.Results = []*spsv1.LabResult{r}
		all = append(all, f)
		counts["findings"]++
	}
	return all, counts
}

// TestFoodEx2AsFindings enters the real notifications with codes of FoodEx2, where
// there are any, and those of our own, and reads them back as they were.
func TestFoodEx2AsFindings(t *testing.T) {
	own, counts := readFoodex2(t, foodex2Rows)
	want := map[string]int{
		"findings": 3, "with a number": 1, "with a detection in 25 g": 1, "with several numbers, of which the words stand": 1, "without a code of FoodEx2": 1,
	}
	if diff := gocmp.Diff(want, counts); diff != "" {
		t.Errorf("what our own rows come to (-want +got):\n%s", diff)
	}
	all := own
	text, err := os.ReadFile(cmp.Or(os.Getenv("SPS_RASFF_FOODEX2"), foodex2File))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		t.Logf("no real notifications at %s", foodex2File)
	case err != nil:
		t.Fatal(err)
	default:
		var found []*spsv1.LabFinding
		if found, counts = readFoodex2(t, string(text)); gocmp.Diff(foodex2Figures, counts) != "" {
			t.Errorf("what the rows come to (-want +got):\n%s", gocmp.Diff(foodex2Figures, counts))
		}
		all = append(all, found...)
	}
	vn := newWorld(t, "VN").start("VN")
	if refused := vn.lab("hanoi-lab").enter(all); len(refused) > 0 {
		t.Errorf("refused: %q", refused)
	}
	vn.readBack(t, all)
}
