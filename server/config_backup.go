package server

import (
	"strconv"
	"time"

	"filippo.io/age"

	"github.com/spsalert/spsalert/server/backup"
)

// Backups says where and when a node makes backups.
type Backups struct {
	Folder     string        // empty: the node makes none
	Every      time.Duration // 0: only when somebody asks
	Keep       int           // so many stay in the folder
	Recipients string        // file of age recipients; empty: backups are not encrypted
	Work       string        // folder for the copy of the store while it is checked and packed
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
		path("backup.folder", "folder of the node's backups, best on another machine; the node makes none if not given", func(b *Backups) *string { return &b.Folder }),
		{Key: "backup.every", Default: "24h", Doc: "how often; off: only when somebody asks, by spsctl backup create", set: func(c *Config, v string) (err error) {
			if v == "off" {
				c.Backup.Every = 0
				return nil
			}
			c.Backup.Every, err = parseWait(v, time.Minute, 31*24*time.Hour)
			return err
		}},
		{Key: "backup.keep", Default: strconv.Itoa(14), Doc: "how many backups stay in the folder; older ones are removed after a good one", set: func(c *Config, v string) (err error) {
			c.Backup.Keep, err = parseCount(v)
			return err
		}},
		path("backup.recipients", "file of public keys of age, one a line, that backups are encrypted to; not encrypted if not given", func(b *Backups) *string { return &b.Recipients }),
		path("backup.work", "folder with room for one more ledger.db, on a quick disk, used while a backup is made; the data folder if not given", func(b *Backups) *string { return &b.Work }),
	}
}
