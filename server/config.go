package server

import (
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/intake"
	"github.com/spsalert/spsalert/server/office"
	"github.com/spsalert/spsalert/server/trader"
)

// Config is what an administrator decides about a node. [LoadConfig] makes it
// from a file, the environment and flags; [Settings] describes every key.
type Config struct {
	Federation string
	Office     certs.Office
	Data       string // folder of ledger.db
	Anchor     string // the anchor file; best on other media than Data
	Identity   IdentityFiles
	Peers      string // folder of the accepted cards
	Codes      string // folder of the files of code lists; empty: none
	Listen     Listen
	Web        WebFiles
	Log        Log
	Telemetry  Telemetry
	Limits     Limits
	Queries    casebook.Limits
	Access     Access
	Backup     Backups
	FourEyes   office.FourEyes
	Imports    intake.Limits
	// FocalPoint is the unit whose people are the focal point; "": there is none.
	FocalPoint string
	Exporters  trader.Rule
	// CallAfter is after how much of its time somebody is telephoned who has not
	// acknowledged an alert, in percent.
	CallAfter int
}

// IdentityFiles are the files that make a node the node of its office.
type IdentityFiles struct {
	Certificate string // PEM, the leaf first
	Key         string // PEM, of the certificate
	LogKey      string // PEM, signs checkpoints
	ReceiptKey  string // PEM, signs receipts
	Card        string // the office's own peer card
}

// WebFiles are the certificate that the web listener shows, and its key. Both
// are empty if it shows the node's own, which browsers do not know.
type WebFiles struct {
	Certificate string // PEM, the leaf first
	Key         string // PEM
}

// Listen are the addresses at which a node listens, host:port; port 0 lets the
// system choose one.
type Listen struct {
	Peers  string // empty: this node only dials out
	Office string
	Web    string // empty: none
	Ops    string // empty: none
}

// Log says what is logged and how.
type Log struct {
	Level  slog.Level
	Format string // "json" or "text"
}

// Limits bound what the node takes and how long it waits.
type Limits struct {
	Store int64 // largest size of ledger.db, bytes
	// PeerReserve is how many bytes of the store's reserve for urgent work the
	// entries of one peer may take in a day.
	PeerReserve int64

	// Attachments is the largest size of all attachments together, bytes, and
	// AttachmentsKeep how long one is kept that no statement names.
	Attachments     int64
	AttachmentsKeep time.Duration
	UploadPace      int64 // bytes a second that an upload has to bring
	Connections     int   // that one address may have to the listener of peers

	Request   int           // largest request at the office and web listeners, bytes
	Heartbeat time.Duration // a watch that has nothing to say says so this often
	Drain     time.Duration // a stopping node waits so long for calls to end
	Reload    time.Duration // certificate, cards, code lists and clock are looked at this often
}

// Ledger returns the path of the ledger's file.
func (c Config) Ledger() string { return filepath.Join(c.Data, "ledger.db") }

// Blobs returns the folder of the attachments.
func (c Config) Blobs() string { return filepath.Join(c.Data, "blobs") }

// Setting describes one key of the configuration. The same key is a path in
// the YAML file, a variable of the environment and a flag.
type Setting struct {
	Key     string // path in the file, such as "listen.peers"
	Default string // as text; empty: none, and then Doc says what that means
	Doc     string // one line

	path bool // a file or folder, relative to the file that names it
	set  func(*Config, string) error
}

// Env returns the variable of the environment that overrides the file.
func (s Setting) Env() string {
	return "SPSD_" + strings.ToUpper(strings.ReplaceAll(s.Key, ".", "_"))
}

// Flag returns the name of the flag that overrides file and environment.
func (s Setting) Flag() string {
	return strings.NewReplacer(".", "-", "_", "-").Replace(s.Key)
}

