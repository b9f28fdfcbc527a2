// Package sheet writes tables as CSV and as XLSX, row by row.
//
// A table has a line of column names and then its rows. A cell is a string, a
// time, a whole number, or nil for one that is empty. What was text stays text:
// neither form lets a spreadsheet run it, nor take the zeros off its beginning
// where the spreadsheet is told of it.
package sheet

import "time"

// Writer writes one table. Its methods are for one goroutine.
type Writer interface {
	// Row writes a row: as many cells as there are columns, each a string, a
	// [time.Time], an int64, a uint64 or nil.
	Row(cells ...any) error
	// Close completes the table. Without it what was written is no whole table.
	// It does not close what the table is written to.
	Close() error
}

// timeLayout is how a time is written in text: RFC 3339, UTC, whole seconds.
const timeLayout = time.RFC3339
