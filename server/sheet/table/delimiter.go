package table

import (
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// delimiters are what stands between values, as the world writes CSV.
var delimiters = []rune{',', ';', '\t', '|'}

// findDelimiter returns what stands between the values of a text that begins with
// a sample, and the length of the line that says so, as Excel has it ("sep=;").
// Each delimiter is tried; that fits which parts most lines into the same number of
// values, and no other does as many. cut says that the text goes on behind the sample.
func findDelimiter(sample string, cut bool, given rune) (delimiter rune, hint int, err error) {
	line, _, _ := strings.Cut(sample, "\n")
	if said := strings.TrimSuffix(line, "\r"); len(said) == 5 && strings.EqualFold(said[:4], "sep=") {
		hint = min(len(line)+1, len(sample))
		if given == 0 {
			given = rune(said[4])
		}
	}
	if given != 0 {
		if strings.ContainsRune("\"\r\n\ufffd", given) || !utf8.ValidRune(given) {
			return 0, 0, whole("DELIMITER", "name a comma, a semicolon, a tab or a bar as what stands between the values")
		}
		return given, hint, nil
	}
	sample = sample[hint:]
	if end := strings.LastIndexByte(sample, '\n'); cut && end > 0 {
		sample = sample[:end]
	}
	var best []rune
	var most int
	for _, d := range delimiters {
		switch n := partsEvenly(sample, d); {
		case n > most:
			best, most = []rune{d}, n
		case n == most && n > 0:
			best = append(best, d)
		}
	}
	switch len(best) {
	case 0:
		return ',', hint, nil // one column
	case 1:
		return best[0], hint, nil
	}
	return 0, 0, whole("DELIMITER", fmt.Sprintf("say what stands between the values: %q and %q part the lines alike", best[0], best[1]))
}

// partsEvenly returns how many lines a delimiter parts into the same number of
// values.
func partsEvenly(sample string, d rune) int {
	in := csv.NewReader(strings.NewReader(sample))
	in.Comma, in.LazyQuotes, in.FieldsPerRecord, in.ReuseRecord = d, true, -1, true
	counts := map[int]int{}
	for range 200 {
		record, err := in.Read()
		var syntax *csv.ParseError
		if errors.As(err, &syntax) {
			continue
		}
		if err != nil {
			break
		}
		counts[len(record)]++
	}
	var most int
	for values, lines := range counts {
		if values > 1 {
			most = max(most, lines)
		}
	}
	return most
}
