// Package form reads sheets whose columns have names: those of a [Form], which is
// what one kind of sheet has, or names of somebody's own, by a [Mapping].
//
// Whoever has a kind of sheet describes its columns once, in files: what each
// holds, what it means in every language, and the words that may stand in it. From
// that come the template for people to fill in, the check of mappings, and the
// reader, which finds the columns in the header and gives each row's cells by the
// names of the form. What the cells mean beyond that is of the owner of the form.
//
//	f, err := form.Parse("findings", columns, meanings, words)
//	m, err := f.ParseMapping(text)
//	r, err := f.Open(file, size, m)
//	for row, err := range r.Rows() {
//		cell, letter, ok := r.Cell(row, f.Column("reportId"))
//	}
package form