// Settings returns every key of the configuration, in the order in which a
// person would write them.
func Settings() []Setting {
	path := func(key, def, doc string, field func(*Config) *string) Setting {
		return Setting{Key: key, Default: def, Doc: doc, path: true, set: func(c *Config, v string) error {
			*field(c) = v
			return nil
		}}
	}
	address := func(key, def, doc string, optional bool, field func(*Config) *string) Setting {
		return Setting{Key: key, Default: def, Doc: doc, set: func(c *Config, v string) (err error) {
			*field(c), err = parseAddress(v, optional)
			return err
		}}
	}
	return append([]Setting{
		{Key: "federation", Doc: "name of the federation, such as asean-cn; required", set: setFederation},
		{Key: "office", Doc: "code of this office, such as VN; required", set: setOffice},
		path("data", "data", "folder of ledger.db and of the attachments", func(c *Config) *string { return &c.Data }),
		path("anchor", "", "the anchor file, best on other media; anchor in the data folder if not given", func(c *Config) *string { return &c.Anchor }),
		path("identity.certificate", "node.pem", "certificate of this node", func(c *Config) *string { return &c.Identity.Certificate }),
		path("identity.key", "node.key", "its private key", func(c *Config) *string { return &c.Identity.Key }),
		path("identity.log_key", "log.key", "private key that signs checkpoints", func(c *Config) *string { return &c.Identity.LogKey }),
		path("identity.receipt_key", "receipt.key", "private key that signs receipts", func(c *Config) *string { return &c.Identity.ReceiptKey }),
		path("identity.card", "", "this office's own peer card; OFFICE.card beside the file, such as VN.card, if not given", func(c *Config) *string { return &c.Identity.Card }),
		path("peers", "peers", "folder of the accepted peer cards, *.card", func(c *Config) *string { return &c.Peers }),
		path("codes.folder", "", "folder of the files of code lists, such as hs@2022.csv; only the built-in lists if not given", func(c *Config) *string { return &c.Codes }),
		address("listen.peers", "", "address for peers, such as 0.0.0.0:7443; this node only dials out if not given", true, func(c *Config) *string { return &c.Listen.Peers }),
		address("listen.office", "127.0.0.1:7444", "address for the people and systems of this office", false, func(c *Config) *string { return &c.Listen.Office }),
		address("listen.web", "off", "address of the REST interface and its page /docs, over HTTPS, such as 0.0.0.0:7445; off: none", true, func(c *Config) *string { return &c.Listen.Web }),
		address("listen.ops", "127.0.0.1:7446", "address of /metrics, /healthz, /readyz and, on loopback only, pprof; off: none", true, func(c *Config) *string { return &c.Listen.Ops }),
		path("web.certificate", "", "certificate for the host name of listen.web; the node's own, which browsers do not know, if not given", func(c *Config) *string { return &c.Web.Certificate }),
		path("web.key", "", "its private key; given with web.certificate", func(c *Config) *string { return &c.Web.Key }),
		{Key: "log.level", Default: "info", Doc: "least level that is logged: debug, info, warn, error", set: func(c *Config, v string) error {
			if err := c.Log.Level.UnmarshalText([]byte(v)); err != nil {
				return fmt.Errorf("%q is none of debug, info, warn, error", v)
			}
			return nil
		}},
		{Key: "log.format", Default: "json", Doc: "json or text", set: func(c *Config, v string) error {
			if v != "json" && v != "text" {
				return fmt.Errorf("%q is neither json nor text", v)
			}
			c.Log.Format = v
			return nil
		}},
		{Key: "telemetry.endpoint", Doc: "OTLP collector for traces, over gRPC, such as http://127.0.0.1:4317; no traces if not given", set: func(c *Config, v string) error {
			return c.Telemetry.set(v)
		}},
		{Key: "limits.store", Default: "64GiB", Doc: "largest size of ledger.db; below the disk's", set: func(c *Config, v string) (err error) {
			c.Limits.Store, err = parseSize(v, 128<<20, 1<<44)
			return err
		}},
		{Key: "limits.peer_reserve", Default: "4MiB", Doc: "of the 64 MiB kept for urgent work, how much one peer's urgent entries may take in a day; all peers together eight times that", set: func(c *Config, v string) (err error) {
			c.Limits.PeerReserve, err = parseSize(v, 1<<20, 1<<30)
			return err
		}},
		{Key: "limits.attachments", Default: "64GiB", Doc: "largest size of all attachments together, own ones and those of peers", set: func(c *Config, v string) (err error) {
			c.Limits.Attachments, err = parseSize(v, 64<<20, 1<<50)
			return err
		}},
		{Key: "limits.attachments_keep", Default: "72h", Doc: "an attachment that was uploaded and that no statement names is removed after this", set: func(c *Config, v string) (err error) {
			c.Limits.AttachmentsKeep, err = parseWait(v, time.Minute, 90*24*time.Hour)
			return err
		}},
		{Key: "limits.upload_pace", Default: "2KiB", Doc: "an upload that brings fewer bytes a second than this, from its second minute on, is ended", set: func(c *Config, v string) (err error) {
			c.Limits.UploadPace, err = parseSize(v, 1, 1<<20)
			return err
		}},
		{Key: "limits.connections", Default: "64", Doc: "connections that one address may have to the listener of peers; more where many offices stand behind one", set: func(c *Config, v string) (err error) {
			c.Limits.Connections, err = parseCount(v)
			return err
		}},
		{Key: "limits.request", Default: "1MiB", Doc: "largest request at the office and web listeners", set: func(c *Config, v string) error {
			n, err := parseSize(v, 512<<10, 64<<20)
			c.Limits.Request = int(n)
			return err
		}},
		{Key: "limits.heartbeat", Default: "15s", Doc: "a watch that has nothing to say says so this often", set: func(c *Config, v string) (err error) {
			c.Limits.Heartbeat, err = parseWait(v, time.Second, time.Minute)
			return err
		}},
		{Key: "limits.drain", Default: "5s", Doc: "a stopping node waits so long for calls to end", set: func(c *Config, v string) (err error) {
			c.Limits.Drain, err = parseWait(v, 0, 10*time.Minute)
			return err
		}},
		{Key: "limits.reload", Default: "5s", Doc: "certificate, cards, code lists and clock are looked at this often, all but the clock at once on SIGHUP", set: func(c *Config, v string) (err error) {
			c.Limits.Reload, err = parseWait(v, 100*time.Millisecond, time.Hour)
			return err
		}},
	}, slices.Concat(querySettings(), eyesSettings(), exporterSettings(), deskSettings(), accessSettings(), backupSettings(), importSettings())...)
}

