// Package exchange keeps the sessions of a node with its peers: it serves the
// logs that the ledger holds to those who want them, records what comes, and
// passes receipts both ways.
//
// # A session
//
// A session is one stream of frames between two nodes and is the same whoever
// dialled. Each side says Hello, which is judged against the certificate; then
// each tells its own head and the other's own head as it knows it, and wants
// the other's log from the size that it holds:
//
//	VN                                   CN
//	Hello            ──────────▶
//	                 ◀──────────         Hello
//	Want CN/1 from 7 ──────────▶
//	                 ◀──────────         Head CN/1, 9 entries
//	                 ◀──────────         Entries CN/1 from 7, 2 leaves, to 9
//	   recorded, durable
//	Credit           ──────────▶
//	Receipt CN/1, 9  ──────────▶
//
// The reader owns its cursor: nothing is kept for a peer that is away, and one
// that comes back after three weeks is served by the same loop as the newest
// entry. Nothing is recorded before the ledger has proved it, and nothing is
// receipted before it is durable.
//
// # Flow
//
// The bytes that are on their way to a peer without its Credit are bounded by a
// window of 16 KiB to 16 MiB that follows what the line carries; a frame of
// entries fills at most half of it, and 1 MiB. A single entry may be larger
// than that: it goes in parts, so that Credit, receipts and urgent entries come
// between them. To a peer that does not know parts it goes in one frame when
// nothing is out.
// The receiver counts a frame as taken when it is recorded, so a slow disk
// slows the sender, and at most 16 MiB of one peer ever wait in memory. It
// sends Credit for every 16 KiB that it has taken, and whenever nothing is left
// to take.
//
// An urgent entry that lies behind the next frame of its log goes ahead of it,
// with proofs of its own, before everything that is not yet handed to the
// stream. The receiver keeps it apart until its turn comes, and lists it in its
// receipts as ahead.
//
// A side that has nothing to send repeats its Credit after 15 s. A peer is dead
// after 60 s without new Credit while bytes are out. Credit that repeats what
// was said before is a sign of life only when nothing is out: a peer that takes
// a byte a second is cut off like one that takes none.
//
// # Own entries
//
// A node whose own log is not whole, since its store was restored, wants it back
// from every peer that says it holds more, and from those that may hold bodies
// that are missing. A peer that goes on in a new epoch is followed by the card
// that is the first entry of its new log.
//
// A node whose store is full keeps its sessions: it passes over the entries
// that it cannot take and wants them again every 5 s.
//
// # Bodies
//
// An envelope that did not come with its leaf, and the files that statements
// name, are asked for one at a time in each session, and come in chunks that go
// only when no entry is waiting and the window has room. A file is put together
// on the disk, and gone on with from its length after a cut or a restart, from
// whichever peer may read the entry. Its digest is compared at the end; a peer
// that sent other bytes is not asked for it again for an hour, and the session
// goes on, since statements are more urgent than files.
//
// # Faults
//
// A peer that breaks the protocol, or sends what does not prove itself, is told
// so by a Bye and dialled again later; nothing of it was stored and nobody else
// notices. Frames of kinds that this version does not know or does not use yet
// (Parcel) are passed over, and credited. Alarms are kept apart from errors, see
// [Status].
//
// Two trees of one log that cannot both be are proved to every peer by a
// Misbehaviour frame, once in each session.
package exchange
