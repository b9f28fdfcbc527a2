package evidence_test

import (
	"bytes"
	"encoding/base64"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/certs/seal/evidence"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// bad is a file that MUST be refused.
type bad struct {
	name, description string
	roster            string
	want              error // what this verifier says; another may find another thing first
	file              []byte
}

// bads makes the bad vectors.
func bads(s *story) []bad {
	return append(append(append(badForms(s), badProofs(s)...), badReceipts(s)...), badCards(s)...)
}

// badForms are texts that no Bundle writes.
func badForms(s *story) []bad {
	plain, whole := string(s.encode(s.plain())), string(s.encode(s.whole()))
	leaf := base64.StdEncoding.EncodeToString(s.vn.leaves[s.stated])
	swap := func(text, a, b string) string {
		i, j := strings.Index(text, a), strings.Index(text, b)
		return text[:i] + text[j:j+strings.Index(text[j:]+"\n== ", "\n== ")+1] + text[i:j] + text[j+strings.Index(text[j:]+"\n== ", "\n== ")+1:]
	}
	firstHash := s.plain().Statement.Proof[0].String()
	texts := []struct{ name, description, text string }{
		{"empty", "nothing at all", ""},
		{"truncated", "the last line is not there", strings.TrimSuffix(plain, "== end\n")},
		{"truncated-line-feed", "the last line feed is not there", strings.TrimSuffix(plain, "\n")},
		{"trailing-line", "a line after the end", plain + "\n"},
		{"trailing-part", "a part after the end", plain + "== receipt CN\n"},
		{"carriage-returns", "lines end with carriage return and line feed", strings.ReplaceAll(plain, "\n", "\r\n")},
		{"other-version", "version 2", strings.Replace(plain, "sps-evidence/v1", "sps-evidence/v2", 1)},
		{"other-words", "the words at the head say something else", strings.Replace(plain, "Keep it as it is", "Change what you like", 1)},
		{"other-reference", "the facts name another reference than the leaf", strings.Replace(plain, "VN-2026-000004", "VN-2026-000005", 1)},
		{"other-receivers", "the facts name a receiver without a receipt", strings.Replace(plain, "Received by: CN\n", "Received by: CN EU\n", 1)},
		{"other-heading", "the heading of the statement names another sequence", strings.Replace(plain, "== statement asean-cn/VN/1 4", "== statement asean-cn/VN/1 5", 1)},
		{"unknown-part", "a part of a kind that is not defined", strings.Replace(plain, "== end\n", "== note\nhello\n== end\n", 1)},
		{"unknown-line", "a line between two parts", strings.Replace(plain, "== end\n", "\n== end\n", 1)},
		{"reordered-parts", "the card of Viet Nam stands before that of China", swap(plain, "== card CN", "== card VN")},
		{"reordered-receipts", "the receipt of Thailand stands before that of the European Union", swap(whole, "== receipt EU", "== receipt TH")},
		{"padding-bits", "slack bits of the base64 of a hash are not 0", strings.Replace(plain, firstHash, slack(firstHash), 1)},
		{"no-padding", "the base64 of a hash has no padding", strings.Replace(plain, firstHash, strings.TrimRight(firstHash, "="), 1)},
		{"other-folding", "a line of base64 is longer than 76 characters", strings.Replace(plain, leaf[:76]+"\n"+leaf[76:], leaf, 1)},
		{"url-base64", "base64 of the other alphabet", strings.NewReplacer("+", "-").Replace(plain)},
		{"huge-size", "a receipt over a tree of 2^63 entries", strings.Replace(plain, "asean-cn/VN/1\n5\n", "asean-cn/VN/1\n9223372036854775808\n", 1)},
		{"leading-zero", "a size with a leading zero", strings.Replace(plain, "asean-cn/VN/1\n5\n", "asean-cn/VN/1\n05\n", 1)},
		{"long-proof", "a proof of 64 hashes", strings.Replace(plain, firstHash, strings.Repeat(firstHash+"\n", 61)+firstHash, 1)},
		{"two-statements", "the statement stands twice", strings.Replace(plain, "== checkpoint", plain[strings.Index(plain, "== statement"):strings.Index(plain, "== receipt")]+"== checkpoint", 1)},
		{"duplicate-card", "a card stands twice", strings.Replace(plain, "== end\n", plain[strings.Index(plain, "== card VN"):], 1)},
		{"duplicate-receipt", "a receipt stands twice", strings.Replace(plain, "== checkpoint", plain[strings.Index(plain, "== receipt"):strings.Index(plain, "== checkpoint")]+"== checkpoint", 1)},
		{"no-envelope", "the envelope is left out", strings.Replace(plain, plain[strings.Index(plain, "-- envelope"):strings.Index(plain, "== receipt")], "", 1)},
		{"signatures-at-random", "seventeen signature lines", strings.Replace(plain, "\n== end", strings.Repeat("\n— a b", 17)+"\n== end", 1)},
	}
	var all []bad
	for _, x := range texts {
		all = append(all, bad{x.name, x.description, "", evidence.ErrForm, []byte(x.text)})
	}
	for i, name := range all {
		switch name.name {
		case "huge-size", "leading-zero":
			all[i].want = seal.ErrFormat
		}
	}
	return all
}

// slack sets a bit of the base64 of 32 bytes that decodes to nothing.
func slack(hash string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	return hash[:42] + string(alphabet[strings.IndexByte(alphabet, hash[42])|1]) + "="
}

// badProofs are bundles whose statement is not proved.
func badProofs(s *story) []bad {
	var all []bad
	add := func(name, description string, want error, b *evidence.Bundle) {
		all = append(all, bad{name, description, "", want, s.encode(b)})
	}
	b := s.plain()
	b.Statement.Envelope = bytes.Replace(b.Statement.Envelope, []byte("forged"), []byte("proper"), 1)
	add("other-envelope", "one word of the statement is another", seal.ErrEnvelope, b)

	b = s.plain()
	b.Statement.Proof[1][0] ^= 1
	add("wrong-proof", "a hash of the inclusion proof is another", seal.ErrProof, b)

	b = s.plain()
	b.Statement.Proof = append(b.Statement.Proof, b.Statement.Proof[0])
	add("proof-too-long", "the inclusion proof has a hash too many", seal.ErrProof, b)

	b = s.plain()
	b.Statement.Proof = nil
	b.Checkpoints = [][]byte{s.vn.checkpoint(4, s.vn.logKeys[0])}
	add("checkpoint-below", "the checkpoint is too small for the statement", seal.ErrProof, b)

	add("wrong-log-key", "the checkpoint is by a key that the card does not name", seal.ErrUnknownKey, s.at(12, edKey("somebody else")))
	add("rotated-out-key", "the checkpoint is by the old key, above its range", seal.ErrKeyRange, s.at(12, s.vn.logKeys[0]))
	add("not-yet-key", "the checkpoint is by the new key, below its range", seal.ErrKeyRange, s.notYet())
	add("unknown-signature-line", "the checkpoint has a second signature line, by a key that no card names", evidence.ErrUnused, s.at(12, s.vn.logKeys[1], edKey("somebody else")))

	b = s.plain()
	b.Checkpoints[0] = bytes.Replace(b.Checkpoints[0], []byte("\n12\n"), []byte("\n13\n"), 1)
	add("forged-checkpoint", "the size of the checkpoint was changed", seal.ErrBadSignature, b)

	b = s.plain()
	b.Checkpoints = append([][]byte{s.cn.checkpoint(3)}, b.Checkpoints...)
	add("unused-checkpoint", "a checkpoint of a log of which there is no entry", evidence.ErrUnused, b)

	b = s.plain()
	b.Checkpoints = nil
	add("no-checkpoint", "no checkpoint at all", evidence.ErrForm, b)

	b = s.whole()
	b.Case = append([]evidence.Entry{b.Case[0], s.cn.entry(s.elsewhere, 3)}, b.Case[1:]...)
	add("other-case", "a statement of another case", evidence.ErrUnused, b)

	b = s.whole()
	b.Case = append([]evidence.Entry{b.Case[0], b.Case[1], s.vn.entry(s.stated, 12)}, b.Case[2:]...)
	add("statement-twice", "the statement stands among those of its case again", evidence.ErrUnused, b)

	b = s.whole()
	b.Readdresses[0] = s.vn.entry(s.own, 12)
	b.Readdresses[0].Envelope = nil
	add("no-readdress", "a statement in the place of a readdress", evidence.ErrUnused, b)

	b = s.whole()
	b.Readdresses[0] = s.vn.entry(s.vn.readdress(s.news, "KH", "VN"), 13)
	b.Readdresses[0].Receipts = []evidence.Receipt{s.kh.receipt(s.vn, 13, 12, nil)}
	b.Statement.Proof, b.Checkpoints[2] = s.vn.inclusion(13, s.stated), s.vn.checkpoint(13)
	b.Case[2] = s.vn.entry(s.own, 13)
	add("other-readdress", "a readdress of another statement", evidence.ErrUnused, b)

	b = s.plain()
	b.Statement = s.vn.entry(5, 12)
	b.Statement.Receipts = []evidence.Receipt{s.cn.receipt(s.vn, 6, 5, nil)}
	add("no-statement", "a card entry in the place of the statement", evidence.ErrStatement, b)

	add("other-federation-inside", "the statement says that it is of another federation", evidence.ErrStatement, s.only(s.vn.misplaced()))

	payload := notification("a field of no number")
	payload.Salt, payload.Federation, payload.Office = seed("field number"), "asean-cn", "VN"
	beyond := protowire.AppendVarint(protowire.AppendVarint(s.marshal(payload), (1<<29)<<3), 1)
	add("field-number", "the statement has a field of number 2^29, which is not protobuf", evidence.ErrStatement, s.only(s.vn.enter(beyond)))
	return all
}

// notYet has the checkpoint of size 5 without what follows, by the key that is
// good from 5 on, in the place of one of size 4.
func (s *story) notYet() *evidence.Bundle {
	b := s.plain()
	b.Statement = s.vn.entry(3, 4)
	b.Statement.Receipts = []evidence.Receipt{s.la.receipt(s.vn, 4, 3, nil)}
	b.Checkpoints = [][]byte{s.vn.checkpoint(4, s.vn.logKeys[1])}
	b.Cards = s.canonical(s.newest("LA", "VN")...)
	return b
}

// misplaced enters a statement that names another federation.
func (m *member) misplaced() uint64 {
	s := notification("of elsewhere")
	s.Salt, s.Federation, s.Office = seed("elsewhere"), "asean-test", string(m.origin.Office)
	return m.enter(m.w.marshal(s))
}

// enter enters whatever is in a statement.
func (m *member) enter(payload []byte) uint64 {
	return m.append(&spsv1.Leaf{
		Type: spsv1.LeafType_LEAF_TYPE_STATEMENT, Audience: audience("CN", "VN"), Reference: m.reference(len(m.leaves)),
	}, m.w.marshal(&spsv1.Envelope{PayloadType: "application/vnd.sps.statement.v1", Payload: payload}))
}

// only is a bundle of an entry of Viet Nam that was entered last.
func (s *story) only(seq uint64) *evidence.Bundle {
	b := s.plain()
	b.Statement = s.vn.entry(seq, seq+1)
	b.Statement.Receipts = []evidence.Receipt{s.cn.receipt(s.vn, seq+1, seq, nil)}
	b.Checkpoints[0] = s.vn.checkpoint(seq + 1)
	return b
}

// badReceipts are bundles with a receipt that does not say what it should.
func badReceipts(s *story) []bad {
	var all []bad
	add := func(name, description string, want error, receipts ...evidence.Receipt) *evidence.Bundle {
		b := s.plain()
		b.Statement.Receipts = receipts
		all = append(all, bad{name, description, "", want, s.encode(b)})
		return b
	}
	below := s.cn.receipt(s.vn, 4, s.stated, nil)
	add("receipt-below", "the receipt is at a size that does not cover the statement", evidence.ErrReceipt, below)
	add("receipt-missing", "the receipt lists the statement as missing", evidence.ErrReceipt,
		s.cn.receipt(s.vn, 7, s.stated, func(r *seal.Receipt) { r.Missing = []uint64{s.stated} }))
	add("receipt-of-another-log", "the receipt is about the log of Thailand", evidence.ErrReceipt, s.cn.receipt(s.th, 2, 1, nil))
	r := s.cn.receipt(s.vn, 5, s.stated, nil)
	r.Proof[0][0] ^= 1
	add("receipt-proof", "a hash of the proof of a receipt is another", seal.ErrProof, r)
	r = s.cn.receipt(s.vn, 3, s.stated, s.ahead(s.stated))
	r.Proof = s.vn.inclusion(12, s.stated)
	add("ahead-with-proof", "a proof that is not needed, since the receipt lists the statement ahead", evidence.ErrUnused, r)
	add("ahead-of-another", "the receipt lists another record hash ahead", evidence.ErrReceipt,
		s.cn.receipt(s.vn, 3, s.stated, func(r *seal.Receipt) {
			r.Ahead = []seal.Ahead{{Sequence: s.stated, RecordHash: seal.RecordHash(s.vn.leaves[3])}}
		}))
	add("receipt-fork", "the receipt is over another tree of the size of the checkpoint", seal.ErrProof,
		s.cn.receipt(s.vn, 12, s.stated, func(r *seal.Receipt) { r.Root[0] ^= 1 }))
	ahead, fork := s.cn.receipt(s.vn, 3, s.stated, s.ahead(s.stated)), s.th.receipt(s.vn, 3, s.stated, func(r *seal.Receipt) {
		s.ahead(s.stated)(r)
		r.Root[0] ^= 1
	})
	b := s.plain()
	b.Statement.Receipts, b.Cards = []evidence.Receipt{ahead, fork}, s.canonical(s.newest("CN", "TH", "VN")...)
	all = append(all, bad{"receipts-fork", "two receipts name different trees of one size", "", evidence.ErrFork, s.encode(b)})
	add("receipt-time", "the receipt is from after the year 9999", evidence.ErrReceipt,
		s.cn.receipt(s.vn, 5, s.stated, func(r *seal.Receipt) { r.Time = 1 << 40 }))
	r = s.cn.receipt(s.vn, 5, s.stated, nil)
	r.Note = bytes.Replace(r.Note, []byte("\n5\n"), []byte("\n6\n"), 1)
	add("receipt-forged", "the size of the receipt was changed", seal.ErrBadSignature, r)
	r = s.cn.receipt(s.vn, 5, s.stated, nil)
	r.Office = "EU"
	add("receipt-of-another-office", "the receipt of China stands under the European Union", evidence.ErrUnused, r)
	r = s.vn.receipt(s.vn, 5, s.stated, nil)
	add("receipt-of-the-issuer", "the issuer gave a receipt for its own statement", evidence.ErrReceipt, r)
	wrong := *s.cn
	wrong.receiptKey = edKey("somebody else")
	add("receipt-key", "the receipt is by a key that the card does not name", seal.ErrUnknownKey, wrong.receipt(s.vn, 5, s.stated, nil))
	r = s.cn.receipt(s.vn, 5, s.stated, nil)
	r.Note = bytes.Replace(r.Note, []byte("asean-cn/CN/receipt"), []byte("asean-xx/CN/receipt"), 1)
	add("receipt-other-federation", "the key name of the receipt is of another federation", seal.ErrUnknownKey, r)
	note, err := seal.SignCheckpoint(s.vn.tree(5), s.cn.receiptKey)
	if err != nil {
		s.t.Fatal(err)
	}
	text := string(s.encode(s.plain()))
	from := strings.Index(text, "== receipt CN\n") + 14
	to := from + strings.Index(text[from:], "\n-- proof\n") + 1
	all = append(all, bad{
		"wrong-context", "a checkpoint, signed by the receipt key, in the place of a receipt", "",
		seal.ErrFormat, []byte(text[:from] + string(note) + text[to:]),
	})

	b = s.whole()
	b.Readdresses[0].Receipts = append(b.Readdresses[0].Receipts, s.la.receipt(s.vn, 10, s.readdressed, nil))
	all = append(all, bad{"unused-receipt", "a receipt for a readdress by an office that it did not bring in", "", evidence.ErrUnused, s.encode(b)})
	return append(all, s.revokedReceipt())
}

func (s *story) revokedReceipt() bad {
	other := newStory(s.t)
	other.revokeReceipts(4)
	return bad{
		"receipt-key-revoked", "the receipt key was revoked, and the receipt is above the last size that its office stands by", "",
		seal.ErrKeyRange, other.encode(other.plain()),
	}
}

// badCards are bundles whose cards do not vouch for what is signed.
func badCards(s *story) []bad {
	var all []bad
	add := func(name, description, roster string, want error, b *evidence.Bundle) {
		all = append(all, bad{name, description, roster, want, s.encode(b)})
	}
	b := s.plain()
	b.Cards = s.canonical(s.newest("CN", "TH", "VN")...)
	add("unused-card", "the card of an office that signed nothing", "", evidence.ErrUnused, b)
	b = s.plain()
	b.Cards = b.Cards[:1]
	add("no-card", "no card of the issuer, and none accepted", "", evidence.ErrCard, b)
	b = s.plain()
	b.Cards = s.canonical(s.cn.card(), s.vn.cards[0], s.vn.cards[1])
	add("unneeded-card", "an earlier card, of the same card key as the next", "", evidence.ErrUnused, b)
	b = s.plain()
	b.Cards = s.canonical(s.cn.card(), s.vn.cards[0])
	add("card-before-rotation", "a card that does not name the new log key yet", "", seal.ErrUnknownKey, b)
	add("not-accepted", "no card of China is accepted", "without-cn", evidence.ErrCard, s.plain())
	add("other-accepted", "the accepted card of Viet Nam is by another card key", "other", evidence.ErrCard, s.plain())
	add("conflicting-cards", "the accepted card of Viet Nam has the number of the one in the bundle, and other bytes", "conflict", evidence.ErrCard, s.plain())
	add("revoked-above-last-good", "the accepted card revokes the log key above size 9, and the checkpoint is at 12", "revoked", seal.ErrKeyRange, s.plain())

	forged := newStory(s.t)
	forged.vn.cardKey = edKey("somebody else")
	mine := forged.vn.publish(nil)
	b = s.plain()
	b.Cards = s.canonical(s.cn.card(), s.vn.card(), mine)
	add("card-of-another-key", "a next card of Viet Nam that its card key did not sign", "", evidence.ErrCard, b)
	b.Cards = s.canonical(s.cn.card(), mine)
	add("card-does-not-follow", "a card of Viet Nam that does not follow from the accepted one", "accepted", evidence.ErrCard, b)
	return append(all, s.elsewhereCard(), s.cardBytes(), s.revoked())
}

// elsewhereCard has a card of another federation.
func (s *story) elsewhereCard() bad {
	other := newStory(s.t)
	cn := other.cn
	cn.message.Federation, cn.cards = "asean-test", nil
	cn.message.LogKeys[0].Origin = "asean-test/CN/1"
	cn.message.CardKey = nil
	card := cn.publish(nil)
	b := s.plain()
	b.Cards = s.canonical(card, s.vn.card())
	return bad{"card-of-another-federation", "the card of China is for another federation", "", evidence.ErrCard, s.encode(b)}
}

// cardBytes has a card with bytes that nobody signed.
func (s *story) cardBytes() bad {
	text := string(s.encode(s.plain()))
	from := strings.Index(text, "== card VN")
	from += strings.Index(text[from:], "\n") + 1
	var folded strings.Builder
	long := base64.StdEncoding.EncodeToString(append(bytes.Clone(s.canonical(s.vn.card())[0]), 0x18, 1))
	for ; len(long) > 76; long = long[76:] {
		folded.WriteString(long[:76] + "\n")
	}
	return bad{
		"card-with-unsigned-bytes", "a field behind the signatures of a card, which nobody signed", "", evidence.ErrForm,
		[]byte(text[:from] + folded.String() + long + "\n== end\n"),
	}
}

// revoked has a checkpoint above the last good size of the card in the bundle.
func (s *story) revoked() bad {
	other := newStory(s.t)
	other.revokeLog(9)
	return bad{
		"revoked-in-bundle", "the card in the bundle revokes the log key above size 9, and the checkpoint is at 12", "",
		seal.ErrKeyRange, other.encode(other.plain()),
	}
}
