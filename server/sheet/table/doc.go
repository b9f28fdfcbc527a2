// Package table reads tables that people upload, CSV and XLSX, row by row, with
// the values in their cells.
//
// It knows nothing of what a table is about. Whoever has a mapping from columns to
// fields opens a table, asks for its columns by name, and takes of each cell the
// value that the field wants:
//
//	t, err := table.Open(file, size, table.Options{Sheet: mapping.Sheet})
//	number, err := t.Column("Report no.")
//	taken, err := t.Column("Sampled on")
//	for row, err := range t.Rows() {
//		text, note, err := row.Cells[number.Index].AsText()
//		date, note, err := row.Cells[taken.Index].AsDate(table.Dates{Order: table.DayFirst})
//	}
//
// The rows are read as they are asked for, and the file twice at most, so a preview
// and a commit each open it anew and nothing is held between them. Memory is bounded
// whatever the file is: see [Limits].
//
// # Three kinds of answer
//
// A value that can be taken is taken. One that can be, but of which a person should
// know, as a year of the Buddhist era, comes with a [Note]. What cannot be taken
// without guessing is a [Problem], with its row, its column and what to do. Nothing
// is guessed: a day that could be a month, a point that could part thousands, a text
// that could be Thai or Chinese are problems until the mapping says which it is.
//
// Reasons and sentences are in the catalogue of sentences of server/access, which
// says them in the language of the caller.
//
// # What is refused, and why
//
//   - Formulas. What a file holds as the value of a formula is what some program
//     found when it last reckoned: it may be stale, of another workbook, or was
//     never reckoned at all. A finding is evidence, so its values are written out.
//     [Cell.Text] has the value held, to show it; the As methods refuse it.
//   - Errors (#N/A), cells below or beside the first of merged ones, and dates where
//     a code is wanted: a spreadsheet makes a day of the lot 3-4, and what was typed
//     is lost.
//   - Hidden rows, unless [Options] take them: who hid them would not expect them.
//   - Workbooks with macros, encrypted ones, old ones (.xls), and what is no table;
//     each is named as what it is.
//
// Zeros at the beginning of texts stay, as do those that a number shows by its
// format (00000). A number that is stored without them does not tell whether there
// were some: [Cell.AsText] says so in a note.
package table
