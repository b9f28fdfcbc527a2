package codes_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spsalert/spsalert/client/codes"
)

// good are small files in every layout, by name, in the manner of the published
// ones.
var good = map[string]string{
	"hs@2022.csv": "section,hscode,description,parent,level\nI,01,Animals; live,TOTAL,2\nI,0101,\"Horses, asses; live\",01,4\n",
	"unece-rec20@17.csv": "Status,CommonCode,Name,Description,LevelAndCategory,Symbol,ConversionFactor\n" +
		"X,05,lift,,3.9,,\n,KGM,kilogram,,1,kg,kg\n¦,59,part per million,,1,ppm,\n",
	"unlocode@2024-2.csv": "Change,Country,Location,Name,NameWoDiacritics,Subdivision,Status,Function,Date,IATA,Coordinates,Remarks\n" +
		",VN,HPH,Hải Phòng,Hai Phong,,AI,1234----,0601,,2052N 10641E,\n",
	"unlocode.csv": ",\"AD\",,\".ANDORRA\",,,,,,,,\n=,\"CN\",,\"Peking = Beijing\",\"Peking = Beijing\",,,,,,,\nX,\"CN\",\"YTN\",\"Yantian\",\"Yantian\",\"44\",\"1-------\",\"RL\",\"0001\",,,\n",
	"eppo@2026.txt": "identifier,datatype,code,lang,langno,preferred,status,creation,modification,country,fullname,authority,shortname\n" +
		"1,GAI,DACUDO,la,1,0,A,,,,Dacus dorsalis,Hendel,\n2,GAI,DACUDO,la,2,1,A,,,,Bactrocera dorsalis,(Hendel),\n" +
		"3,GAI,DACUDO,en,1,0,A,,,,oriental fruit fly,,\n4,GAI,DACUDO,de,1,0,A,,,,Orientalische Fruchtfliege,,\n",
	"foodex2@MTX-16.csv": "termCode;termExtendedName;deprecated;masterParentCode\nA0EZJ;Food;0;root\nA01BS;Mangoes;0;A0EZJ\nA00ZZ;Old;1;A0EZJ\n",
	"ucum.xml": `<?xml version="1.0" encoding="ascii"?><root version="2.2"><base-unit Code="m" CODE="M"><name>meter</name><printSymbol>m</printSymbol></base-unit>` +
		`<unit Code="[pH]" CODE="[PH]"><name>pH</name><property>acidity</property><value Unit="pH"><function name="pH"/></value></unit></root>`,
	"vn-reason@3.csv": "# title vi: lý do của Cục Bảo vệ thực vật\n# title en: reasons of PPD\n# licence: CC0-1.0\n" +
		"code,parent,en,vi,other,retired\na,,seal,niêm phong,khẳn chì; lead seal,\na1,a,seal broken,,,yes\n",
}

