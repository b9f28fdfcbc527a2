package realdata

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// europhytFile is where a real list of EUROPHYT may be, from this folder.
var europhytFile = filepath.Join("..", "..", "..", "shared", "data", "europhyt-2016-11", "europhyt-interceptions-2016-11.p01-14.txt")

// europhytPage is a page written by hand, with the difficulties of real ones:
// cells in the middle of their rows, over several lines, and a country that ends
// on the next page.
const europhytPage = `Interceptions for other reasons

Plants or produce
Country of                                                                                                  Number of
             Commodity                       Plant Species         Reason of interception
Export                                                                                                      interceptions
                                                                   OTHER REASONS : PROHIBITED PLANTS,
             OTHER LIVING PLANTS : FRUIT &   CITRUS SP.                                                            2
VIETNAM                                                            PLANTS PRODUCTS OR OTHER OBJECTS
             VEGETABLES
                                             UNKNOWN / INCONNU     PHYTO. CERT. / PLANT PASSPORT: ABSENT           1
             PRODUCTS : DUNNAGE              PINALES               ! OTHERS                                        3
` + "\f" + `Country of                                                                                                  Number of
             Commodity                       Plant Species         Reason of interception
Export                                                                                                      interceptions
             PRODUCTS : DUNNAGE              PINALES               OTHER REASONS : INCORRECT IDENTITY              4
                                                                   DECLARED ON DOCUMENTS
VIETNAM                                                                                          Sum:*            10

THAILAND     PRODUCTS : WOOD AND BARK        LARIX                 PHYTO. CERT.: ADDITIONAL DECLARATION            1
                                                                   MISSING
`

// TestEurophytPage reads the page above.
func TestEurophytPage(t *testing.T) {
	read, sums := readEurophyt(europhytPage, t.Errorf)
	const fruit = "OTHER LIVING PLANTS : FRUIT & VEGETABLES"
	want := []interception{
		{country: "VIETNAM", commodity: fruit, species: "CITRUS SP.", reason: "OTHER REASONS : PROHIBITED PLANTS, PLANTS PRODUCTS OR OTHER OBJECTS", count: 2},
		{country: "VIETNAM", commodity: fruit, species: "UNKNOWN / INCONNU", reason: "PHYTO. CERT. / PLANT PASSPORT: ABSENT", count: 1},
		{country: "VIETNAM", commodity: "PRODUCTS : DUNNAGE", species: "PINALES", reason: "! OTHERS", count: 3},
		{country: "VIETNAM", commodity: "PRODUCTS : DUNNAGE", species: "PINALES", reason: "OTHER REASONS : INCORRECT IDENTITY DECLARED ON DOCUMENTS", count: 4},
		{country: "THAILAND", commodity: "PRODUCTS : WOOD AND BARK", species: "LARIX", reason: "PHYTO. CERT.: ADDITIONAL DECLARATION MISSING", count: 1},
	}
	if diff := cmp.Diff(want, read, cmp.AllowUnexported(interception{})); diff != "" {
		t.Errorf("interceptions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]sum{{"VIETNAM", 10, 10}}, sums, cmp.AllowUnexported(sum{})); diff != "" {
		t.Errorf("sums (-want +got):\n%s", diff)
	}
	for i, r := range read {
		enter(t, r, i, make(map[string]int))
	}
}

// europhytWords are the parts of the real list that are kept as words only, as
// docs/decisions/0025-what-real-lists-could-not-say.md says.
var europhytWords = map[string]int{
	"species: ORNAMENTAL PLANTS": 2, "species: MIXED FOREST PLANTS": 1, "species: (S.L.)": 1,
	"object: ! OTHERS": 1, "reason: ! OTHERS": 1, "fault of a document: ! OTHERS": 1,
}

// TestEurophyt enters every interception of a real list, where there is one, as
// a statement: none is refused, and little is kept as words only.
func TestEurophyt(t *testing.T) {
	data, found := realText(t, europhytFile)
	if !found {
		// The page written by hand holds the same law.
		t.Logf("no real list at %s", europhytFile)
		return
	}
	read, sums := readEurophyt(data, t.Errorf)
	for _, s := range sums {
		if s.said != s.read {
			t.Errorf("%s: %d interceptions were read, the list says %d", s.country, s.read, s.said)
		}
	}
	interceptions, words := 0, make(map[string]int)
	for i, r := range read {
		enter(t, r, i, words)
		interceptions += r.count
	}
	t.Logf("%d lines with %d interceptions were entered, %d sums agree", len(read), interceptions, len(sums))
	if diff := cmp.Diff(europhytWords, words); diff != "" {
		t.Errorf("kept as words only (-want +got):\n%s", diff)
	}
}

// enter checks the statement of an interception, and counts in words what it
// holds in no other form than words.
func enter(t *testing.T, r interception, n int, words map[string]int) {
	t.Helper()
	s := complete(r.statement(), "EU", fmt.Sprintf("00000000-0000-4000-8000-%012d", n))
	if problems := statement.Check(s); len(problems) > 0 {
		t.Errorf("%+v is refused:\n%v", r, problems)
		return
	}
	envelope, err := statement.Encode(s)
	if err != nil {
		t.Errorf("%+v: %v", r, err)
		return
	}
	back, err := statement.Decode(envelope, federation, "EU")
	if err != nil {
		t.Errorf("%+v: %v", r, err)
		return
	}
	if !proto.Equal(s, back) {
		t.Errorf("%+v after a round trip is %v, want %v", r, back, s)
	}
	for _, what := range wordsOnly(s.GetNotification()) {
		words[what]++
	}
}

// wordsOnly returns the parts of a notification that a program cannot tell from
// any other words.
func wordsOnly(n *spsv1.Notification) []string {
	var found []string
	add := func(what, text string) {
		if text != "" {
			found = append(found, what+": "+text)
		}
	}
	for _, p := range n.GetProducts() {
		for _, s := range p.GetSpecies() {
			if s.GetScientificName() == "" && len(s.GetCodings()) == 0 && s.GetRank() != spsv1.TaxonRank_TAXON_RANK_UNIDENTIFIED {
				add("species", s.GetAsWritten())
			}
			if before, after, qualified := strings.Cut(s.GetAsWritten(), "("); qualified && before != "" && s.GetScientificName() != "" {
				add("species", "("+after)
			}
		}
		if p.GetArticleKind() == spsv1.ArticleKind_ARTICLE_KIND_OTHER {
			add("object", p.GetName()[0].GetText())
		}
		if k := p.GetPackaging().GetKind(); k != nil && len(k.GetCodings()) == 0 {
			add("kind of package", k.GetAsWritten())
		}
	}
	for _, f := range n.GetFindings() {
		for _, text := range f.GetText() {
			add("reason", text.GetText())
		}
		for _, text := range f.GetDocumentFault().GetText() {
			add("fault of a document", text.GetText())
		}
		o := f.GetOrganism()
		if t := o.GetTaxon(); t != nil && t.GetScientificName() == "" && !o.GetUnknown() && !o.GetDiseaseComplex() {
			add("organism", t.GetAsWritten())
		}
	}
	return found
}
