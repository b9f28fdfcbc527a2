// Package finding is FindingService: what laboratories report to their own
// office, and what becomes of it. Nothing in it leaves the office.
//
// Whoever reads findings from elsewhere, such as from a sheet, makes a
// spsv1.LabFinding of each report and has it looked at by [Complete] and [Check]:
// Complete gives the local ids that were left out and drops what only the node
// says, and Check returns every problem at once, with the path of its field
// within the finding (`sample.results[0].value`), a reason code, and a sentence
// that server/access/sentences has in every language. Both are pure. What needs
// the findings that are here already, such as a report number that was used, is
// found by [Bulk], which keeps the good ones of a sheet and says of each what
// became of it, or keeps none and says the same.
//
// A laboratory numbers its reports. The number is what makes it safe to post the
// same again, and what a later report, or a withdrawal, names. What was posted
// is never changed; whether it stands is written beside it, in the transaction
// of the report that ended it.
package finding
