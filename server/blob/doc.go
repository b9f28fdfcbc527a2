// Package blob keeps attachments as files, each under the SHA-256 of its bytes.
//
// # Folder
//
//	blobs/ab/abcd…    a whole file, named by the 64 hexadecimal digits of its digest
//	blobs/upload/…    one that is being uploaded; of no use after a restart
//	blobs/partial/…   one that is being fetched from a peer, under its digest; its
//	                  length is the offset from which to go on
//	blobs/damaged/…   one whose bytes were found not to be those of its name
//
// A whole file is written under another name, synced, renamed, and its folder
// synced; only then is it held. So whatever is held is whole and durable, and an
// entry that names it can be made. A power cut leaves behind a file in upload,
// which the next [Open] removes, or one in partial, from whose length on it is
// fetched; the digest is compared over the whole file at the end, so that a
// length that the disk did not keep does no harm.
//
// # Room
//
// Before a byte is written its room is set aside: below the quota, and on the
// disk with a rest that is left to the ledger. [ErrFull] means that nothing was
// begun. What is fetched may take three quarters of the quota.
//
// # Garbage
//
// [Store.Sweep] removes what was put here and never named by a statement. Who
// makes an entry pins the files that it names until the entry is durable, so
// none can be removed between the two.
package blob
