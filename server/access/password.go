package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Parameters of argon2id: the second recommendation of RFC 9106, section 4, for
// where 2 GiB a hash are too much. A hash names its own, so that they can be
// raised; an older hash is renewed when its person signs in.
const (
	argonTime    = 3
	argonMemory  = 64 << 10 // KiB
	argonThreads = 4
	argonSalt    = 16 // bytes
	argonKey     = 32 // bytes

	// hashesAtOnce bounds the memory that sign-ins take, to 128 MiB.
	hashesAtOnce = 2

	minPassword = 12   // characters
	maxPassword = 1024 // bytes
)

// argonParameters are what a hash costs.
type argonParameters struct {
	memory, time uint32
	threads      uint8
}

// head begins the text of every hash of these parameters.
func (p argonParameters) head() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, p.memory, p.time, p.threads)
}

// noHash is what a password is compared with where there is no account, so that
// this takes as long as where there is one. No password has it.
func (p argonParameters) noHash() string {
	return p.head() + strings.Repeat("A", 22) + "$" + strings.Repeat("A", 43)
}

// checkPassword returns what is wrong with a new password, or "". Its length is
// what makes it hard to guess; what it is made of is the person's business.
func checkPassword(password, id string) string {
	switch {
	case !utf8.ValidString(password) || len(password) > maxPassword:
		return fmt.Sprintf("give at most %d bytes of text", maxPassword)
	case utf8.RuneCountInString(norm.NFC.String(password)) < minPassword:
		return fmt.Sprintf("give at least %d characters", minPassword)
	case strings.Contains(strings.ToLower(password), id) && len(password)-len(id) < minPassword:
		return "choose one that is not the account's name with little more"
	}
	return ""
}

// hashPassword returns the hash of a password with a new salt, as text:
// $argon2id$v=19$m=65536,t=3,p=4$salt$key. It waits for its turn.
func (r *Register) hashPassword(ctx context.Context, password string) (string, error) {
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt) // never fails, by its contract
	key, err := r.derive(ctx, password, salt, r.o.argon)
	if err != nil {
		return "", err
	}
	return r.o.argon.head() + base64.RawStdEncoding.EncodeToString(salt) + "$" + base64.RawStdEncoding.EncodeToString(key), nil
}

// isPassword reports whether a password has the hash. It waits for its turn.
func (r *Register) isPassword(ctx context.Context, hash, password string) (bool, error) {
	var (
		version int
		p       argonParameters
	)
	parts := strings.Split(hash, "$")
	if len(parts) != 6 {
		return false, fmt.Errorf("%w: hash of a password", errCorrupt)
	}
	_, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &p.memory, &p.time, &p.threads)
	if err != nil || parts[1] != "argon2id" || version != argon2.Version {
		return false, fmt.Errorf("%w: hash of a password", errCorrupt)
	}
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
	want, keyErr := base64.RawStdEncoding.DecodeString(parts[5])
	if saltErr != nil || keyErr != nil || len(want) != argonKey {
		return false, fmt.Errorf("%w: hash of a password", errCorrupt)
	}
	got, err := r.derive(ctx, password, salt, p)
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1, err
}

// derive hashes when it is its turn. The password is taken in Unicode form NFC,
// since keyboards differ in how they write the same letter.
func (r *Register) derive(ctx context.Context, password string, salt []byte, p argonParameters) ([]byte, error) {
	select {
	case r.hashing <- struct{}{}:
		defer func() { <-r.hashing }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return argon2.IDKey(norm.NFC.Bytes([]byte(password)), salt, p.time, p.memory, p.threads, argonKey), nil
}
