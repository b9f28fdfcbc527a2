package certs_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// openRoster returns the roster of an office in a folder with the given cards.
func openRoster(t *testing.T, own *authority.Office, peers ...*authority.Office) (*certs.Roster, string) {
	t.Helper()
	dir := t.TempDir()
	for _, o := range peers {
		if err := certs.SaveCard(filepath.Join(dir, authority.CardFile(o.Code())), o.Card); err != nil {
			t.Fatal(err)
		}
	}
	r, err := certs.OpenRoster(dir, own.Card)
	if err != nil {
		t.Fatalf("OpenRoster: %v", err)
	}
	return r, dir
}

// woken reports whether a channel of Changed was closed.
func woken(changed <-chan struct{}) bool {
	select {
	case <-changed:
		return true
	default:
		return false
	}
}

func TestRosterReads(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN", "TH")
	vn, cn, th := fed.Office("VN"), fed.Office("CN"), fed.Office("TH")
	r, dir := openRoster(t, vn, vn, th, cn)
	for name, data := range map[string]string{"README": "cards of our peers", ".TH.card": "temporary"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Reload(); err != nil {
		t.Errorf("Reload with other files in the folder: %v", err)
	}
	if diff := cmp.Diff([]certs.Office{"CN", "TH"}, r.Offices()); diff != "" {
		t.Errorf("offices differ (-want +got):\n%s", diff)
	}
	if got, want := r.Federation(), "asean-cn"; got != want {
		t.Errorf("federation is %q, want %q", got, want)
	}
	if card, ok := r.Card("TH"); !ok || !card.Same(th.Card) {
		t.Error("card of TH is not the one in the folder")
	}
	if card, ok := r.Card("VN"); !ok || card != vn.Card {
		t.Error("card of VN is not the own one")
	}
	if _, ok := r.Card("LA"); ok {
		t.Error("there is a card of LA, want none")
	}
	if _, err := r.Peer("VN"); !errors.Is(err, certs.ErrNoCard) || !strings.Contains(err.Error(), "is this office itself") {
		t.Errorf("Peer of the own office: %v, want ErrNoCard", err)
	}
	if _, err := r.Peer("LA"); !errors.Is(err, certs.ErrNoCard) || !strings.Contains(err.Error(), "put it into the folder of peers as LA.card") {
		t.Errorf("Peer(LA): %v, want ErrNoCard with advice", err)
	}
	for _, o := range fed.Offices() {
		if got := r.Keys(o.Origin()); len(got) != 1 || got[0].Origin != o.Origin() {
			t.Errorf("keys of %s are %v, want one", o.Origin(), got)
		}
	}
	for _, o := range []certs.Origin{
		{Federation: "asean-cn", Office: "LA", Epoch: 1},
		{Federation: "asean-cn", Office: "TH", Epoch: 2},
		{Federation: "mercosur", Office: "TH", Epoch: 1},
	} {
		if got := r.Keys(o); len(got) != 0 {
			t.Errorf("keys of %s are %v, want none", o, got)
		}
	}
}

func TestRosterNamesAllBrokenFiles(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN", "TH")
	foreign, err := authority.NewOffice(authority.Options{Federation: "mercosur", Office: "BR"})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"CN.card":    []byte("no card"),
		"LA.card":    fed.Office("TH").Card.Bytes(),
		"BR.card":    foreign.Card.Bytes(),
		"china.card": fed.Office("CN").Card.Bytes(),
		"KH.card":    make([]byte, certs.MaxSignedCard+1),
		"TH.card":    fed.Office("TH").Card.Bytes(),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := certs.OpenRoster(dir, fed.Office("VN").Card)
	if err != nil {
		t.Fatalf("OpenRoster: %v, want the good cards", err)
	}
	if diff := cmp.Diff([]certs.Office{"TH"}, r.Offices()); diff != "" {
		t.Errorf("offices differ (-want +got):\n%s", diff)
	}
	if err = r.Skipped(); err == nil {
		t.Fatal("Skipped = nil, want an error")
	}
	for _, want := range []string{
		"CN.card: ", "LA.card: it is the card of TH; name the file TH.card",
		"BR.card: card of BR is of federation mercosur, want asean-cn",
		"china.card: file name: office \"china\"", "KH.card: ", "is larger than",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error is %q, want it to contain %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "\n"+filepath.Join(dir, "TH.card")) {
		t.Errorf("error is %q, want nothing about TH.card", err)
	}
	if err := certs.SaveCard(filepath.Join(dir, "CN.card"), fed.Office("CN").Card); err != nil {
		t.Fatal(err)
	}
	if err := r.Reload(); err == nil || !strings.Contains(err.Error(), "BR.card: ") {
		t.Errorf("Reload: %v, want an error that names the files that are still bad", err)
	}
	if _, ok := r.Card("CN"); !ok {
		t.Error("no card of CN, want it taken beside the bad files")
	}
	if _, err := certs.OpenRoster(filepath.Join(dir, "none"), fed.Office("VN").Card); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing folder: %v, want not exist", err)
	}
}

