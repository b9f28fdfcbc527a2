package server

import (
	"filippo.io/age"

	"github.com/spsalert/spsalert/server/backup"
)

// Backups says where backups of a node go.
type Backups struct {
	Folder     string // empty: none
	Recipients string // file of age recipients; empty: backups are not encrypted
	Work       string // folder for the copy of the store while it is checked and packed
}

// LoadRecipients returns those to whom backups are encrypted; none if they are
// not.
func (b Backups) LoadRecipients() ([]age.Recipient, error) {
	if b.Recipients == "" {
		return nil, nil
	}
	return backup.LoadRecipients(b.Recipients)
}

// backupSettings returns the keys of [Backups].
func backupSettings() []Setting {
	path := func(key, doc string, field func(*Backups) *string) Setting {
		return Setting{Key: key, Doc: doc, path: true, set: func(c *Config, v string) error {
			*field(&c.Backup) = v
			return nil
		}}
	}
	return []Setting{
		path("backup.folder", "folder of backups, best on another machine: where spsd store backup puts them that is given no file", func(b *Backups) *string { return &b.Folder }),
		path("backup.recipients", "file of public keys of age, one a line, that backups are encrypted to; not encrypted if not given", func(b *Backups) *string { return &b.Recipients }),
		path("backup.work", "folder with room for one more ledger.db, on a quick disk, used while a backup is made; the data folder if not given", func(b *Backups) *string { return &b.Work }),
	}
}
