// Package intake is ImportService: a sheet that somebody uploads becomes things
// that the node keeps, by a job that can be watched.
//
// It knows nothing of what a sheet is about. Each [Kind] says how its sheets are
// read, what is wrong with a record, and how records are kept; the package has
// the file, the job, its progress, what was wrong row by row, and the mappings by
// which people's own columns are read.
//
// # Life of an import
//
//	CHECKING    the sheet is read, and every record checked; nothing is kept
//	CHECKED     what is wrong is listed; it waits for somebody who commits it
//	COMMITTING  the sheet is read again, and what is in order is kept
//	DONE        all of that is kept
//	FAILED      the sheet as a whole, the caller or the node stood against it
//	CANCELLED   somebody ended it
//
// A sheet is read twice rather than held: memory is that of a batch, whatever the
// sheet is.
//
// # What a power cut leaves
//
//  1. The file is durable (package blob) before the job that names it is.
//  2. The job is durable before the upload is answered.
//  3. Checking writes its progress after each batch. It begins again at a start,
//     since it keeps nothing.
//  4. Committing writes its progress in the transaction that keeps the batch. At a
//     start it goes on behind the last one: no record is kept or counted twice.
//
// # In whose name
//
// Checking is done in the name of who uploaded the sheet, committing in that of
// who committed it; the records of the audit log say so. Before each batch it is
// asked whether that person could still call: if the token was revoked, the
// account disabled, or the role or laboratory is another, the import fails where
// it is, and what is kept stays.
package intake
