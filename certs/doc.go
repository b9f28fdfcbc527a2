// Package certs says who is who among the offices of a federation: it parses
// identities, reads and signs peer cards, keeps the roster of cards that the
// administrator accepted, and configures mutual TLS from it. It is the only
// package that reads certificates or builds a tls.Config.
//
// # Identities
//
// Every X.509 certificate carries exactly one URI subject alternative name of
// the scheme sps, which is its identity:
//
//	sps://asean-cn/VN/node                 the node of the office of Viet Nam
//	sps://asean-cn/VN/officer/lan.nguyen   a person (or system) of that office
//
// Common names, DNS names and e-mail addresses are never looked at.
//
// # Trust
//
// Each office has its own certificate authority, and its peer card names the
// roots of that authority. A certificate is believed only if it chains to a
// root on the card of the very office that its identity names, so the
// authority of one office can never vouch for another. There is no central
// list: the [Roster] holds the cards that the administrator of this office
// accepted, and is asked at every handshake, so a card that is changed or
// removed acts on the next one without a restart.
package certs
