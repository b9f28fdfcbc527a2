// Package ledger keeps the logs that a node holds: its own, to which it
// appends, and those of its peers, which it records; and the receipts that
// offices gave for them. It is the truth of a node. Everything else, the
// casebook above all, is a fold of it.
//
// # Order of things
//
// An entry of the own log becomes durable together with everything that
// belongs to it, in one transaction that the store shares among all callers
// that wait. After that one checkpoint is signed for all of them, and only then
// are they released: returned by [Ledger.Append], shown by [Ledger.After], sent
// by [Ledger.Page]. So nothing is signed that is not durable, and nothing is
// shown that is not under a checkpoint. A checkpoint's text follows from the
// leaves; it is stored with the next transaction, and signed again after a
// crash.
//
// An entry of another log is stored only after it was proved to be under that
// office's checkpoint. Whoever sent what does not prove itself is at fault, and
// nothing of it is stored. What proves itself and breaks a rule is stored and
// marked ([Entry.Fault]): its issuer is at fault, and every node sees that in
// the same way.
//
// # Positions
//
// Everything recorded here, entries and receipts, has a [Position]: a number
// from 1 without a gap, in the order in which it was recorded. The reader owns
// its position; the ledger is the queue. A wake-up ([Ledger.Changed]) carries
// no data.
//
// # The gate
//
// The anchor is a small file outside the store that says what was released
// last. [Open] compares the two. If the store is behind the anchor, or not the
// same, or the anchor is not there, then the store may be yesterday's: issuing
// from it could sign a second, different entry in the place of one that peers
// hold. The ledger is then read-only ([Ledger.Why]): it records, serves and
// gives receipts, and does not append. So it is when a peer shows a checkpoint
// of the own log beyond it, and when the store was marked as restored
// ([MarkRestored]); both over a restart.
//
// A gate that is shut opens by itself when every peer whose card or receipt is
// held has answered, and everything that they hold has come back
// ([Ledger.Refill]). If one stays silent, [NewEpoch] goes on in a new log.
//
// # Damage
//
// What the disk gives back otherwise than it was signed is found before it is
// signed over, sent or shown, and had again: from the leaves, or from whoever
// holds it under the same digest. A body that is damaged is missing until it has
// come; a log with a damaged leaf is wanted from there again
// ([Ledger.DamagedFrom]).
//
// # Tables
//
// A row of the table of leaves also holds the tree hashes that its leaf
// completes, in the manner of package tlog; the hash of the leaf itself is
// computed. A body lies in the table of envelopes under the entry that brought
// it, in chunks that pack well, and a readdress whose subject's body is held
// here has none of its own.
package ledger