func TestRosterReload(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN", "TH")
	vn, cn, th := fed.Office("VN"), fed.Office("CN"), fed.Office("TH")
	r, dir := openRoster(t, vn, cn)
	put := func(o *authority.Office) {
		t.Helper()
		if err := certs.SaveCard(filepath.Join(dir, authority.CardFile(o.Code())), o.Card); err != nil {
			t.Fatal(err)
		}
	}
	reload := func(step string, wantWake bool) {
		t.Helper()
		changed := r.Changed()
		if err := r.Reload(); err != nil {
			t.Fatalf("%s: %v", step, err)
		}
		if got := woken(changed); got != wantWake {
			t.Errorf("%s: woken %t, want %t", step, got, wantWake)
		}
	}
	before, _ := r.Card("CN")
	reload("nothing new", false)
	if after, _ := r.Card("CN"); after != before {
		t.Error("an unchanged card was read as a new one")
	}
	put(th)
	reload("new file", true)
	if _, err := cn.NextCard(nil); err != nil {
		t.Fatal(err)
	}
	put(cn)
	reload("changed file", true)
	if card, _ := r.Card("CN"); card.Number() != 2 {
		t.Errorf("card of CN is number %d, want 2", card.Number())
	}
	if err := os.Remove(filepath.Join(dir, "TH.card")); err != nil {
		t.Fatal(err)
	}
	reload("removed file", true)
	if diff := cmp.Diff([]certs.Office{"CN"}, r.Offices()); diff != "" {
		t.Errorf("offices differ (-want +got):\n%s", diff)
	}

	if err := os.WriteFile(filepath.Join(dir, "CN.card"), []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	changed := r.Changed()
	if err := r.Reload(); err == nil || !strings.Contains(err.Error(), "CN.card") {
		t.Errorf("Reload of a broken file: %v, want an error that names it", err)
	}
	if card, ok := r.Card("CN"); !ok || card.Number() != 2 || woken(changed) {
		t.Error("a broken file changed the roster")
	}
	put(th)
	for range 2 { // put there, then removed
		if err := r.Reload(); err == nil || !woken(changed) {
			t.Errorf("Reload of a good file beside a broken one: %v, woken %t; want an error, and true", err, woken(changed))
		}
		changed = r.Changed()
		if err := os.RemoveAll(filepath.Join(dir, "TH.card")); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]certs.Office{"CN"}, r.Offices()); diff != "" {
		t.Errorf("offices after the removal beside a broken file differ (-want +got):\n%s", diff)
	}
}

func TestRosterRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fed := authority.ForTest(t, "VN", "CN")
		r, dir := openRoster(t, fed.Office("VN"))
		var reports []error
		done := make(chan error, 1)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			done <- r.Run(ctx, time.Minute, func(err error) { reports = append(reports, err) })
		}()
		path := filepath.Join(dir, "CN.card")
		if err := os.WriteFile(path, []byte("broken"), 0o600); err != nil {
			t.Fatal(err)
		}
		time.Sleep(150 * time.Second)
		synctest.Wait()
		if len(reports) != 1 || reports[0] == nil {
			t.Errorf("reports are %v, want one error, told once", reports)
		}
		if err := certs.SaveCard(path, fed.Office("CN").Card); err != nil {
			t.Fatal(err)
		}
		<-r.Changed()
		synctest.Wait()
		if len(reports) != 2 || reports[1] != nil {
			t.Errorf("reports are %v, want nil once it was repaired", reports)
		}
		if _, ok := r.Card("CN"); !ok {
			t.Error("no card of CN, want it read")
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run ended with %v, want context.Canceled", err)
		}
	})
}

