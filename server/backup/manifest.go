package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/spsalert/spsalert/certs"
)

// The names of the entries.
const (
	manifestName = "manifest.json"
	ledgerName   = "ledger.db"
	cardsFolder  = "cards"
	blobsFolder  = "blobs"
	endName      = "end.json"
)

// format is what a manifest begins with. A change that older programs would
// misread gets another number.
const format = "spsalert backup 1"

// ErrDamaged says that a file is not what was written as a backup, or not a
// backup at all. Another backup has to be taken.
var ErrDamaged = errors.New("the backup is damaged, or is none: take another")

// Manifest says what a backup holds.
type Manifest struct {
	Format     string    `json:"format"`
	Software   string    `json:"software"` // that made it
	Time       time.Time `json:"time"`     // of the snapshot
	Federation string    `json:"federation"`
	Office     string    `json:"office"`
	About
	Files []File `json:"files"`
}

// About says how far a ledger goes.
type About struct {
	Origin      string `json:"origin"` // of the newest own log
	Size        uint64 `json:"size"`   // of it, entries
	Root        []byte `json:"root"`   // of its tree
	StoreFormat int    `json:"store_format"`
}

// File is one file of a backup.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // lower-case hex
}

// end is the last entry.
type end struct {
	Attachments     uint64 `json:"attachments"`
	AttachmentBytes int64  `json:"attachment_bytes"`
	Missing         uint64 `json:"missing"` // attachments that the store names and that were not here, or damaged
	// Damaged are digests of those that were here and damaged, named or not, in
	// ascending order; at most maxDamaged.
	Damaged []string `json:"damaged,omitempty"`
}

var (
	cardName = regexp.MustCompile(`^cards/([A-Z]{2})\.card$`)
	blobName = regexp.MustCompile(`^blobs/([0-9a-f]{2})/([0-9a-f]{64})$`)
)

// decode reads the whole of a JSON document with no field that is not known.
func decode(r io.Reader, v any) error {
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one document")
	}
	return nil
}

// parseManifest reads a manifest that somebody else may have written.
func parseManifest(text []byte) (m Manifest, err error) {
	if err := decode(bytes.NewReader(text), &m); err != nil {
		return Manifest{}, fmt.Errorf("%w: manifest: %w", ErrDamaged, err)
	}
	if m.Format != format {
		if strings.HasPrefix(m.Format, "spsalert backup ") {
			return Manifest{}, fmt.Errorf("this is a %q, and this program reads %q: use the version that wrote it, %s", m.Format, format, m.Software)
		}
		return Manifest{}, fmt.Errorf("%w: manifest of format %q", ErrDamaged, m.Format)
	}
	if err := m.check(); err != nil {
		return Manifest{}, fmt.Errorf("%w: manifest: %w", ErrDamaged, err)
	}
	return m, nil
}

func (m Manifest) check() error {
	o, err := certs.ParseOrigin(m.Origin)
	switch {
	case err != nil:
		return err
	case string(o.Office) != m.Office || o.Federation != m.Federation:
		return fmt.Errorf("a log of %s in a backup of %s/%s", m.Origin, m.Federation, m.Office)
	case len(m.Root) != sha256.Size:
		return fmt.Errorf("a root of %d bytes", len(m.Root))
	case m.Time.IsZero() || m.StoreFormat < 1:
		return errors.New("it has no time or no format of the store")
	case len(m.Files) == 0 || m.Files[0].Name != ledgerName:
		return errors.New("its first file is not " + ledgerName)
	}
	last := ""
	for i, f := range m.Files {
		if digest, err := hex.DecodeString(f.SHA256); err != nil || len(digest) != sha256.Size || f.Bytes < 0 || strings.ToLower(f.SHA256) != f.SHA256 {
			return fmt.Errorf("%q has no size and digest", f.Name)
		}
		if i > 0 && (!cardName.MatchString(f.Name) || f.Name <= last || f.Bytes > certs.MaxSignedCard) {
			return fmt.Errorf("%q is no card, or out of order", f.Name)
		}
		if i > 0 {
			last = f.Name
		}
	}
	return nil
}
