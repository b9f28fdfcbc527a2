package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"github.com/spsalert/spsalert/certs"
)

// home is whose folder of peers it is; fields are empty where nothing says it.
type home struct {
	Federation string       `yaml:"federation"`
	Office     certs.Office `yaml:"office"`
}

// fitsPeers checks that a card may lie in a folder of peers: one that is there,
// of an office of the same federation, and not the office's own.
func fitsPeers(dir string, card *certs.Card) error {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: --dir is the folder that `peers` in spsd.yaml names; if it is that one, create it", err)
	}
	if err == nil && !info.IsDir() {
		err = usageError{fmt.Errorf("--dir %s is no folder", dir)}
	}
	if err != nil {
		return err
	}
	own, err := homeOf(dir)
	switch {
	case err != nil:
		return err
	case own.Federation != "" && own.Federation != card.Federation():
		return invalidError{fmt.Errorf("the card of %s is of the federation %s, and %s is of %s", card.Office(), card.Federation(), dir, own.Federation)}
	case own.Office == card.Office():
		return invalidError{fmt.Errorf("the card is that of %s itself, whose peers are in %s: accept those of others", own.Office, dir)}
	}
	return nil
}

// homeOf finds out whose peers are in a folder: by the configuration beside it,
// by the one card beside it, or at least by the cards in it.
func homeOf(dir string) (home, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return home{}, err
	}
	var own home
	file := filepath.Join(filepath.Dir(dir), "spsd.yaml")
	data, err := os.ReadFile(file)
	if err == nil {
		if err = yaml.Unmarshal(data, &own); err != nil {
			return home{}, invalidError{fmt.Errorf("%s: %w", file, err)}
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) || own != (home{}) {
		return own, err
	}
	if beside := cardsIn(filepath.Dir(dir)); len(beside) == 1 {
		return home{beside[0].Federation(), beside[0].Office()}, nil
	}
	if accepted := cardsIn(dir); len(accepted) > 0 {
		return home{Federation: accepted[0].Federation()}, nil
	}
	return home{}, nil
}

// cardsIn returns the cards of a folder that can be read.
func cardsIn(dir string) (cards []*certs.Card) {
	files, _ := filepath.Glob(filepath.Join(dir, "*"+certs.CardSuffix))
	for _, file := range files {
		if card, err := readCard(file); err == nil {
			cards = append(cards, card)
		}
	}
	return cards
}
