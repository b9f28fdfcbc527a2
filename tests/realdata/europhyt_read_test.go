package realdata

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// interception is a line of the monthly lists of EUROPHYT: so many interceptions
// of one plant or object, from one country, with one organism or for one reason.
type interception struct {
	country   string
	commodity string // class of the commodity; empty for an object
	species   string // of the plant
	object    string // empty for a plant
	organism  string // empty if there was another reason
	reason    string
	count     int
}

// sum is what the list says itself about a country, and what was read of it.
type sum struct {
	country    string
	said, read int
}

// cell is a cell of the table. It may be written over several lines, and stand
// for several rows, in the middle of them.
type cell struct {
	text string
	y    float64 // of its middle, in lines
}

// The columns of cells; countries are found by the sum that ends each.
const (
	commodities = iota // objects in the tables of objects
	species
	causes // organisms or reasons: one to a row
	counts // one to a row
)

// lists reads the monthly lists as `pdftotext -layout` writes them.
type lists struct {
	begins  []int // where the columns up to causes begin on this page
	objects bool  // the table is of objects, which have no species
	reasons bool  // the table is of reasons, not of organisms

	cells     [4][]cell // of this page, since the last sum
	rows      []interception
	countries strings.Builder // what the first column has, since the last sum
	line      int

	read    []interception
	sums    []sum
	problem func(format string, args ...any)
}

var (
	heading = regexp.MustCompile(`(Commodity|Object) .*(Harmful Organism|Reason of interception)`)
	ending  = regexp.MustCompile(`\s(\d+)$`)
	aside   = regexp.MustCompile(`^(Country of .*|Export .*|Plants or produce|Objects|\s*Number of|\s*interceptions|Plants and|produce, total.*|Objects, total.*)$`)
	reason  = regexp.MustCompile(`^(PHYTO\. CERT|OTHER REASONS|! OTHERS)`)
)

// readEurophyt returns the interceptions of a text, and the sums that it states
// itself; the last country has none if the text breaks off. What does not fit
// the layout goes to problem.
func readEurophyt(text string, problem func(format string, args ...any)) ([]interception, []sum) {
	l := &lists{problem: problem}
	for page := range strings.SplitSeq(text, "\f") {
		l.begins = nil
		for line := range strings.Lines(page) {
			l.line++
			l.take(strings.TrimRight(line, " \n"))
		}
		l.endPage()
	}
	l.endCountry()
	return l.read, l.sums
}

func (l *lists) take(line string) {
	if h := heading.FindStringSubmatchIndex(line); h != nil {
		l.endPage()
		l.objects = line[h[2]:h[3]] == "Object"
		l.reasons = line[h[4]:h[5]] == "Reason of interception"
		l.begins = []int{h[2], strings.Index(line, "Plant Species"), h[4]}
		if l.objects {
			l.begins[species] = h[4]
		}
		return
	}
	if l.begins == nil || line == "" || aside.MatchString(line) {
		return
	}
	count := 0
	if m := ending.FindStringSubmatch(line); m != nil {
		count, _ = strconv.Atoi(m[1])
		line = strings.TrimRight(line[:len(line)-len(m[0])], " ")
	}
	if before, ok := strings.CutSuffix(line, "Sum:*"); ok {
		l.countries.WriteString(" " + strings.TrimSpace(before))
		l.endPage()
		country, read := l.endCountry()
		if country != "" {
			l.sums = append(l.sums, sum{country, count, read})
		}
		return
	}
	l.countries.WriteString(" " + slice(line, 0, l.begins[commodities]))
	l.add(commodities, slice(line, l.begins[commodities], l.begins[species]), func(s string) bool {
		return !l.objects && !strings.Contains(s, ":")
	})
	l.add(species, slice(line, l.begins[species], l.begins[causes]), func(string) bool { return false })
	l.add(causes, slice(line, l.begins[causes], len(line)), func(s string) bool { return l.reasons && !reason.MatchString(s) })
	if count > 0 {
		l.cells[counts] = append(l.cells[counts], cell{strconv.Itoa(count), float64(l.line)})
	}
}

// slice returns the characters of a line from one column to the next.
func slice(line string, from, to int) string {
	if from >= len(line) {
		return ""
	}
	return strings.TrimSpace(line[from:min(to, len(line))])
}

// add takes up what a line has in a column: a cell, or the next line of one.
func (l *lists) add(column int, text string, goesOn func(string) bool) {
	if text == "" {
		return
	}
	y := float64(l.line)
	if n := len(l.cells[column]); n > 0 {
		last := &l.cells[column][n-1]
		unfinished := strings.Count(last.text, "(") > strings.Count(last.text, ")") || strings.HasSuffix(last.text, " VAR.")
		if unfinished || goesOn(text) {
			last.text, last.y = last.text+" "+text, (last.y+y)/2
			return
		}
	}
	l.cells[column] = append(l.cells[column], cell{text, y})
}

// endPage makes rows of the cells of a page. Cells that go on are written again
// on the next.
func (l *lists) endPage() {
	cells := l.cells
	l.cells = [4][]cell{}
	if len(cells[causes]) != len(cells[counts]) {
		l.problem("line %d: %d organisms or reasons and %d counts", l.line, len(cells[causes]), len(cells[counts]))
		return
	}
	above, beside := spread(cells[commodities], cells[causes]), spread(cells[species], cells[causes])
	for i, c := range cells[causes] {
		r := interception{commodity: above[i], species: beside[i]}
		if l.objects {
			r.commodity, r.object = "", above[i]
		}
		if l.reasons {
			r.reason = c.text
		} else {
			r.organism = c.text
		}
		r.count, _ = strconv.Atoi(cells[counts][i].text)
		l.rows = append(l.rows, r)
	}
}

// spread gives each row one of the cells, in their order, so that the cells are
// as near as can be to the middle of their rows.
func spread(cells, rows []cell) []string {
	texts := make([]string, len(rows))
	if len(cells) == 0 || len(cells) > len(rows) {
		return texts
	}
	// least[c][r] is how far the first c cells are from the middles of the first r
	// rows at least, and from[c][r] the first row of the last of them.
	least, from := make([][]float64, len(cells)+1), make([][]int, len(cells)+1)
	for c := range least {
		least[c] = slices.Repeat([]float64{math.Inf(1)}, len(rows)+1)
		from[c] = make([]int, len(rows)+1)
	}
	least[0][0] = 0
	for c := 1; c <= len(cells); c++ {
		for r := c; r <= len(rows); r++ {
			for first := c - 1; first < r; first++ {
				far := least[c-1][first] + math.Abs((rows[first].y+rows[r-1].y)/2-cells[c-1].y)
				if far < least[c][r] {
					least[c][r], from[c][r] = far, first
				}
			}
		}
	}
	for c, r := len(cells), len(rows); c > 0; c-- {
		for i := from[c][r]; i < r; i++ {
			texts[i] = cells[c-1].text
		}
		r = from[c][r]
	}
	return texts
}

// endCountry gives the rows since the last sum their country.
func (l *lists) endCountry() (country string, read int) {
	column := strings.Join(strings.Fields(l.countries.String()), " ")
	for name := range countryCodes {
		if strings.Contains(column, name) && len(name) > len(country) {
			country = name
		}
	}
	if country == "" && len(l.rows) > 0 {
		l.problem("line %d: no country in %q", l.line, column)
	}
	for _, r := range l.rows {
		r.country = country
		read += r.count
		l.read = append(l.read, r)
	}
	l.countries.Reset()
	l.rows = nil
	return country, read
}
