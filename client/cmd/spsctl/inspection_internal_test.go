package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func TestReadInspections(t *testing.T) {
	got, err := readInspections(strings.NewReader("\ufeffweek,origin,hs_chapter,consignments\r\n2026-W10, TH ,8,120\r\n2026-W11,LA,07,0\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []*spsv1.Inspection{
		{Week: "2026-W10", Origin: "TH", HsChapter: "08", Consignments: 120}, {Week: "2026-W11", Origin: "LA", HsChapter: "07"},
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
	for name, test := range map[string]struct{ file, want string }{
		"nothing":         {"", "empty"},
		"another column":  {"week,origin,consignments,inspector\n", `no column "inspector"`},
		"a column less":   {"week,origin\n", "consignments"},
		"every bad line":  {"week,origin,consignments\n2026-W10,TH,-1\n2026-W10,TH,1.5\n", "line 3"},
		"a value too few": {"week,origin,consignments\n2026-W10,TH\n", "line 2"},
	} {
		if _, err := readInspections(strings.NewReader(test.file)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q in it", name, err, test.want)
		}
	}
}

func FuzzReadInspections(f *testing.F) {
	f.Add("week,origin,hs_chapter,consignments\n2026-W10,TH,8,120\n")
	f.Add("\ufeffweek,origin,consignments\n\"a\n")
	f.Fuzz(func(t *testing.T, file string) {
		all, err := readInspections(strings.NewReader(file))
		if err == nil && len(all) > strings.Count(file, "\n")+1 {
			t.Errorf("%d numbers of %q", len(all), file)
		}
	})
}