func TestRead(t *testing.T) {
	type entry = codes.Entry
	name := func(lang, text string) []codes.Name { return []codes.Name{{Lang: lang, Text: text}} }
	for file, want := range map[string]struct {
		system, version string
		entries         []entry
	}{
		"hs@2022.csv": {"hs", "2022", []entry{
			{Code: "01", Names: name("en", "Animals; live")},
			{Code: "0101", Parent: "01", Names: name("en", "Horses, asses; live")},
		}},
		"unece-rec20@17.csv": {"unece-rec20", "17", []entry{
			{Code: "05", Names: name("en", "lift"), Retired: true},
			{Code: "KGM", Names: name("en", "kilogram"), Other: []string{"kg"}},
			{Code: "59", Names: name("en", "part per million"), Other: []string{"ppm"}},
		}},
		"unlocode@2024-2.csv": {"unlocode", "2024-2", []entry{
			{Code: "VNHPH", Names: name("en", "Hải Phòng"), Other: []string{"Hai Phong"}},
		}},
		"unlocode.csv": {"unlocode", "", []entry{
			{Code: "CNYTN", Names: name("en", "Yantian"), Retired: true},
		}},
		"eppo@2026.txt": {"eppo", "2026", []entry{
			{
				Code:  "DACUDO",
				Names: []codes.Name{{Lang: "la", Text: "Bactrocera dorsalis"}, {Lang: "en", Text: "oriental fruit fly"}},
				Other: []string{"Dacus dorsalis"},
			},
		}},
		"foodex2@MTX-16.csv": {"foodex2", "MTX-16", []entry{
			{Code: "A0EZJ", Names: name("en", "Food")},
			{Code: "A01BS", Parent: "A0EZJ", Names: name("en", "Mangoes")},
			{Code: "A00ZZ", Parent: "A0EZJ", Names: name("en", "Old"), Retired: true},
		}},
		"ucum.xml": {"ucum", "2.2", []entry{
			{Code: "m", Names: name("en", "meter"), Other: []string{"m"}},
			{Code: "[pH]", Names: name("en", "pH")},
		}},
		"vn-reason@3.csv": {"vn-reason", "3", []entry{
			{Code: "a", Names: []codes.Name{{Lang: "en", Text: "seal"}, {Lang: "vi", Text: "niêm phong"}}, Other: []string{"khẳn chì", "lead seal"}},
			{Code: "a1", Parent: "a", Names: name("en", "seal broken"), Retired: true},
		}},
	} {
		t.Run(file, func(t *testing.T) {
			for layout, text := range map[string]string{"as published": good[file], "with a mark of UTF-8 and CRLF": "\ufeff" + strings.ReplaceAll(good[file], "\n", "\r\n")} {
				l, err := codes.Read(strings.NewReader(text), file)
				if err != nil {
					t.Fatalf("%s: %v", layout, err)
				}
				var got []entry
				for e := range l.All() {
					got = append(got, e)
				}
				if diff := cmp.Diff(want.entries, got); diff != "" || l.System != want.system || l.Version != want.version {
					t.Errorf("%s: %s version %s (-want +got):\n%s", layout, l.System, l.Version, diff)
				}
			}
		})
	}
}

func TestReadNamesEveryBadRow(t *testing.T) {
	hs := "hscode,description,parent\n"
	for _, tc := range []struct {
		name, file, text string
		want             []string // a problem each
	}{
		{"a name that says nothing", "my list.csv", "code\na\n", []string{"name the file after its list"}},
		{"nothing", "hs.csv", "", []string{"the file is empty"}},
		{"no rows", "hs.csv", hs, []string{"give at least one row"}},
		{"no layout", "hs.csv", "a,b\n1,2\n", []string{"line 1: name the columns"}},
		{"a column of nobody", "x.csv", "code,en,colour\na,b,c\n", []string{`line 1: take out the column "colour"`}},
		{"a column twice", "x.csv", "code,en,EN\na,b,c\n", []string{`line 1: give the column "en" once`}},
		{"rows of every kind", "hs.csv", hs + "01,live animals,TOTAL\n1,x,TOTAL\n02,,TOTAL\n03,fish\n04,milk\x01,TOTAL\n", []string{
			`line 3, code: correct "1": 2, 4 or 6 digits`, "line 4, description: give the description",
			"line 5: give it one value for each of the 3 columns, it has 2", "line 6, description: take out the control character U+0001",
		}},
		{"another encoding", "hs.csv", hs + "01,caf\xe9,TOTAL\n", []string{"line 2, description: save the file as UTF-8"}},
		{"a quote that is not closed", "hs.csv", hs + "01,\"live,TOTAL\n", []string{"mend the quotes"}},
		{"a quote inside", "hs.csv", hs + "01,li\"ve,TOTAL\n", []string{"line 2: mend the quotes"}},
		{"no code", "x.csv", "code,en\n,b\n", []string{"line 2, code: give the code"}},
		{"a long code", "x.csv", "code,en\n" + strings.Repeat("a", 101) + ",b\n", []string{"line 2, code: shorten"}},
		{"a long name", "x.csv", "code,en\na," + strings.Repeat("b", 1001) + "\n", []string{"line 2, en: shorten"}},
		{"a long other name", "x.csv", "code,other\na,b;" + strings.Repeat("b", 1001) + "\n", []string{"line 2: shorten"}},
		{"a code under two parents", "x.csv", "code,parent\na,\nb,\nb,a\n", []string{`line 4, code: give "b" once, line 3 has it`}},
		{"a parent of nobody", "x.csv", "code,parent\na,b\n", []string{"line 2, parent: give a code of this file"}},
		{"a status of nobody", "unece-rec20.csv", "Status,CommonCode,Name\nQ,KGM,kilogram\n", []string{"line 2, status: give X"}},
		{"other XML", "ucum.xml", "<html></html>", []string{"this is other XML"}},
		{"XML that ends", "ucum.xml", "<root><unit Code=\"m\"><name>meter", []string{"close the unit"}},
		{"a unit without a name", "ucum.xml", "<root><unit Code=\"m\"></unit></root>", []string{`give the name of "m"`}},
		{"XML that is none", "ucum.xml", "<root <", []string{"mend the XML"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, err := codes.Read(strings.NewReader(tc.text), tc.file)
			var bad *codes.FileError
			if !errors.As(err, &bad) || l != nil {
				t.Fatalf("Read = %v, %v; want a FileError", l, err)
			}
			if len(bad.Problems) != len(tc.want) {
				t.Fatalf("%d problems, want %d:\n%v", len(bad.Problems), len(tc.want), bad)
			}
			for i, want := range tc.want {
				if got := bad.Problems[i].String(); !strings.Contains(got, want) {
					t.Errorf("problem %d is %q, want %q", i, got, want)
				}
			}
		})
	}
}

