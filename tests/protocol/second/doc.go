// Package second is a second reader of what offices exchange: a small verifier
// written from docs/protocol.md alone, on the standard library alone. It shares
// no code with the product, so that what both read alike is what the document
// says. Nothing but tests uses it; who writes a node in another language can
// read it beside the document.
//
// It checks everything that can be seen from the bytes, and the keys on a card.
// It does not check the other field rules of a card, nor its certificates.
package second
