package server_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/intake"
	"github.com/spsalert/spsalert/server/office"
	"github.com/spsalert/spsalert/server/trader"
)

// whole names every key of the configuration file.
const whole = `
federation: asean-cn
office: VN
data: store
anchor: /media/anchor
identity:
  certificate: id/node.pem
  key: id/node.key
  log_key: id/log.key
  receipt_key: id/receipt.key
  card: id/VN.card
peers: /etc/spsd/peers
listen: {peers: "0.0.0.0:7443", office: 127.0.0.1:1, web: "[::]:7445", ops: "off"}
web: {certificate: web.pem, key: web.key}
log: {level: debug, format: text}
telemetry: {endpoint: "https://collector.test:4317"}
rates: {read: 10/s, write: 20/m, issue: off, watches: 3, failures: 4/h, refusals: 5/m}
tokens: {max_age: 24h, most: 7, keep: 2400h}
accounts: {session: 1h, setup: 2h}
units: lan.nguyen=plant; gate=huu-nghi
systems: plant-portal=border_rejection,follow_up; food-portal=alert
audit: {keep: off}
backup: {folder: /mnt/backup, every: off, keep: 3, recipients: backup.recipients, work: /fast}
four_eyes: {alone: "border_rejection, closure", out_of_hours: true}
focal_point: sps-office
desk: {call_after: 50}
imports: {bytes: 8MiB, rows: 1000, open: 2, kept: 20, keep: 48h}
exporters: {at_once: 'alert,border_rejection', answer_within: 24h, exact_code: 6, answers: 100, answer_files: 50, answer_length: 5000}
limits: {store: 1TiB, peer_reserve: 8MiB, connections: 200, attachments: 2TiB, attachments_keep: 24h, upload_pace: 512, request: 2MiB, heartbeat: 5s, drain: 1m, reload: 30s, query_rows: 5000, query_size: 1KiB, query_words: 3, query_terms: 7}
`

func writeConfig(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "spsd.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestLoadConfigEveryKey(t *testing.T) {
	file := writeConfig(t, whole)
	dir := filepath.Dir(file)
	want := server.Config{
		Federation: "asean-cn", Office: "VN",
		Data: filepath.Join(dir, "store"), Anchor: "/media/anchor",
		Identity: server.IdentityFiles{
			Certificate: filepath.Join(dir, "id/node.pem"), Key: filepath.Join(dir, "id/node.key"),
			LogKey: filepath.Join(dir, "id/log.key"), ReceiptKey: filepath.Join(dir, "id/receipt.key"),
			Card: filepath.Join(dir, "id/VN.card"),
		},
		Peers:     "/etc/spsd/peers",
		Listen:    server.Listen{Peers: "0.0.0.0:7443", Office: "127.0.0.1:1", Web: "[::]:7445"},
		Web:       server.WebFiles{Certificate: filepath.Join(dir, "web.pem"), Key: filepath.Join(dir, "web.key")},
		Log:       server.Log{Level: slog.LevelDebug, Format: "text"},
		Telemetry: server.Telemetry{Endpoint: "https://collector.test:4317"},
		Limits: server.Limits{
			Store: 1 << 40, PeerReserve: 8 << 20, Connections: 200, Attachments: 2 << 40, AttachmentsKeep: 24 * time.Hour, UploadPace: 512,
			Request: 2 << 20, Heartbeat: 5 * time.Second, Drain: time.Minute, Reload: 30 * time.Second,
		},
		Queries: casebook.Limits{Rows: 5000, Size: 1 << 10, Words: 3, Terms: 7},
		Access: server.Access{
			Limits: access.Limits{
				Read: access.Rate{Count: 10, Per: time.Second}, Write: access.Rate{Count: 20, Per: time.Minute}, Watches: 3,
				Failures: access.Rate{Count: 4, Per: time.Hour}, Refusals: access.Rate{Count: 5, Per: time.Minute},
			},
			TokenAge: 24 * time.Hour, Tokens: 7, SessionAge: time.Hour, SetupAge: 2 * time.Hour, TokenKeep: 2400 * time.Hour,
			Units: map[string]string{"lan.nguyen": "plant", "gate": "huu-nghi"},
			Systems: map[string]access.Scope{
				"plant-portal": {Classifications: []spsv1.Classification{spsv1.Classification_CLASSIFICATION_BORDER_REJECTION}, Kinds: []string{"follow_up"}},
				"food-portal":  {Classifications: []spsv1.Classification{spsv1.Classification_CLASSIFICATION_ALERT}},
			},
		},
		Backup: server.Backups{Folder: "/mnt/backup", Keep: 3, Recipients: filepath.Join(dir, "backup.recipients"), Work: "/fast"},
		FourEyes: office.FourEyes{
			Alone: access.Scope{
				Classifications: []spsv1.Classification{spsv1.Classification_CLASSIFICATION_BORDER_REJECTION}, Kinds: []string{"closure"},
			},
			OutOfHours: true,
		},
		Exporters: trader.Rule{
			AtOnce:       []spsv1.Classification{spsv1.Classification_CLASSIFICATION_ALERT, spsv1.Classification_CLASSIFICATION_BORDER_REJECTION},
			AnswerWithin: 24 * time.Hour, Answers: 100, Files: 50, Length: 5000, ExactCode: 6,
		},
		Imports:   intake.Limits{Bytes: 8 << 20, Rows: 1000, Open: 2, Kept: 20, Keep: 48 * time.Hour},
		CallAfter: 50, FocalPoint: "sps-office",
	}
	got, err := server.LoadConfig(file, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("LoadConfig (-want +got):\n%s", diff)
	}
	for _, s := range server.Settings() {
		last := s.Key[strings.LastIndexByte(s.Key, '.')+1:]
		if !strings.Contains(whole, last+":") {
			t.Errorf("the test's file does not name %s", s.Key)
		}
	}
}

