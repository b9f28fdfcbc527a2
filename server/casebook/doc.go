// Package casebook keeps what the entries of all logs add up to: lists of
// statements, the statement behind a reference, and cases, each a notification
// with everything, from any office, that refers to it.
//
// A [Book] is a fold of the ledger, in the same store and the same
// transactions, and can be thrown away and made again. It holds positions,
// names and short summaries; bytes stay in the ledger.
//
// # Order of arrival
//
// Entries of different logs arrive in any order, and a follow-up may be here
// before its original. So the book never decides anything by what is there when
// an entry arrives. What refers to an original is filed under the original's
// place and record hash, whether that is here or not, and the two meet when
// somebody looks. Two nodes that hold the same entries see the same cases.
//
// # Finding
//
// A list is read from the summaries, newest first or by an index, and what does
// not match its [Query] is passed over; there is no index of words. A hundred
// thousand summaries are gone over in the time of a blink, in every script, and
// a summary costs one short row and no random writes. A [Page] bounds how many
// are looked at, so that what is rare makes short pages and not long waits.
// What is not addressed to this office has no summary, so that nothing that is
// asked can find it.
//
// # Recorded when
//
// The one thing that the ledger does not know is when this node recorded
// something, by its own clock. The book notes it, keeps it through a rebuild,
// and shows no time for what it has no note of.
package casebook
