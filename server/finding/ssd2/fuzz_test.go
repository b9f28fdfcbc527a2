package ssd2_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/spsalert/spsalert/server/finding"
	"github.com/spsalert/spsalert/server/finding/ssd2"
	"github.com/spsalert/spsalert/server/sheet/form"
	"github.com/spsalert/spsalert/server/sheet/table"
)

func FuzzParseMapping(f *testing.F) {
	f.Add("sheet: Kết quả\nheader: 3-4\nencoding: windows-1258\ndelimiter: semicolon\ndecimal: comma\ndates: day-first\nera: buddhist\n")
	f.Add("columns: {resVal: ผล}\nfixed: {reportStage: final, resUnit: ppm}\nwords: {resQualValue: {พบ: detected}}\nsystems: {paramCode: eppo}\n")
	f.Add("a: &a [*a]\n? [x]\n: y\n<<: 1\ncolumns: 7\nfixed: {sampDate: 1.2.3}\n")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ssd2.ParseMapping([]byte(text))
		var wrong *form.MappingError
		switch {
		case err == nil && m == nil, err != nil && m != nil:
			t.Fatalf("ParseMapping = %v, %v, want one of them", m, err)
		case err != nil && (!errors.As(err, &wrong) || len(wrong.Problems) == 0):
			t.Fatalf("error = %v, want a list of problems", err)
		}
		if wrong == nil {
			return
		}
		lines := strings.Count(text, "\n") + 1
		for _, p := range wrong.Problems {
			if p.Row < 1 || p.Row > lines+1 || p.Reason == "" || p.Sentence == "" {
				t.Errorf("problem = %+v of %d lines, want a line, a reason and a sentence", p, lines)
			}
		}
	})
}

// FuzzOpen reads any sheet with a mapping, and holds what is returned to what is
// promised of it.
func FuzzOpen(f *testing.F) {
	header := "reportId,reportStage,sampId,sampMatText,sampDate,paramText,resVal,resUnit,resLOQ,resType,evalLowLimit,evalLimitRef\n"
	f.Add([]byte(header+"L-1,final,S-1,durian,01/02/2569,carbendazim,<LOQ,ppm,0.01,,,\nL-1,,,,,cadmium,0.3,mg/kg,,VAL,0.1,x\n"), "dates: day-first\n")
	f.Add([]byte(header+"L-1,final,S-1,durian,,a,1,mg/kg,,,,\nL-2,final,S-1,durian,,a,1,mg/kg,,,,\nL-1,final,S-1,durian,,a,ND,mg/kg,,,,\n,,,,,,,,,,,\n,x,,,,,,,,,,\nL-3,\"x\n"), "")
	f.Add([]byte("a,b,c\n1,2,3\n"), "columns: {sampId: a, paramText: b, resVal: c}\nfixed: {reportId: L-1, reportStage: final}\n")
	f.Fuzz(func(t *testing.T, file []byte, mapping string) {
		m, err := ssd2.ParseMapping([]byte(mapping))
		if err != nil {
			m = ssd2.Default()
		}
		r, err := ssd2.Open(bytes.NewReader(file), int64(len(file)), m)
		var p table.Problem
		if err != nil {
			if !errors.As(err, &p) || p.Sentence == "" {
				t.Fatalf("Open = %v, want a problem", err)
			}
			return
		}
		last := 0
		for s, err := range r.Findings() {
			if err != nil {
				if !errors.As(err, &p) {
					t.Fatalf("error = %v, want a problem", err)
				}
				break
			}
			if s.First < 1 || s.Last < s.First || s.First > last && s.Last < last || s.Finding == nil && len(s.Problems) == 0 {
				t.Errorf("rows %d to %d after %d, with %d problems", s.First, s.Last, last, len(s.Problems))
			}
			last = max(last, s.Last)
			for _, p := range s.Problems {
				if p.Row < s.First || p.Row > s.Last || p.Reason == "" || p.Sentence == "" {
					t.Errorf("problem = %+v in rows %d to %d", p, s.First, s.Last)
				}
			}
			if s.Finding == nil {
				continue
			}
			for _, v := range finding.Check(finding.Complete(s.Finding, "lab"), today) {
				if row, _ := s.Place(v.Field); row < s.First || row > s.Last {
					t.Errorf("%s stands in row %d of rows %d to %d", v.Field, row, s.First, s.Last)
				}
			}
		}
	})
}
