package ssd2_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spsalert/spsalert/server/finding/ssd2"
)

// TestEveryKindOfErrorIsToldByRowAndColumn sends one sheet in which nearly every row is
// wrong in its own way, and wants each error where it is, and no other.
func TestEveryKindOfErrorIsToldByRowAndColumn(t *testing.T) {
	header := "reportId,reportDate,reportStage,sampId,sampDate,sampMatText,hsCode,origCountry,lotSize,lotSizeUnit,paramText,paramCas," +
		"resVal,resUnit,resQualValue,resType,resLOD,resLOQ,resValUncert,evalLowLimit,evalHighLimit,evalLimitComp,evalLimitRef,evalCode,planN,planC"
	width := strings.Count(header, ",")
	row := func(values ...string) string {
		return strings.Join(values, ",") + strings.Repeat(",", width-strings.Count(strings.Join(values, ","), ","))
	}
	file := text(t, header,
		row("L-1", "2026-03-05", "final", "S-1", "2026-03-01", "durian", "081060", "VN", "", "", "carbendazim", "10605-21-7", "0.31", "mg/kg"), // nothing
		row("L-2", "2026-03-05", "final", "S-2", "01/02/2026", "durian", "", "", "", "", "lead", "", "1.234", "mg/kg"),
		row("L-3", "2026-03-05", "done", "S-3", "2026-02-30", "durian", "", "Utopia", "", "", "lead", "", "about 3", "mg/kg"),
		row("L-4", "2026-03-05", "final", "S-4", "1/2/26", "durian", "", "", "5", "heaps", "lead", "", "#N/A", "mg/kg"),
		row("L-5", "2026-03-05", "final", "S-5", "", "durian", "", "", "", "", "lead", "", "0.3", "ppt"),
		row("L-6", "2026-03-05", "final", "S-6", "", "durian", "", "", "", "", "lead", "", "0.3", "thing/kg"),
		row("L-7", "2026-03-05", "final", "S-7", "", "durian", "", "", "", "", "lead", "", "<LOQ", "mg/kg"),
		row("L-8", "2026-03-05", "final", "S-8", "", "durian", "", "", "", "", "lead", "", "LOQ", "mg/kg"),
		row("L-9", "2026-03-05", "final", "S-9", "", "durian", "", "", "", "", "lead", "", "ND", "", "detected"),
		row("L-10", "2026-03-05", "final", "S-10", "", "durian", "", "", "", "", "lead", "", "", "mg/kg", "", "VAL"),
		row("L-11", "2026-03-05", "final", "S-11", "", "durian", "", "", "", "", "lead", "", "0.3", "mg/kg", "", "", "<0.1", "LOQ"),
		row("L-12", "2026-03-05", "final", "S-12", "", "durian", "", "", "", "", "lead", "", "0.3", "mg/kg", "", "", "", "", "", "0.1", "0.5", "<", "x", ""),
		row("L-13", "2026-03-05", "final", "S-13", "", "durian", "", "", "", "", "lead", "", "0.3", "mg/kg", "", "", "", "", "", "", "", "", "", "", "2.5", "1"),
		row("L-14", "2026-03-05", "final", "S-14", "", "durian", "", "", "", "", "lead", "", "=1+1", "mg/kg"),
		// What the law of findings says, each at its cell.
		row("L-15", "2026-03-05", "final", "", "", "durian", "", "", "", "", "lead", "", "0.3", "mg/kg"),
		row("L-16", "2026-03-05", "final", "S-16", "", "durian", "", "", "", "", "lead", "", "0.3", ""),
		row("L-17", "2026-03-05", "final", "S-17", "", "durian", "", "", "", "", "lead", "", "0.3", "mg/kg", "", "", "", "", "", "0.1"),
		row("L-18", "2026-04-05", "final", "S-18", "", "", "", "", "", "", "lead", "", "0.3", "mg/kg"),
		row("L-19", "2026-03-05", "final", "S-19", "2026-03-07", "durian", "", "", "", "", "", "", "0.3", "mg/kg"),
		row("L-20", "2026-03-05", "final", "S-20", "", "durian", "", "", "", "", "lead", "", "", "mg/kg"),
		row("L-21", "2026-03-05", "final", "S-21", "", "durian", "", "", "", "", "lead", "", "0.3", "mg/kg", "", "", "0.2", "0.1"),
		row("L-22", "2026-03-05", "final", "S-22", "", "durian", "", "", "", "", "lead", "", "0.3", "mg/kg", "", "", "", "", "", "", "", "", "", "", "2", "3"),
		// Rows of one report that do not fit each other, and rows that belong to none.
		row("L-23", "2026-03-05", "final", "S-23", "", "durian", "", "", "", "", "lead", "", "0.3", "mg/kg"),
		row("L-23", "2026-03-06", "final", "S-24", "", "durian", "", "", "", "", "zinc", "", "0.3", "mg/kg"),
		row("", "2026-03-05", "final", "S-25", "", "durian", "", "", "", "", "lead", "", "x", "mg/kg"),
		row("L-26", "2026-03-05", "final", "S-26", "", "durian", "", "", "", "", "lead", "", "0.3", "mg/kg"),
		"L-26,too,short",
		row("L-26", "2026-03-05", "final", "S-26", "", "durian", "", "", "", "", "zinc", "", "0.3", "mg/kg"),
		row("L-1", "2026-03-05", "final", "S-1", "", "durian", "", "", "", "", "zinc", "", "0.3", "mg/kg"),
	)
	want := []string{
		"2 A reportId REPORT_APART",
		"3 E sampDate DATE_AMBIGUOUS", "3 M resVal NUMBER_MARK",
		"4 C reportStage WORD", "4 E sampDate DATE", "4 H origCountry AREA", "4 M resVal NUMBER",
		"5 E sampDate DATE_YEAR", "5 J lotSizeUnit UNIT", "5 M resVal CELL_ERROR",
		"6 N resUnit UNIT_AMBIGUOUS",
		"7 N resUnit UNIT",
		"8 M resVal RESULT_LIMIT",
		"9 M resVal RESULT_WORD",
		"10 O resQualValue RESULT_DIFFERS",
		"11 P resType RESULT_DIFFERS",
		"12 Q resLOD NUMBER_ALONE", "12 R resLOQ NUMBER_ALONE",
		"13 V evalLimitComp LIMIT_RANGE",
		"14 Y planN NUMBER_WHOLE",
		"15 M resVal CELL_FORMULA",
		"16 D sampId SAMPLE_NUMBER",
		"17 N resUnit UNIT_UCUM",
		"18 W evalLimitRef LIMIT_CITATION",
		"19 B reportDate DATE_FUTURE", "19 F sampMatText PRODUCT_REQUIRED",
		"20 K paramText REQUIRED", "20 B reportDate DATE_ORDER",
		"21 M resVal LAB_RESULT_EMPTY",
		"22 Q resLOD LIMITS_OF_METHOD",
		"23 Y planN SAMPLING_PLAN_C_ABOVE_N",
		"26 M resVal NUMBER", "26 A reportId REPORT_NUMBER",
		"25 B reportDate ROW_DIFFERS", "25 D sampId ROW_DIFFERS", "25 A reportId REPORT_ROW_LOST",
		"28   ROW_WIDTH",
		"27 A reportId REPORT_ROW_LOST", "29 A reportId REPORT_ROW_LOST",
		"30 A reportId REPORT_APART",
	}
	got := told(t, read(t, file, ssd2.Default()))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	kinds := map[string]bool{}
	for _, line := range got {
		kinds[line[strings.LastIndex(line, " "):]] = true
	}
	if len(kinds) < 20 {
		t.Errorf("%d kinds of error, want at least 20", len(kinds))
	}
}
