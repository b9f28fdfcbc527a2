package codes_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spsalert/spsalert/client/codes"
)

func TestSearch(t *testing.T) {
	for _, tc := range []struct{ name, system, words, under, want string }{
		{"a code", "hs", "080450", "", "080450"},
		{"a code with a dot", "hs", "0804.50", "", "080450"},
		{"the beginning of a code, the code itself first", "hs", "0904", "", "090411 090412 090422"},
		{"a word", "hs", "durians", "", "081060"},
		{"the beginning of a word", "hs", "duri", "", "081060"},
		{"not the end of a word", "hs", "urian", "", ""},
		{"Vietnamese without marks", "hs", "sau rieng", "", "081060"},
		{"Vietnamese with marks", "hs", "SẦU RIÊNG", "", "081060"},
		{"đ as d", "unece-rec20", "do c", "", "CEL"},
		{"Chinese inside a text", "hs", "榴莲", "", "081060"},
		{"full width", "hs", "０８１０６０", "", "081060"},
		{"Thai inside a text", "hs", "ทุเรียน", "", "081060"},
		{"words in any order", "hs", "frozen pork", "", "020329"},
		{"words in any order, turned", "hs", "pork frozen", "", "020329"},
		{"a name that is so before names that begin so", "rasff-hazard", "milk", "", "milk|milk ingredient"},
		{"another name", "area", "burma", "", "MM"},
		{"a symbol", "unece-rec20", "kg", "", "KGM"},
		{"a unit of a laboratory", "ucum", "mg/kg", "", "mg/kg"},
		{"a unit that is a sign", "ucum", "%", "", "%"},
		{"nothing of the kind", "hs", "xyzzy", "", ""},
		{"what stands under a code", "hs", "", "20", "200899"},
		{"words under a code", "hs", "pepper", "09", "090411 090412"},
		{"what stands under a code of another list", "rasff-hazard", "dd", "pesticide residues", "DDT"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			found, more := list(t, tc.system).Search(codes.Query{Words: tc.words, Under: tc.under, Limit: 100})
			var got []string
			for _, e := range found {
				got = append(got, e.Code)
			}
			want := strings.Fields(tc.want)
			if strings.Contains(tc.want, "|") {
				want = strings.Split(tc.want, "|")
			}
			if diff := cmp.Diff(strings.Join(want, "|"), strings.Join(got, "|")); diff != "" || more {
				t.Errorf("Search, more %t (-want +got):\n%s", more, diff)
			}
		})
	}
}

// TestSearchInPages holds that pages of every size are the whole, each entry
// once.
func TestSearchInPages(t *testing.T) {
	for _, words := range []string{"", "a", "08", "fresh"} {
		whole, more := list(t, "hs").Search(codes.Query{Words: words, Limit: 1000})
		if more {
			t.Fatalf("%q: more than 1,000", words)
		}
		for _, size := range []int{1, 7, 50} {
			var got []codes.Entry
			for more := true; more; {
				var page []codes.Entry
				page, more = list(t, "hs").Search(codes.Query{Words: words, Offset: len(got), Limit: size})
				if got = append(got, page...); more && len(page) != size {
					t.Fatalf("%q: a page of %d and more after it, want %d", words, len(page), size)
				}
			}
			if diff := cmp.Diff(whole, got); diff != "" {
				t.Errorf("%q in pages of %d (-whole +pages):\n%s", words, size, diff)
			}
		}
	}
}

// codeAt returns the code of an entry of a large list.
func codeAt(i int) string { return fmt.Sprintf("%c%c%05d", 'A'+i%26, 'A'+i/26%26, i) }

// large returns a list of n entries as ports and pests have them.
func large(tb testing.TB, n int) *codes.List {
	tb.Helper()
	var b strings.Builder
	b.WriteString("code,en,vi\n")
	for i := range n {
		fmt.Fprintf(&b, "%s,port of New Haven number %d,cảng Tân Cảng số %d\n", codeAt(i), i, i)
	}
	l, err := codes.Read(strings.NewReader(b.String()), "places@1.csv")
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

func TestSearchInALargeList(t *testing.T) {
	l := large(t, 20_000)
	for words, want := range map[string]int{"tan cang 19999": 1, "tan cang 1999": 11, "ab": 30, "AA": 30, "aa00000": 1, "nothing of it": 0} {
		if found, more := l.Search(codes.Query{Words: words, Limit: 1000}); len(found) != want || more {
			t.Errorf("%q: %d found, more %t; want %d", words, len(found), more, want)
		}
	}
	if found, more := l.Search(codes.Query{Words: "new haven", Offset: 19_990, Limit: 9}); len(found) != 9 || !more || found[8].Code != codeAt(19_998) {
		t.Errorf("the last but one page has %d, more %t: %v", len(found), more, found)
	}
}

// TestTheBestOfManyComesFirst looks for a word that more entries have than are
// ranked at once.
func TestTheBestOfManyComesFirst(t *testing.T) {
	var b strings.Builder
	b.WriteString("code,en\n")
	for i := range 3000 {
		fmt.Fprintf(&b, "P%04d,old port %d\n", i, i)
	}
	b.WriteString("P9000,port of call\nP9001,Port\nQ1,port of rest\nportal,way in\nPORT,port too\n")
	l, err := codes.Read(strings.NewReader(b.String()), "places@1.csv")
	if err != nil {
		t.Fatal(err)
	}
	for words, want := range map[string]string{
		"port":      "PORT portal P9001 P9000 Q1 P0000",
		"old port":  "P0000 P0001 P0002 P0003 P0004 P0005",
		"port old":  "P0000 P0001 P0002 P0003 P0004 P0005",
		"p":         "P0000 P0001 P0002 P0003 P0004 P0005",
		"call port": "P9000",
	} {
		var got []string
		found, _ := l.Search(codes.Query{Words: words, Limit: 6})
		for _, e := range found {
			got = append(got, e.Code)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q finds %v first, want %s", words, got, want)
		}
	}
}

// BenchmarkSearch says what a search of 100,000 entries takes of the processor,
// which others on the machine do not change as they do the time on the wall; the
// goal is 20 ms.
func BenchmarkSearch(b *testing.B) {
	l := large(b, 100_000)
	for _, words := range []string{"", "AB00", "tan cang 99999", "port", "haven", "new haven", "nothing of it"} {
		b.Run(words, func(b *testing.B) {
			begun := processor(b)
			for b.Loop() {
				l.Search(codes.Query{Words: words, Limit: 50})
			}
			b.ReportMetric(float64((processor(b)-begun).Microseconds())/1000/float64(b.N), "cpu-ms/op")
		})
	}
}

// processor returns the time for which the process has been computing.
func processor(tb testing.TB) time.Duration {
	tb.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
