package certs_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func TestRosterApply(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN", "TH")
	vn, cn := fed.Office("VN"), fed.Office("CN")
	stranger := authority.ForTest(t, "LA").Office("LA")
	impostor := authority.ForTest(t, "CN").Office("CN")
	foreign, err := authority.NewOffice(authority.Options{Federation: "mercosur", Office: "CN"})
	if err != nil {
		t.Fatal(err)
	}
	first := cn.Card.Bytes()
	next := func(o *authority.Office, change func(*spsv1.Card)) []byte {
		t.Helper()
		signed, err := o.NextCard(change)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	// What CN may sign beside its true second card.
	remake := func(change func(*spsv1.Card)) []byte {
		t.Helper()
		message := cn.Card.Message()
		change(message)
		signed, err := certs.MakeCard(message, cn.CardKey)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	twin := remake(func(c *spsv1.Card) { c.Addresses = []string{"elsewhere:1"} })
	far := remake(func(c *spsv1.Card) { c.Number = 3 })
	forgetful := remake(func(c *spsv1.Card) {
		c.Number = 2
		c.LogKeys[0] = logKey(t, "asean-cn/CN/1", generateEd25519(t).Public())
	})
	unreceipted := remake(func(c *spsv1.Card) {
		c.Number = 2
		c.ReceiptKeys[0].PublicKey = generateEd25519(t).Public().(ed25519.PublicKey)
	})
	second := next(cn, func(c *spsv1.Card) { c.Addresses = []string{"new.cn.test:7443"} })

	r, dir := openRoster(t, vn, fed.Office("TH"))
	if err := r.Accept(mustParse(t, first)); err != nil {
		t.Fatal(err)
	}
	refused := func(name string, signed []byte, want error) {
		t.Helper()
		changed := r.Changed()
		before, _ := r.Card("CN")
		applied, err := r.Apply(signed)
		if applied || !errors.Is(err, want) {
			t.Errorf("%s: applied %t, %v, want %v", name, applied, err, want)
		}
		if after, _ := r.Card("CN"); after != before || woken(changed) {
			t.Errorf("%s: the roster changed", name)
		}
	}
	refused("office without a card", stranger.Card.Bytes(), certs.ErrNoCard)
	refused("the own office", vn.Card.Bytes(), certs.ErrNoCard)
	refused("other bytes of the same number", twin, certs.ErrCardConflict)
	refused("two numbers ahead", far, certs.ErrCardGap)
	refused("log key left out", forgetful, certs.ErrCardForgets)
	refused("receipt key left out", unreceipted, certs.ErrCardForgets)
	refused("same number by an impostor", impostor.Card.Bytes(), certs.ErrCardSigner)
	refused("next number by an impostor", next(impostor, nil), certs.ErrCardSigner)
	if _, err := r.Apply(foreign.Card.Bytes()); err == nil || !strings.Contains(err.Error(), "federation mercosur") {
		t.Errorf("other federation: %v, want an error", err)
	}
	if _, err := r.Apply([]byte("garbage")); err == nil {
		t.Error("garbage was applied")
	}

	if applied, err := r.Apply(first); applied || err != nil {
		t.Errorf("same card again: applied %t, %v, want a success without effect", applied, err)
	}
	changed := r.Changed()
	if applied, err := r.Apply(second); !applied || err != nil || !woken(changed) {
		t.Fatalf("successor: applied %t, %v, want it in force", applied, err)
	}
	if card, _ := r.Card("CN"); card.Addresses()[0] != "new.cn.test:7443" {
		t.Errorf("addresses are %v, want those of the successor", card.Addresses())
	}
	if got, err := os.ReadFile(filepath.Join(dir, "CN.card")); err != nil || !bytes.Equal(got, second) {
		t.Errorf("the file does not hold the successor: %v", err)
	}
	refused("the first card again", first, certs.ErrCardOld)
	refused("second card of the impostor", impostor.Card.Bytes(), certs.ErrCardSigner)

	// The signatures may look otherwise: it is the card that counts.
	extra := generateEd25519(t)
	message := cn.Card.Message()
	again, err := certs.MakeCard(message, cn.CardKey, extra)
	if err != nil {
		t.Fatal(err)
	}
	if applied, err := r.Apply(again); applied || err != nil {
		t.Errorf("same card with one more signature: applied %t, %v, want a success without effect", applied, err)
	}
}

func mustParse(t *testing.T, signed []byte) *certs.Card {
	t.Helper()
	card, err := certs.ParseCard(signed)
	if err != nil {
		t.Fatal(err)
	}
	return card
}

func TestNewCardKeyNeedsConfirmation(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	cn := fed.Office("CN")
	r, _ := openRoster(t, fed.Office("VN"), cn)
	oldKey := cn.CardKey
	second, err := cn.ReplaceCardKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Apply(second)
	if !errors.Is(err, certs.ErrCardNeedsConfirmation) || !strings.Contains(err.Error(), cn.Card.Fingerprint()) {
		t.Errorf("Apply: %v, want ErrCardNeedsConfirmation with the new fingerprint", err)
	}
	// Only the new key signs: whoever that is, the office did not say so.
	lone, err := certs.MakeCard(cn.Card.Message(), cn.CardKey)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Apply(lone); !errors.Is(err, certs.ErrCardSigner) {
		t.Errorf("Apply of a card without the old key's signature: %v, want ErrCardSigner", err)
	}
	if err := r.Accept(mustParse(t, second)); !errors.Is(err, certs.ErrCardSigner) || !strings.Contains(err.Error(), "is "+cn.Card.Fingerprint()) {
		t.Errorf("Accept: %v, want ErrCardSigner with the new fingerprint", err)
	}
	known, _ := r.Card("CN")
	if err := r.Replace(mustParse(t, second), known.Fingerprint()); err == nil {
		t.Error("Replace with the old fingerprint = nil, want an error")
	}
	if err := r.Replace(mustParse(t, second), cn.Card.Fingerprint()); err != nil {
		t.Fatalf("Replace: %v", err)
	}
	third, err := cn.NextCard(nil)
	if err != nil {
		t.Fatal(err)
	}
	if applied, err := r.Apply(third); !applied || err != nil {
		t.Errorf("card by the confirmed key: applied %t, %v, want it in force", applied, err)
	}
	// The old key is worth nothing any more.
	message := cn.Card.Message()
	message.Number, message.CardKey = 4, nil
	stale, err := certs.MakeCard(message, oldKey)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Apply(stale); !errors.Is(err, certs.ErrCardSigner) {
		t.Errorf("card by the old key: %v, want ErrCardSigner", err)
	}
}
