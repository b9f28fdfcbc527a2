// Package ssd2 reads sheets of laboratories, CSV and XLSX, as findings.
//
// The columns have the names of the elements of SSD2, the Standard Sample
// Description of EFSA (EFSA Journal 2013;11(10):3424), and names in the same manner
// where SSD2 has none; docs/reference/sheet-of-findings.md has them all. A sheet with
// other names is read by a [Mapping]. Whoever has none takes a [Template].
//
//	r, err := ssd2.Open(file, size, mapping)
//	for s, err := range r.Findings() {
//		...
//		for _, v := range finding.Check(finding.Complete(s.Finding, laboratory), today) {
//			p, follows := s.Problem(v.Field, v.Reason, v.Sentence)
//		}
//	}
//
// One row is one result. The rows of one report number stand together and make one
// finding; what they say of the report, the product and the sample stands in one of
// them at least, and is the same in all that say it. A number that comes again further
// below is a problem of all its rows, since a finding is posted whole or not at all.
// To know it before the first finding is returned the table is read twice, and of the
// first time only a few bytes a report are kept.
//
// Nothing is guessed. What is not understood is a [table.Problem], which names the row,
// the column by letter and heading, and what to do; what is taken though a person
// should look at it is a [table.Note]. A code is kept as it is written: one that its
// list does not have is noted, not refused. Reasons and sentences are in the catalogue
// of server/access.
package ssd2