func setFederation(c *Config, v string) error {
	if !certs.ValidFederation(v) {
		return fmt.Errorf("%q is not 1 to 63 lower case letters, digits and hyphens such as asean-cn", v)
	}
	c.Federation = v
	return nil
}

func setOffice(c *Config, v string) (err error) {
	c.Office, err = certs.ParseOffice(v)
	return err
}

// parseAddress reads host:port, or "off" as the empty string.
func parseAddress(v string, optional bool) (string, error) {
	if optional && v == "off" {
		return "", nil
	}
	_, port, err := net.SplitHostPort(v)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return "", fmt.Errorf("%q is not host:port such as 127.0.0.1:7443", v)
	}
	return v, nil
}

// parseSize reads a number of bytes with an optional unit.
func parseSize(v string, least, most int64) (int64, error) {
	number, unit := v, int64(1)
	for suffix, factor := range map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40} {
		if rest, ok := strings.CutSuffix(v, suffix); ok {
			number, unit = strings.TrimSpace(rest), factor
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is not a size such as 512MiB or 64GiB", v)
	case n < 0 || n > most/unit || n*unit < least:
		return 0, fmt.Errorf("%s is not between %d and %d bytes", v, least, most)
	}
	return n * unit, nil
}

// parseWait reads a duration.
func parseWait(v string, least, most time.Duration) (time.Duration, error) {
	d, err := time.ParseDuration(v)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is not a duration such as 15s", v)
	case d < least || d > most:
		return 0, fmt.Errorf("%s is not between %s and %s", v, least, most)
	}
	return d, nil
}
