// Package realdata holds client and server together: what the importer and the
// sample of the client make must be valid by the law of the server, which the
// client itself never imports.
//
// The rows of a real export are read where they are: at the path in
// SPS_RASFF_WINDOW, or beside the repository, in
// ../shared/data/rasff-window-2024-2025. Where there are none, the rows written
// by hand in this package are all; they are tested in any case. Two more sets of
// real data are entered to see what the model cannot say: the lists of EUROPHYT,
// and notifications with codes of FoodEx2.
package realdata

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client/rasff"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// realText returns a file of real data, and false if there is none here.
func realText(t *testing.T, path string) (string, bool) {
	t.Helper()
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", false
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(data), true
}

// members are the offices of the federation that the demonstration mints.
var members = []certs.Office{"EU", "CN", "TH", "VN"}

const federation = "asean-cn"

// realFile is where a real export may be, from this folder.
var realFile = filepath.Join("..", "..", "..", "shared", "data", "rasff-window-2024-2025", "notifications.csv")

// realExport returns a real export, and false if there is none here.
func realExport(t *testing.T) ([]byte, bool) {
	t.Helper()
	path := os.Getenv("SPS_RASFF_WINDOW")
	if path == "" {
		path = realFile
	} else if _, err := os.Stat(path); err != nil {
		t.Fatalf("SPS_RASFF_WINDOW: %v", err)
	}
	data, found := realText(t, path)
	return []byte(data), found
}

// complete returns a statement with what a node fills in at issue.
func complete(s *spsv1.Statement, office certs.Office, requestID string) *spsv1.Statement {
	s = proto.CloneOf(s)
	s.Salt = bytes.Repeat([]byte{7}, 32)
	s.Federation, s.Office, s.RequestId = federation, string(office), requestID
	s.IssuedBy = &spsv1.Person{Id: "validator-1"}
	for _, a := range s.GetAddressees() {
		if a.GetOffice() != "" && !a.GetByHand() {
			a.CardNumber = 1
		}
	}
	return s
}

// outcome is what became of the rows of an export.
type outcome struct {
	rows, taken, issued, amended, unchanged int
	network                                 int // notifications to everybody
	refused                                 []string
	statements                              map[string]*spsv1.Statement // as issued, by request ID
	log                                     []statement.CaseEntry       // the same, in the order of issue
}

// run imports an export at a node that exists in this function only, and that
// refuses what law finds wrong.
func run(t *testing.T, export io.Reader, law func(*spsv1.Statement) statement.Problems) outcome {
	t.Helper()
	im := rasff.NewImporter(rasff.Options{Members: members})
	if err := im.Read(export); err != nil {
		t.Fatal(err)
	}
	o := outcome{rows: im.Rows(), statements: make(map[string]*spsv1.Statement)}
	for round := im.Round(); len(round) > 0; round = im.Round() {
		for _, step := range round {
			switch {
			case step.Err != nil:
				o.refused = append(o.refused, step.Err.Error())
				continue
			case step.Statement == nil:
				o.taken++
				o.unchanged++
				continue
			}
			s := complete(step.Statement, rasff.Office, step.RequestID)
			if problems := law(s); len(problems) > 0 {
				o.refused = append(o.refused, fmt.Sprintf("%s: %v", step, problems))
				im.Done(step.RequestID, nil)
				continue
			}
			if _, err := statement.Encode(s); err != nil {
				t.Errorf("%s: %v", step, err)
			}
			o.taken++
			o.issued++
			if s.GetAmendment() != nil {
				o.amended++
			}
			if s.GetNetwork() {
				o.network++
			}
			o.statements[step.RequestID] = s
			o.log = append(o.log, statement.CaseEntry{
				Origin: certs.Origin{Federation: federation, Office: rasff.Office, Epoch: 1}, Sequence: uint64(o.issued),
				Hash: [32]byte(bytes.Repeat([]byte{9}, 32)), Time: time.Unix(int64(o.issued), 0), Statement: s,
			})
			im.Done(step.RequestID, &spsv1.IssuedStatement{
				Reference: fmt.Sprintf("EU-2026-%06d", o.issued),
				Statement: s,
				Entry: &spsv1.EntryRef{
					Origin: federation + "/EU/1", Sequence: uint64(o.issued), RecordHash: bytes.Repeat([]byte{9}, 32),
				},
			})
		}
	}
	return o
}

// TestRASFFWindow imports a whole real export where there is one.
func TestRASFFWindow(t *testing.T) {
	data, found := realExport(t)
	if !found {
		// The test of the synthetic rows holds the same law.
		t.Logf("no real export at %s", realFile)
		return
	}
	began := time.Now()
	o := run(t, bytes.NewReader(data), statement.Check)
	t.Logf("%d rows in %v: %d issued (%d amendments, %d to everybody), %d say nothing new, %d refused",
		o.rows, time.Since(began), o.issued, o.amended, o.network, o.unchanged, len(o.refused))
	for _, reason := range o.refused {
		t.Log(reason)
	}
	if o.rows < 1000 {
		t.Errorf("rows = %d, want a real export", o.rows)
	}
	if o.taken*100 < o.rows*99 {
		t.Errorf("taken %d of %d rows, want at least 99 %%", o.taken, o.rows)
	}
	if o.issued+o.unchanged != o.taken || o.taken+len(o.refused) != o.rows {
		t.Errorf("issued %d, unchanged %d, taken %d, refused %d do not add up to %d rows",
			o.issued, o.unchanged, o.taken, len(o.refused), o.rows)
	}
	if o.network == 0 || o.network == o.issued {
		t.Errorf("%d of %d statements went to everybody, want some and not all", o.network, o.issued)
	}

	// Once is enough for the law, which is the slow part.
	again := run(t, bytes.NewReader(data), func(*spsv1.Statement) statement.Problems { return nil })
	if len(again.statements) != len(o.statements) {
		t.Errorf("the second import issues %d statements, want the same %d", len(again.statements), len(o.statements))
	}
	for id, s := range again.statements {
		if statement.Fingerprint(s) != statement.Fingerprint(o.statements[id]) {
			t.Errorf("request %s differs at the second import:\n%v\n%v", id, s, o.statements[id])
		}
	}
}
