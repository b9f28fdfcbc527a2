package ssd2

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/sheet/form"
	"github.com/spsalert/spsalert/server/sheet/table"
)

// report collects the rows of one report.
type report struct {
	rd          *Reader
	number      string
	first, last int
	lost        int     // a row behind the last one that may belong to it; 0: none
	values      []value // of the columns that are of the report
	results     []*spsv1.LabResult
	rows        []int                // of the results
	said        map[string]int       // rows of the results, by what they say
	cells       map[int][]table.Cell // by row
	problems    []table.Problem
	notes       []table.Note
}

// problem adds one at the number of the report.
func (r *report) problem(row int, reason, sentence string) {
	r.problems = append(r.problems, table.Problem{Row: row, Column: r.rd.Letter(vocabulary().Column("reportId")), Reason: reason, Sentence: sentence})
}

// told reports whether there is a problem in a column.
func (r *report) told(letter string) bool {
	return letter != "" && slices.ContainsFunc(r.problems, func(p table.Problem) bool { return p.Column == letter })
}

// add takes a row.
func (r *report) add(l *line) {
	r.last = l.row
	r.cells[l.row] = l.cells
	if len(r.results) == mostResults {
		if !slices.ContainsFunc(r.problems, func(p table.Problem) bool { return p.Reason == "REPORT_LONG" }) {
			r.problem(l.row, "REPORT_LONG", fmt.Sprintf("give these results a report of their own: one has at most %d", mostResults))
		}
		return
	}
	repeated := map[string]bool{} // letters of columns that say again what a row before says
	for _, c := range vocabulary().Columns {
		v, before := l.values[c.Index], r.values[c.Index]
		switch {
		case !ofReport(c) || !v.said():
		case !before.said():
			r.values[c.Index] = v
		case before.text != v.text:
			l.at(v, "ROW_DIFFERS", fmt.Sprintf("write the same in all rows of a report: row %d has %q", before.row, form.Shown(before.text)))
		default:
			repeated[v.letter] = true
		}
	}
	result := l.result()
	said, _ := proto.MarshalOptions{Deterministic: true}.Marshal(result) // what cannot be written is like nothing else
	if before, twice := r.said[string(said)]; twice && len(said) > 0 {
		r.notes = append(r.notes, table.Note{Row: l.row, Column: r.rd.Letter(vocabulary().Column("reportId")), Reason: "ROW_TWICE", Sentence: fmt.Sprintf(
			"look at the rows %d and %d of report %s, they say the same: if it was measured once, take one out", before, l.row, form.Shown(r.number))})
	} else {
		r.said[string(said)] = l.row
	}
	r.results = append(r.results, result)
	r.rows = append(r.rows, l.row)
	r.problems = append(r.problems, l.problems...)
	for _, n := range l.notes {
		if n.Column != "" && !repeated[n.Column] {
			r.notes = append(r.notes, n)
		}
	}
}

// sheeted returns what was collected.
func (r *report) sheeted() Sheeted {
	l := &line{m: r.rd.m, row: r.first, values: r.values}
	f := &spsv1.LabFinding{
		ReportNumber: r.number, ReportDate: day(l.of("reportDate").text),
		Stage:              spsv1.ResultStage(enum(spsv1.ResultStage_value, l.of("reportStage"))),
		SupersedesReports:  pieces(l.of("supersedes").text),
		Text:               l.words("reportText"),
		Product:            l.product(),
		ExternalReferences: l.references(),
	}
	f.Sample = l.sample()
	f.Sample.Results = r.results
	s := Sheeted{First: r.first, Last: r.last, Finding: f, Problems: append(r.problems, l.problems...), Notes: append(r.notes, l.notes...), rows: r.rows, cells: r.cells}
	slices.SortStableFunc(s.Problems, func(a, b table.Problem) int { return a.Row - b.Row })
	return s
}

func (l *line) references() []*spsv1.ExternalReference {
	if event := l.of("sampEventId"); event.said() {
		return []*spsv1.ExternalReference{{System: "sampEventId", Number: event.text}}
	}
	return nil
}

