// Package evidence makes and checks evidence bundles: one file that proves to
// anyone, off line, what an office stated, when it says that it did, and which
// offices had it.
//
// A bundle holds a statement with its proof, the receipts that offices gave for
// it, what was said in its case since, and the cards of all who signed. It is
// verified with the keys on the cards and with nothing else: no certificate, no
// clock, no node. So it stays good when certificates expire and keys rotate.
//
// # Form
//
// A bundle is a text of lines, each ended by a line feed. It begins with words
// for whoever opens the file, which are part of the form, and with facts, which
// are those of the parts below. Then come the parts, each under a heading, in
// this order, and nothing else:
//
//	== statement asean-cn/VN/1 42      leaf in base64; its proof; its envelope
//	-- proof
//	-- envelope
//	== receipt CN                      a note, for the entry above; its proof
//	-- proof
//	== readdress asean-cn/VN/1 57      leaf; its proof; receipts follow
//	-- proof
//	== in-case asean-cn/CN/1 3         leaf; its proof; its envelope
//	-- proof
//	-- envelope
//	== checkpoint asean-cn/CN/1        a note
//	== card CN 2                       signed card in base64
//	== end
//
// docs/protocol.md has every rule. There is one way to write a bundle: [Parse]
// reads it, writes it again and compares. Every part MUST be used by the
// verification: one that proves nothing is an error, not a decoration, so that
// changing any byte of a bundle makes it fail.
//
// # Trust
//
// [Bundle.Verify] either believes the cards in the bundle, and then the reader
// compares their fingerprints by telephone; or it is given cards that the
// reader has accepted before, and then every card in the bundle must follow
// from one of those, or be older than it.
package evidence