func TestReadCountsWhatItDoesNotName(t *testing.T) {
	_, err := codes.Read(strings.NewReader("code,en\n"+strings.Repeat(",x\n", 250)), "x.csv")
	var bad *codes.FileError
	if !errors.As(err, &bad) || len(bad.Problems) != 100 || bad.More != 150 {
		t.Errorf("%v; want 100 problems and 150 more", err)
	}
	if !strings.HasSuffix(err.Error(), "x.csv: and 150 more") {
		t.Errorf("the error does not say how many more there are:\n%v", err)
	}
}

// endless is a file that does not end.
type endless struct{ row string }

func (e endless) Read(p []byte) (int, error) {
	n := 0
	for n+len(e.row) <= len(p) {
		n += copy(p[n:], e.row)
	}
	return n, nil
}

// TestReadIsBounded holds that no file takes more than its bound: neither a row
// nor a quote that goes on for ever.
func TestReadIsBounded(t *testing.T) {
	for name, start := range map[string]string{"a row": "code,en\na,", "a quote": "code,en\na,\"", "a comment": "# "} {
		t.Run(name, func(t *testing.T) {
			file := io.MultiReader(strings.NewReader(start), io.LimitReader(endless{"b b "}, 1<<20))
			if _, err := codes.Read(file, "x.csv"); err == nil {
				t.Error("it was read, want an error")
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	for file, text := range good {
		f.Add(file, []byte(text))
	}
	f.Add("x.csv", []byte("code\t\"en\"\na\t\"b\nc\"\n"))
	f.Add("x.csv", []byte("# open: yes\n# names: regions\n#\ncode\nVN\n"))
	f.Fuzz(func(t *testing.T, file string, text []byte) {
		l, err := codes.Read(strings.NewReader(string(text)), file)
		if err != nil {
			var bad *codes.FileError
			if !errors.As(err, &bad) || len(bad.Problems) == 0 {
				t.Fatalf("%v is no FileError with a problem", err)
			}
			return
		}
		if l.Len() == 0 {
			t.Fatal("a list without entries is good")
		}
		for e := range l.All() {
			if got, ok := l.Entry(e.Code); !ok || got.Code != e.Code {
				t.Fatalf("the entry of %q is %v", e.Code, got)
			}
			if found, _ := l.Search(codes.Query{Words: e.Code, Limit: 1}); len(found) == 0 {
				t.Fatalf("%q is not found by its code", e.Code)
			}
		}
	})
}