func TestLoadConfigDefaults(t *testing.T) {
	file := writeConfig(t, "federation: asean-cn\noffice: TH\n")
	dir := filepath.Dir(file)
	want := server.Config{
		Federation: "asean-cn", Office: "TH",
		Data: filepath.Join(dir, "data"), Anchor: filepath.Join(dir, "data", "anchor"),
		Identity: server.IdentityFiles{
			Certificate: filepath.Join(dir, "node.pem"), Key: filepath.Join(dir, "node.key"),
			LogKey: filepath.Join(dir, "log.key"), ReceiptKey: filepath.Join(dir, "receipt.key"),
			Card: filepath.Join(dir, "TH.card"),
		},
		Peers:  filepath.Join(dir, "peers"),
		Listen: server.Listen{Office: "127.0.0.1:7444", Ops: "127.0.0.1:7446"},
		Log:    server.Log{Level: slog.LevelInfo, Format: "json"},
		Limits: server.Limits{
			Store: 64 << 30, PeerReserve: 4 << 20, Connections: 64, Attachments: 64 << 30, AttachmentsKeep: 72 * time.Hour, UploadPace: 2 << 10,
			Request: 1 << 20, Heartbeat: 15 * time.Second, Drain: 5 * time.Second, Reload: 5 * time.Second,
		},
		Queries: casebook.DefaultLimits(),
		Access: server.Access{
			Limits: access.DefaultLimits(), TokenAge: access.DefaultTokenAge, Tokens: access.DefaultTokens,
			SessionAge: access.DefaultSessionAge, SetupAge: access.DefaultSetupAge,
			AuditKeep: 10 * 365 * 24 * time.Hour, TokenKeep: 2 * 365 * 24 * time.Hour,
		},
		Backup: server.Backups{Every: 24 * time.Hour, Keep: 14, Work: filepath.Join(dir, "data")}, CallAfter: 100, Exporters: trader.Rule{AnswerWithin: 72 * time.Hour, ExactCode: 4, Answers: 200, Files: 500, Length: 20000},
		Imports: intake.Limits{Bytes: 32 << 20, Rows: 50_000, Open: 10, Kept: 200, Keep: 720 * time.Hour},
	}
	got, err := server.LoadConfig(file, []string{"HOME=/root"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("LoadConfig (-want +got):\n%s", diff)
	}
}

// TestDocumentedConfig loads the example of the documents, which names every
// key, and compares it with the defaults.
func TestDocumentedConfig(t *testing.T) {
	page, err := os.ReadFile("../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(page), "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	file := writeConfig(t, example)
	got, err := server.LoadConfig(file, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("federation: asean-cn\noffice: VN\nlisten: {peers: 0.0.0.0:7443}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	want, err := server.LoadConfig(file, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("documented and real defaults (-real +documented):\n%s", diff)
	}
	for _, s := range server.Settings() {
		if last := s.Key[strings.LastIndexByte(s.Key, '.')+1:]; !strings.Contains(example, last+":") {
			t.Errorf("docs/configuration.md does not name %s", s.Key)
		}
	}
}

func TestLoadConfigLayers(t *testing.T) {
	file := writeConfig(t, "federation: asean-cn\noffice: VN\ndata: from-file\nlisten: {peers: 127.0.0.1:1, ops: 127.0.0.1:1}\n")
	got, err := server.LoadConfig(file,
		[]string{"SPSD_LISTEN_PEERS=127.0.0.1:2", "SPSD_LISTEN_OPS=127.0.0.1:2", "SPSD_DATA=/from/environment"},
		map[string]string{"listen-ops": "127.0.0.1:3"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, got, want string }{
		{"variable above file", got.Listen.Peers, "127.0.0.1:2"},
		{"flag above variable", got.Listen.Ops, "127.0.0.1:3"},
		{"path of a variable", got.Data, "/from/environment"},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, tc.got, tc.want)
		}
	}
}

func TestLoadConfigReportsEverythingAtOnce(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		environ    []string
		want       []string // "where: key: sentence" without the folder; a prefix is enough
	}{
		{"empty file", "", nil, []string{
			"spsd.yaml: federation: is required",
			"spsd.yaml: office: is required",
		}},
		{"many", "federation: ASEAN\noffice: Vietnam\nlisten:\n  peers: 7443\n  webs: x\nlog: {level: loud, format: xml}\ncolour: red\n", []string{"SPSD_OFICE=VN"}, []string{
			"spsd.yaml:5: listen.webs: is not a key; the keys here are peers, office, web, ops",
			"spsd.yaml:7: colour: is not a key; the keys here are federation, office,",
			"SPSD_OFICE: is not a variable of spsd",
			`spsd.yaml:1: federation: "ASEAN" is not`,
			`spsd.yaml:2: office: office "Vietnam" is not two upper case letters`,
			`spsd.yaml:4: listen.peers: "7443" is not host:port`,
			`spsd.yaml:6: log.level: "loud" is none of`,
			`spsd.yaml:6: log.format: "xml" is neither`,
		}},
		{"shapes", "federation: [a]\noffice: VN\noffice: VN\nlisten: 1\ndata:\n", nil, []string{
			"spsd.yaml:1: federation: is not a single value",
			"spsd.yaml:3: office: is given twice",
			"spsd.yaml:4: listen: is not a group of keys",
			"spsd.yaml:5: data: has no value",
			"spsd.yaml: federation: is required",
		}},
		{"limits", "federation: f\noffice: VN\nlimits: {store: 1GB, request: 1KiB, heartbeat: 15, drain: 1h, query_rows: 5, query_size: 1MiB, query_words: many, query_terms: 0}\n", nil, []string{
			`spsd.yaml:3: limits.store: "1GB" is not a size`,
			"spsd.yaml:3: limits.request: 1KiB is not between",
			`spsd.yaml:3: limits.heartbeat: "15" is not a duration`,
			"spsd.yaml:3: limits.drain: 1h is not between",
			"spsd.yaml:3: limits.query_rows: 5 is not between 1000 and 100000000",
			"spsd.yaml:3: limits.query_size: 1MiB is not between",
			`spsd.yaml:3: limits.query_words: "many" is not a whole number`,
			"spsd.yaml:3: limits.query_terms: 0 is not between 1 and 1000",
		}},
		{"systems", "federation: f\noffice: VN\nsystems: nsw=alert,everything\n", nil, []string{
			`spsd.yaml:3: systems: nsw: "everything" is none of alert, border_rejection,`,
		}},
		{"alone in no case", "federation: f\noffice: VN\nfour_eyes: {alone: 'closure,announcement'}\n", nil, []string{
			`spsd.yaml:3: four_eyes.alone: "closure,announcement" names no classification: add those of the cases`,
		}},
		{"a system without a name", "federation: f\noffice: VN\nsystems: alert\n", nil, []string{
			`spsd.yaml:3: systems: "alert" does not begin with the id of a system and =`,
		}},
		{"a system twice", "federation: f\noffice: VN\nsystems: nsw=alert; nsw=news\n", nil, []string{"spsd.yaml:3: systems: nsw is given twice"}},
		{"kept for no time", "federation: f\noffice: VN\naudit: {keep: 1h}\n", nil, []string{"spsd.yaml:3: audit.keep: 1h is not between"}},
		{"half a web certificate", "federation: f\noffice: VN\nweb: {key: web.key}\n", nil, []string{
			"spsd.yaml: web: give both web.certificate and web.key, or neither",
		}},
		{"not YAML", "federation: {", nil, []string{"spsd.yaml: line 1:", "spsd.yaml: federation: is required", "spsd.yaml: office: is required"}},
		{"two documents", "federation: f\noffice: VN\n---\na: b\n", nil, []string{"spsd.yaml: holds more than one document"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			file := writeConfig(t, tc.text)
			_, err := server.LoadConfig(file, tc.environ, nil)
			var got *server.ConfigError
			if !errors.As(err, &got) {
				t.Fatalf("LoadConfig = %v, want a ConfigError", err)
			}
			lines := strings.Split(strings.ReplaceAll(got.Error(), filepath.Dir(file)+"/", ""), "\n")
			if len(lines) != len(tc.want) {
				t.Errorf("%d problems, want %d:\n%s", len(lines), len(tc.want), strings.Join(lines, "\n"))
			}
			for i := range min(len(lines), len(tc.want)) {
				if !strings.HasPrefix(lines[i], tc.want[i]) {
					t.Errorf("problem %d = %q, want it to begin with %q", i, lines[i], tc.want[i])
				}
			}
		})
	}
}

func TestLoadConfigWithoutFile(t *testing.T) {
	_, err := server.LoadConfig(filepath.Join(t.TempDir(), "none.yaml"), nil, nil)
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("LoadConfig = %v, want it to say that the file does not exist", err)
	}
}

func FuzzLoadConfig(f *testing.F) {
	f.Add(whole)
	f.Add("federation: *x")
	f.Add("a: &a [*a]")
	f.Add("<<: {office: VN}")
	f.Add("- 1\n- 2")
	f.Fuzz(func(t *testing.T, text string) {
		file := writeConfig(t, text)
		c, err := server.LoadConfig(file, nil, nil)
		if err == nil && (c.Federation == "" || !c.Office.Valid()) {
			t.Errorf("LoadConfig accepted federation %q, office %q", c.Federation, c.Office)
		}
	})
}
