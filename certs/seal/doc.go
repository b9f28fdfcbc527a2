// Package seal makes and checks the byte strings that prove what an office
// said: checkpoints, receipts, leaves and seals. It does no I/O, keeps no
// state and reads no clock; all functions are safe for concurrent use.
//
// # Strictness
//
// There is one way to write each format, and every parser here refuses all
// others: it decodes, encodes again and compares. Changing any single byte of
// a checkpoint, a receipt or a seal makes its check fail. Sizes above
// [MaxSize], too many signatures and over-long inputs are refused before any
// work is done on them, so that a hostile input costs bounded time.
//
// # Signed notes
//
// Checkpoints and receipts are C2SP signed notes (c2sp.org/signed-note): a
// text of lines, an empty line, and 1 to 16 signature lines
//
//	— <key name> <base64 of 4 bytes key ID and the signature>
//
// The key ID of an Ed25519 key is the first four bytes of
// SHA-256(key name || "\n" || 0x01 || 32-byte public key), and it signs the
// text. The key ID of an ECDSA P-256 key is the first four bytes of SHA-256 of
// its DER SubjectPublicKeyInfo (C2SP type 0x02), and it signs, in ASN.1 DER,
// SHA-256 of the text. The text includes its last newline but not the empty
// line. Lines by keys that the verifier does not know are allowed and ignored;
// a line by a key that it knows must verify.
//
// # Checkpoints
//
// A checkpoint (c2sp.org/tlog-checkpoint, without extension lines) is an
// office's signature under everything in its log below a size:
//
//	asean-cn/VN/1
//	3
//	nND/nri/U0xuHUrYSy0HtMeal2vzD9V4k/BO79C+QeI=
//
// These are the origin, the tree size and the RFC 6962 root. The key name is
// the origin. The identity of a checkpoint is its text: the same text signed
// twice, with other signature bytes, is the same checkpoint.
//
// # Receipts
//
// A receipt says that an office durably holds every leaf of a log below a size
// and every body below it that is addressed to that office, except those
// listed as missing; and, ahead of that size, the urgent entries listed:
//
//	sps-receipt/v1
//	asean-cn/VN/1
//	3
//	nND/nri/U0xuHUrYSy0HtMeal2vzD9V4k/BO79C+QeI=
//	1767225600
//	missing 1
//	ahead 7 rW9n+zdbA0ZxNPNWQXvQmAXB4T3kFK9y4EbqfyzXy3M=
//
// The lines are the format, the log, size, root, Unix seconds, then missing
// sequences below the size and then sequences with record hashes from it on,
// each ascending, together at most [MaxReceiptLines]. It is signed with
// Ed25519 under the key name <federation>/<office>/receipt.
//
// # Leaves and seals
//
// A leaf is the protobuf encoding of spsv1.Leaf, at most [MaxLeaf] bytes, in
// canonical form: fields in ascending order and of their own wire type, none
// that is not repeated written twice, varints of minimal length, values that
// fit their types, defaults left out. Unknown fields are allowed. Its record
// hash is SHA-256(0x00 || leaf). A seal is a leaf, an inclusion proof and a
// checkpoint; it proves one entry alone and off line.
package seal
