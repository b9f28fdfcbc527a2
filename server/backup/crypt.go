package backup

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"filippo.io/age"
)

// LoadRecipients reads those to whom backups are encrypted from a file, one a
// line, as age-keygen prints them (age1…); lines that begin with # are comments.
func LoadRecipients(path string) ([]age.Recipient, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("recipients of backups: %w", err)
	}
	recipients, err := age.ParseRecipients(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("recipients of backups: %s: %w: give public keys that begin with age1, one a line", path, err)
	}
	return recipients, nil
}

// LoadIdentities reads what opens backups from a file, as age-keygen writes it.
func LoadIdentities(path string) ([]age.Identity, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	identities, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("identity: %s: %w: give the file that age-keygen wrote; if it has a passphrase, open it first: age -d -o FILE", path, err)
	}
	return identities, nil
}

var (
	// ErrEncrypted says that a backup wants an identity to be opened.
	ErrEncrypted = errors.New("the backup is encrypted: give the file of an identity that opens it: -identity FILE")

	// ErrWrongIdentity says that a backup was encrypted to others.
	ErrWrongIdentity = errors.New("none of the identities given opens the backup: it was encrypted to other recipients")
)

// ageIntro begins every age file.
const ageIntro = "age-encryption.org/"

// open returns the archive in a backup, and whether it was encrypted.
func open(r io.Reader, identities []age.Identity) (io.Reader, bool, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	intro, err := b.Peek(len(ageIntro))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, false, err
	}
	if string(intro) != ageIntro {
		return b, false, nil
	}
	if len(identities) == 0 {
		return nil, true, ErrEncrypted
	}
	plain, err := age.Decrypt(b, identities...)
	var none *age.NoIdentityMatchError
	switch {
	case errors.As(err, &none):
		return nil, true, ErrWrongIdentity
	case err != nil:
		return nil, true, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return plain, true, nil
}