// sample returns the sample without its results.
func (l *line) sample() *spsv1.Sample {
	s := &spsv1.Sample{
		Number: l.of("sampId").text, Role: spsv1.SampleRole(enum(spsv1.SampleRole_value, l.of("sampRole"))),
		SamplingDate: l.date("sampDate", "sampY", "sampM", "sampD"), ArrivalDate: day(l.of("arrivalDate").text),
		Method: l.concept("sampMethod", ""), UnitCount: l.count("sampUnitCount"),
		Quantity: l.quantity("sampSize", "sampSizeUnit"), Place: l.place(), Text: l.kept("report"),
	}
	return s
}

func (l *line) place() *spsv1.Place {
	country, code, name := l.of("sampCountry"), l.of("sampLocode"), l.words("sampPlace")
	if !country.said() && !code.said() && name == nil {
		return nil
	}
	return &spsv1.Place{Area: areaOf(country), Locode: code.text, Name: name}
}

// product returns what was sampled; nil if nothing is said of it.
func (l *line) product() *spsv1.Product {
	p := &spsv1.Product{
		Name: l.words("sampMatText"), Item: l.concept("sampMatCode", ""), Category: l.concept("prodCat", ""),
		Brand: l.of("brandName").text, Species: l.species(), Lots: l.lots(),
	}
	for _, name := range []string{"hsCode", "ahtnCode", "ciqCode", "cnCode"} {
		if c := l.coding(name); c != nil {
			p.CommodityCodes = append(p.CommodityCodes, c)
		}
	}
	if origin := l.of("origCountry"); origin.said() {
		p.Origins = []*spsv1.Origin{{State: spsv1.OriginState_ORIGIN_STATE_STATED, Area: areaOf(origin)}}
	}
	if site, kind := l.of("siteCode"), l.of("siteKind"); site.said() || kind.said() {
		p.Codes = []*spsv1.SiteCode{{Kind: spsv1.SiteCodeKind(enum(spsv1.SiteCodeKind_value, kind)), Code: site.text}}
	}
	if emptyProduct(p) {
		return nil
	}
	return p
}

func emptyProduct(p *spsv1.Product) bool {
	return p.Name == nil && p.Item == nil && p.Category == nil && p.Brand == "" && p.Species == nil && p.Lots == nil &&
		p.CommodityCodes == nil && p.Origins == nil && p.Codes == nil
}

func (l *line) species() []*spsv1.Taxon {
	code, name := l.coding("eppoCode"), l.of("speciesName").text
	if code == nil && name == "" {
		return nil
	}
	taxon := &spsv1.Taxon{ScientificName: name}
	if code != nil {
		taxon.Codings = []*spsv1.Coding{code}
	}
	return []*spsv1.Taxon{taxon}
}

func (l *line) lots() []*spsv1.Lot {
	lot := &spsv1.Lot{
		Number: l.of("lotId").text, Quantity: l.traded("lotSize", "lotSizeUnit"), ProductionDate: day(l.of("prodDate").text),
		BestBeforeDate: day(l.of("bestBeforeDate").text), UseByDate: day(l.of("useByDate").text),
	}
	if lot.Number == "" && lot.Quantity == nil && lot.ProductionDate == nil && lot.BestBeforeDate == nil && lot.UseByDate == nil {
		return nil
	}
	return []*spsv1.Lot{lot}
}

// pieces returns what stands between the $ of a list.
func pieces(list string) []string {
	var all []string
	for piece := range strings.SplitSeq(list, "$") {
		if piece = strings.TrimSpace(piece); piece != "" {
			all = append(all, piece)
		}
	}
	return all
}

// enum returns the value of an enum by its name; 0 if there is none.
func enum(values map[string]int32, v value) int32 { return values[v.text] }

// count returns a whole number; 0 if there is none.
func (l *line) count(name string) uint32 {
	n, _ := strconv.ParseUint(l.of(name).text, 10, 32)
	return uint32(n)
}