func TestRosterAcceptAndRemove(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	vn, cn := fed.Office("VN"), fed.Office("CN")
	foreign, err := authority.NewOffice(authority.Options{Federation: "mercosur", Office: "BR"})
	if err != nil {
		t.Fatal(err)
	}
	r, dir := openRoster(t, vn)
	if err := r.Accept(foreign.Card); err == nil {
		t.Error("a card of another federation was accepted")
	}
	if err := r.Accept(vn.Card); err == nil {
		t.Error("the own card was accepted as that of a peer")
	}
	if err := r.Accept(cn.Card); err != nil {
		t.Fatalf("Accept: %v", err)
	}
	again, err := certs.OpenRoster(dir, vn.Card)
	if err != nil {
		t.Fatal(err)
	}
	if card, ok := again.Card("CN"); !ok || !card.Same(cn.Card) {
		t.Error("the accepted card is not there after a restart")
	}
	changed := r.Changed()
	for range 2 {
		if err := r.Remove("CN"); err != nil {
			t.Fatalf("Remove: %v", err)
		}
	}
	if _, ok := r.Card("CN"); ok || !woken(changed) {
		t.Error("the card is still in force")
	}
	if _, err := os.Stat(filepath.Join(dir, "CN.card")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := r.Accept(cn.Card); err == nil {
		t.Error("accepted without a folder to write to")
	}
	if _, ok := r.Card("CN"); ok {
		t.Error("a card that could not be written is in force")
	}
	if err := r.Remove("CN"); err == nil {
		t.Error("removed from a folder that is gone")
	}
}

func TestCardFile(t *testing.T) {
	vn := authority.ForTest(t, "VN").Office("VN")
	path := filepath.Join(t.TempDir(), "VN.card")
	if err := certs.SaveCard(path, vn.Card); err != nil {
		t.Fatal(err)
	}
	if card, err := certs.LoadCard(path); err != nil || !card.Same(vn.Card) {
		t.Errorf("LoadCard: %v, want the saved card", err)
	}
	if err := os.WriteFile(path, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := certs.LoadCard(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("LoadCard of a broken file: %v, want an error that names it", err)
	}
	if _, err := certs.LoadCard(path + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("LoadCard of no file: %v, want not exist", err)
	}
}

func TestSetOwn(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	vn := fed.Office("VN")
	first := vn.Card
	r, err := certs.NewRoster(first, fed.Office("CN").Card)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := vn.NextCard(nil); err != nil {
		t.Fatal(err)
	}
	changed := r.Changed()
	if err := r.SetOwn(vn.Card); err != nil || r.Own() != vn.Card || !woken(changed) {
		t.Errorf("SetOwn: %v, own card is number %d, want 2", err, r.Own().Number())
	}
	if err := r.SetOwn(fed.Office("CN").Card); err == nil || !strings.Contains(err.Error(), "want asean-cn/VN") {
		t.Errorf("SetOwn of another office: %v, want an error", err)
	}
	for name, tc := range map[string]struct {
		change func(*spsv1.Card)
		want   error
	}{
		"older":                      {func(c *spsv1.Card) { c.Number = 1 }, certs.ErrCardOld},
		"another of its number":      {func(c *spsv1.Card) { c.Languages = []string{"vi"} }, certs.ErrCardConflict},
		"after one that is left out": {func(c *spsv1.Card) { c.Number = 4 }, certs.ErrCardGap},
		"without the log key": {func(c *spsv1.Card) {
			c.Number, c.LogKeys[0] = 3, logKey(t, "asean-cn/VN/1", generateEd25519(t).Public())
		}, certs.ErrCardForgets},
	} {
		message := vn.Card.Message()
		tc.change(message)
		signed, err := certs.MakeCard(message, vn.CardKey)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.SetOwn(mustParse(t, signed)); !errors.Is(err, tc.want) || r.Own() != vn.Card {
			t.Errorf("SetOwn of one %s: %v, want %v", name, err, tc.want)
		}
	}
	second := vn.Card
	replaced, err := vn.ReplaceCardKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.SetOwn(mustParse(t, replaced)); err != nil || r.Own().Number() != second.Number()+1 {
		t.Errorf("SetOwn of one with a new card key: %v, want none", err)
	}
	if err := r.Reload(); err != nil {
		t.Errorf("Reload in memory: %v", err)
	}
	if _, err := certs.NewRoster(vn.Card, first); err == nil {
		t.Error("NewRoster took the own card for a peer's")
	}
}

func TestRosterConcurrently(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN", "TH")
	vn, cn, th := fed.Office("VN"), fed.Office("CN"), fed.Office("TH")
	r, _ := openRoster(t, vn, cn, th)
	var chain [][]byte
	for range 20 {
		signed, err := cn.NextCard(nil)
		if err != nil {
			t.Fatal(err)
		}
		chain = append(chain, signed)
	}
	var group sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		group.Go(func() {
			last := uint64(0)
			for !woken(stop) {
				changed := r.Changed()
				card, ok := r.Card("CN")
				if !ok || card.Number() < last {
					t.Errorf("card of CN went from number %d to %v", last, card)
					return
				}
				last = card.Number()
				if len(r.Keys(cn.Origin())) != 1 || len(r.Offices()) != 2 {
					t.Error("a reader saw half a roster")
				}
				select {
				case <-changed:
				case <-stop:
				}
			}
		})
	}
	for _, signed := range chain {
		if applied, err := r.Apply(signed); !applied || err != nil {
			t.Errorf("Apply: %t, %v", applied, err)
		}
		if err := r.Reload(); err != nil {
			t.Errorf("Reload: %v", err)
		}
	}
	close(stop)
	group.Wait()
	if card, _ := r.Card("CN"); card.Number() != 21 {
		t.Errorf("card of CN is number %d, want 21", card.Number())
	}
}
