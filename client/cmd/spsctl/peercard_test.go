package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
)

func TestAcceptedCardIsNotReplacedSilently(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	cn := fed.Office("CN")
	foreign, err := authority.NewOffice(authority.Options{Federation: "mercosur", Office: "BR"})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	peers := filepath.Join(dir, "vn", "peers")
	save := func(name string, card *certs.Card) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := certs.SaveCard(file, card); err != nil {
			t.Fatal(err)
		}
		return file
	}
	accept := func(file string, code int, says string, args ...string) {
		t.Helper()
		got := spsctl(t, filepath.Join(dir, "config.yaml"), append([]string{"peer", "accept", file, "--dir", peers, "--yes"}, args...)...)
		if got.code != code || !strings.Contains(got.err, says) {
			t.Errorf("accept %s %q: exit code %d, %q; want %d and %q", filepath.Base(file), args, got.code, got.err, code, says)
		}
	}
	first := save("CN.card", cn.Card)
	accept(first, exitNotFound, "create it")
	if err := os.MkdirAll(peers, 0o700); err != nil {
		t.Fatal(err)
	}
	accept(first, exitOK, "accepted")
	accept(save("BR.card", foreign.Card), exitInvalid, "federation mercosur") // by the cards in the folder
	own := save("vn/VN.card", fed.Office("VN").Card)
	accept(save("BR.card", foreign.Card), exitInvalid, "federation mercosur") // by the own card
	accept(own, exitInvalid, "VN itself")

	message := cn.Card.Message()
	message.Languages = []string{"zh"}
	signed, err := certs.MakeCard(message, cn.CardKey)
	if err != nil {
		t.Fatal(err)
	}
	other, err := certs.ParseCard(signed)
	if err != nil {
		t.Fatal(err)
	}
	accept(save("other.card", other), exitConflict, "two different cards of number 1")

	was := cn.Card.Fingerprint()
	if _, err := cn.ReplaceCardKey(nil); err != nil {
		t.Fatal(err)
	}
	is, second := cn.Card.Fingerprint(), save("second.card", cn.Card)
	accept(second, exitConflict, "the fingerprint changed: was "+was+", is "+is)
	accept(second, exitInvalid, "not the card of whom you called", "--replace-fingerprint", was)
	accept(second, exitOK, "accepted", "--replace-fingerprint", is)
	if got, err := readCard(filepath.Join(peers, "CN.card")); err != nil || !got.Same(cn.Card) {
		t.Errorf("the accepted card is not the new one: %v", err)
	}
}
