package ssd2_test

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/spsalert/spsalert/server/finding/ssd2"
)

// manyRows calls row with the header of a sheet, and with two rows for each of as many
// reports, of forty columns.
func manyRows(reports int, row func(cells ...any)) {
	row("reportId", "reportDate", "reportStage", "sampId", "sampRole", "sampDate", "sampCountry", "sampLocode", "sampMatCode", "sampMatText", "prodCat",
		"hsCode", "origCountry", "lotId", "lotSize", "lotSizeUnit", "prodDate", "siteCode", "siteKind", "paramCode", "paramText", "paramCas",
		"anMethText", "analysisDate", "labId", "accredProc", "resType", "resVal", "resUnit", "resLOD", "resLOQ", "resValUncert", "uncertFactor",
		"exprResType", "evalLowLimit", "evalLimitType", "evalLimitRef", "evalLimitCountry", "evalCode", "resText")
	for i := range reports * 2 {
		number := fmt.Sprintf("L-2026-%06d", i/2)
		row(number, "05/03/2569", "final", "S-"+number, "official", "01/03/2569", "VN", "VNHPH", "A01LQ", "Sầu riêng đông lạnh", "fruits and vegetables",
			"081060", "VN", fmt.Sprintf("%05d", i/2), 1200, "kg", "20/02/2569", "VN-TG-0123", "growing area", "RF-0061-001-PPP", "carbendazim", "10605-21-7",
			"QuEChERS and LC-MS/MS", "04/03/2569", "hanoi-lab", "V001A", "VAL", "0.4"+fmt.Sprint(i%900), "ppm", 0.003, 0.01, 0.05, 2,
			"B001A", 0.1, "W002A", "GB 2763-2021", "CN", "J003A", "confirmed")
	}
}

// peak reads all findings, and returns how many there were, and the most of the heap
// that was in use above what was before, with the rubbish or without.
func peak(t testing.TB, file []byte, m *ssd2.Mapping, rubbish bool) (findings int, most uint64) {
	t.Helper()
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r, err := ssd2.Open(bytes.NewReader(file), int64(len(file)), m)
	must(t, err)
	for s, err := range r.Findings() {
		must(t, err)
		if len(s.Problems) > 0 {
			t.Fatalf("problems %v, want none", s.Problems)
		}
		if findings++; findings%100 == 0 {
			if !rubbish {
				runtime.GC()
			}
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc-min(now.HeapAlloc, before.HeapAlloc))
		}
	}
	return findings, most
}

// BenchmarkFindings reads 5,000 findings of two results each, from 10,000 rows of forty
// columns.
func BenchmarkFindings(b *testing.B) {
	const reports = 5_000
	f := excelize.NewFile()
	defer f.Close()
	w, err := f.NewStreamWriter("Sheet1")
	must(b, err)
	rows := 0
	manyRows(reports, func(cells ...any) {
		rows++
		must(b, w.SetRow(fmt.Sprintf("A%d", rows), cells))
	})
	must(b, w.Flush())
	var buffer bytes.Buffer
	must(b, f.Write(&buffer))
	file := buffer.Bytes()
	m := mapping(b, "dates: day-first\n")
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		got, most := peak(b, file, m, true)
		if got != reports {
			b.Fatalf("%d findings, want %d", got, reports)
		}
		b.ReportMetric(float64(most)/(1<<20), "peak-MB")
		b.ReportMetric(float64(len(file))/(1<<20), "file-MB")
	}
}

// TestMemoryIsBounded reads a sheet of CSV, and one three times as long, and holds both
// to the memory of a few findings.
func TestMemoryIsBounded(t *testing.T) {
	m := mapping(t, "dates: day-first\n")
	for _, reports := range []int{100, 300} {
		var file bytes.Buffer
		manyRows(reports, func(cells ...any) {
			for i, c := range cells {
				cells[i] = fmt.Sprint(c)
			}
			fmt.Fprintf(&file, strings.Repeat("%s,", len(cells)-1)+"%s\n", cells...)
		})
		const limit = 2 << 20
		got, most := peak(t, file.Bytes(), m, false)
		if got != reports || most > limit {
			t.Errorf("%d of %d findings with %d bytes, want at most %d bytes", got, reports, most, limit)
		}
		t.Logf("%d findings with %d bytes", reports, most)
	}
}

// gauge measures what of the heap is in use whenever a sheet is read from.
type gauge struct {
	*bytes.Reader
	before, most uint64
}

func (g *gauge) ReadAt(p []byte, off int64) (int, error) {
	var now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&now)
	g.most = max(g.most, now.HeapAlloc-min(now.HeapAlloc, g.before))
	return g.Reader.ReadAt(p, off)
}

// TestOneTableIsHeldAtATime reads a workbook whose shared texts take some megabytes,
// and never holds them twice, though it is read twice.
func TestOneTableIsHeldAtATime(t *testing.T) {
	const texts, length = 150, 30_000
	file := workbook(t, func(f *excelize.File) {
		put(t, f, 1, "reportId", "reportStage", "sampId", "sampMatText", "paramText", "resVal", "resUnit", "resText")
		for i := range texts {
			put(t, f, i+2, fmt.Sprint("L-", i), "final", "S-1", "durian", "lead", 1, "mg/kg", strings.Repeat(fmt.Sprint(i, " "), length)[:length])
		}
	})
	g := &gauge{Reader: bytes.NewReader(file)}
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	g.before = before.HeapAlloc
	r, err := ssd2.Open(g, int64(len(file)), ssd2.Default())
	must(t, err)
	n := 0
	for _, err := range r.Findings() {
		must(t, err)
		n++
	}
	t.Logf("%d findings with %d bytes, of texts %d", n, g.most, texts*length)
	if n != texts || g.most < texts*length || g.most > texts*length*3/2 {
		t.Errorf("%d findings with %d bytes at most, want %d with their texts of %d bytes held once", n, g.most, texts, texts*length)
	}
}
