// Package trader is ExporterService and ConsignmentService: the operators whom
// an office serves, what each is told of a case, and what it answers. Nothing in
// it leaves the office.
//
// # From a case to an exporter
//
// [Service.Follow] reads the ledger behind its own position, which is kept, and
// compares the codes, names and tax numbers of each case of this office with the
// register. What it finds is a pure function of case and register. A code with its
// kind and who gave it leads to a notice, if it was registered on the day of the
// case; a code of which less is said, a name or a tax number only proposes one, and an
// officer says yes.
// A notice has its case and its exporter for a key, so that what is read twice
// makes no second one.
//
// # What is shown
//
// An exporter is shown its own goods, and of a notification only the fields that
// a table names, see allowed.go: a field that is not there is not shown, and a
// test fails until somebody has decided about it. What is marked as for offices
// is left out, and so is every text that names another operator, its code or its
// lot. What was told is kept as it was told: it is truth, and no ledger can
// make it again.
//
// # Others
//
// There is no sending here. A system of the office that brings word to the channels
// of exporters watches what is to be sent, see [Service.WatchOutreach], and records
// what it sent.
package trader
