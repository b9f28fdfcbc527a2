package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"
	"go.yaml.in/yaml/v3"

	"github.com/spsalert/spsalert/certs"
)

// joinMemo is what only a person can know.
type joinMemo struct {
	// Told says when our fingerprint was read to an office.
	Told map[string]time.Time `yaml:"told"`
}

const joinFile = "join.yaml"

// tell asks whether our fingerprint was read to an office, once.
func (j *joining) tell(office string) error {
	const name = "our fingerprint"
	at, known := j.memo.Told[office]
	if !known && j.asks && j.ask(fmt.Sprintf("%s\nhave you read this fingerprint of yours to %s over the telephone?", j.own.Fingerprint(), office), "") == nil {
		if err := j.keep(office); err != nil {
			return err
		}
		at, known = j.memo.Told[office], true
	}
	if !known {
		j.left(name, fmt.Sprintf("call them, read them %s, then: %s --told %s", j.own.Fingerprint(), j.again(), office), "not read to them yet, as far as is known here")
		return nil
	}
	j.done(name, "read to them, %s", at.Local().Format(time.DateOnly))
	return nil
}

func (j *joining) remember() error {
	j.memo.Told = map[string]time.Time{}
	text, err := os.ReadFile(filepath.Join(j.dir, joinFile))
	if err == nil {
		err = yaml.Unmarshal(text, &j.memo)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", joinFile, err)
	}
	return j.keep(j.told...)
}

// keep notes that our fingerprint was read to offices.
func (j *joining) keep(offices ...string) error {
	if len(offices) == 0 {
		return nil
	}
	for _, office := range offices {
		if _, err := certs.ParseOffice(office); err != nil {
			return usageError{err}
		}
		j.memo.Told[office] = time.Now().UTC().Truncate(time.Second)
	}
	text, err := yaml.Marshal(j.memo)
	if err != nil {
		return err
	}
	return renameio.WriteFile(filepath.Join(j.dir, joinFile), text, 0o600)
}
