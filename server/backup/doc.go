// Package backup makes, checks and unpacks backups of a node, and makes them on
// time.
//
// A backup is one file: a tar archive, inside an age file (age-encryption.org/v1)
// if it is encrypted. `age -d` and `tar -x` unpack one where this program is not
// at hand. It has these entries, regular files all, in this order:
//
//	manifest.json         what it is a backup of, and the other files with size and digest
//	ledger.db             the store as one transaction saw it
//	cards/VN.card         the office's own card, and those that it had accepted
//	blobs/ab/ab….         each attachment, by its SHA-256, in ascending order
//	end.json              how many attachments there are, how many more the store names, and
//	                      which are left out as damaged: whoever reads it has read all
//
// Each file is in the manifest or, an attachment, named by its digest, so that a
// change by accident is found by whoever reads it. Who can write the file can
// make another, of course; what the office and its peers have signed cannot be
// made, and everything is verified before a backup is used.
//
// Neither the anchor nor a private key is ever part of a backup. The anchor is
// what tells the newest ledger from a restored one; keys are in the safe.
//
// A file appears under its name whole and durable, or not at all: a crash leaves
// at most a file that ends in ".new", which the next backup of that name
// replaces.
package backup
