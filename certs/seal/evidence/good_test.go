package evidence_test

import (
	"crypto"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/certs/seal/evidence"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// good is a bundle that proves something.
type good struct {
	name, description string
	roster            string // folder below tests/vectors/roster; "": the bundle's own cards are believed
	bundle            *evidence.Bundle
}

// goods makes the good vectors; each has a story of its own where it changes
// cards.
func goods(s *story) []good {
	all := []good{
		{"plain", "one addressee, one receipt, cards in the bundle", "", s.plain()},
		{"plain-accepted", "the same, with cards that the reader has accepted", "accepted", s.plain()},
		{"whole", "several addressees, a receipt that comes after one that lists the statement missing, a readdress, a witness, acknowledgement and follow-ups of three offices, one of them with a P-256 log key", "", s.whole()},
		{"whole-accepted", "the same, with cards that the reader has accepted", "accepted", s.whole()},
		{"older-accepted", "the reader has accepted earlier cards, from which those in the bundle follow", "older", s.whole()},
		{"newer-accepted", "the reader has newer cards than the bundle", "newer", s.whole()},
	}
	b := s.whole()
	b.Cards = nil
	all = append(all, good{"no-cards", "cards left out: the reader must have them", "accepted", b})

	b = s.plain()
	b.Cards = b.Cards[1:]
	all = append(all, good{"one-card-left-out", "the card of China is left out, that of Viet Nam is not", "accepted", b})

	b = s.plain()
	b.Statement.Receipts = nil
	b.Cards = b.Cards[1:]
	all = append(all, good{"no-receipt", "nobody is shown to have received it", "", b})

	b = s.at(6, s.vn.logKeys[0])
	all = append(all, good{"rotated-key", "the checkpoint is by a log key that has been rotated out since", "", b})

	b = s.at(6, s.vn.logKeys...)
	all = append(all, good{"two-keys", "the checkpoint is by both keys of a rotation", "", b})

	b = s.plain()
	b.Statement.Receipts = []evidence.Receipt{s.cn.receipt(s.vn, 3, s.stated, s.ahead(s.stated))}
	all = append(all, good{"ahead", "the receipt lists the statement ahead of its size", "", b})

	b = &evidence.Bundle{
		Statement:   s.vn.entry(s.news, 12),
		Checkpoints: [][]byte{s.vn.checkpoint(12)},
		Cards:       s.canonical(s.newest("KH", "LA", "VN")...),
	}
	b.Statement.Receipts = []evidence.Receipt{s.kh.receipt(s.vn, 3, s.news, nil), s.la.receipt(s.vn, 4, s.news, nil)}
	all = append(all, good{"network", "a statement for the whole network", "", b})

	b = &evidence.Bundle{
		Statement:   s.cn.entry(s.ack, 3),
		Case:        []evidence.Entry{s.vn.entry(s.stated, 12)},
		Checkpoints: [][]byte{s.cn.checkpoint(3), s.vn.checkpoint(12)},
		Cards:       s.canonical(s.newest("CN", "VN")...),
	}
	b.Statement.Receipts = []evidence.Receipt{s.vn.receipt(s.cn, 2, s.ack, nil)}
	all = append(all, good{"acknowledgement", "the statement is an acknowledgement, and its case the original", "", b})
	return append(all, goodsOfOtherCards(s)...)
}

// at is the plain bundle under a checkpoint of another size and keys.
func (s *story) at(size uint64, keys ...crypto.Signer) *evidence.Bundle {
	b := s.plain()
	b.Statement.Proof = s.vn.inclusion(size, s.stated)
	b.Checkpoints = [][]byte{s.vn.checkpoint(size, keys...)}
	return b
}

// ahead lists an entry of Viet Nam ahead.
func (s *story) ahead(seq uint64) func(*seal.Receipt) {
	return func(r *seal.Receipt) {
		r.Ahead = []seal.Ahead{{Sequence: seq, RecordHash: seal.RecordHash(s.vn.leaves[seq])}}
	}
}

// goodsOfOtherCards are bundles of stories in which the cards go on.
func goodsOfOtherCards(first *story) []good {
	s := newStory(first.t)
	before := s.vn.card()
	after := s.vn.replaceCardKey()
	b := s.plain()
	b.Cards = s.canonical(s.cn.card(), before, after)
	all := []good{
		{"card-key-replaced", "two cards of Viet Nam: the old card key vouches for the new one", "", b},
		{"card-key-replaced-accepted", "the reader knows the old card key", "accepted", b},
	}
	last := s.vn.publish(func(c *spsv1.Card) { c.Addresses = []string{"vn.test:7443"} })
	b = s.plain()
	b.Cards = s.canonical(s.cn.card(), before, after, last)
	all = append(all, good{"three-cards", "three cards of Viet Nam: the middle one vouches for the last", "", b})

	s = newStory(first.t)
	s.revokeLog(9)
	b = s.at(9)
	b.Cards = s.canonical(s.newest("CN", "VN")...)
	all = append(all, good{"revoked-at-last-good", "the log key was revoked, and the checkpoint is at the last good size", "", b})

	s = newStory(first.t)
	s.revokeReceipts(5)
	b = s.plain()
	all = append(all, good{"receipt-key-revoked", "the receipt key was revoked, and the receipt is at the last size that its office stands by", "", b})
	return all
}

// revokeLog revokes the second log key of Viet Nam.
func (s *story) revokeLog(size uint64) {
	tree := s.vn.tree(size)
	s.vn.publish(func(c *spsv1.Card) {
		c.LogKeys[0].RevokedAfter = &spsv1.LastGood{Size: size, Root: tree.Root[:]}
	})
}

// revokeReceipts revokes the receipt key of China.
func (s *story) revokeReceipts(size uint64) {
	s.cn.publish(func(c *spsv1.Card) {
		c.ReceiptKeys[0].Revoked = true
		c.ReceiptKeys[0].RevokedAfter = []*spsv1.ReceiptLimit{{Origin: s.vn.origin.String(), Size: size}}
	})
}

// rosters are the accepted cards of the vectors, by folder.
func rosters(s *story) map[string][]*certs.Card {
	newer := newStory(s.t)
	for _, m := range newer.offices {
		m.publish(func(c *spsv1.Card) { c.Addresses = []string{"node.test:7443"} })
	}
	var older []*certs.Card
	for _, m := range newer.offices {
		older = append(older, m.cards[0])
	}
	other := newStory(s.t)
	other.vn.cardKey = edKey("somebody else")
	other.vn.cards, other.vn.message.Number = nil, 1
	other.vn.message.CardKey = nil
	other.vn.publish(nil)
	revoked := newStory(s.t)
	revoked.revokeLog(9)
	conflict := newStory(s.t)
	conflict.vn.cards = conflict.vn.cards[:1]
	conflict.vn.message.Number = 1
	conflict.vn.publish(func(c *spsv1.Card) { c.Addresses = []string{"another.test:7443"} })
	all := []certs.Office{"CN", "EU", "KH", "LA", "TH", "VN"}
	return map[string][]*certs.Card{
		"accepted": s.newest(all...), "older": older, "newer": newer.newest(all...),
		"other": other.newest(all...), "revoked": revoked.newest(all...), "conflict": conflict.newest(all...),
		"without-cn": s.newest(all[1:]...),
	}
}
