package intake_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/intake"
	"github.com/spsalert/spsalert/server/sheet/table"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/bolt"
	"github.com/spsalert/spsalert/server/upload"
)

const tableThings store.Table = "test.things"

// desk is an office that imports things, over a real store, behind a real guard.
type desk struct {
	spsv1.ImportServiceClient
	t        testing.TB
	folder   string
	store    *bolt.Store
	register *access.Register
	things   *things
	limits   intake.Limits
	ahead    atomic.Int64 // of the real clock
	service  *intake.Service
	roster   *certs.Roster
	stop     func()
	stopping chan struct{} // closed when imports are told to end
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	d := &desk{
		t: t, folder: t.TempDir(), things: &things{}, roster: authority.ForTest(t, "VN").Office("VN").Roster,
		limits: intake.Limits{Bytes: 1 << 20, Rows: 5000, Open: 3, Kept: 5, Keep: time.Hour},
	}
	s, err := bolt.Create(filepath.Join(d.folder, "ledger.db"), d.tables())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	d.start()
	t.Cleanup(func() { d.stop() })
	return d
}

func (d *desk) tables() bolt.Options {
	return bolt.Options{Tables: append(append(access.Tables(), intake.Tables()...), tableThings), Appended: access.AppendedTables(), InitialMmapSize: 64 << 20}
}

// start opens what is in the folder, and runs imports until stop is called.
func (d *desk) start() {
	d.t.Helper()
	var err error
	if d.store, err = bolt.Open(filepath.Join(d.folder, "ledger.db"), d.tables()); err != nil {
		d.t.Fatal(err)
	}
	blobs, err := blob.Open(blob.Options{Dir: filepath.Join(d.folder, "blobs"), Quota: 1 << 30, Keep: time.Hour})
	if err != nil {
		d.t.Fatal(err)
	}
	logger := slog.New(slog.NewTextHandler(d.t.Output(), nil))
	d.register = access.OpenRegister(access.RegisterOptions{Store: d.store, Roster: d.roster, Now: d.clock, Logger: logger, Limits: access.DefaultLimits()})
	d.things.store = d.store
	d.service = intake.New(intake.Options{
		Store: d.store, Blobs: blobs, Kinds: []intake.Kind{d.things}, Limits: d.limits, Now: d.clock, Resume: d.register.Resume,
		Incarnation: func() [16]byte { return [16]byte{1} }, Uploads: new(upload.Desk), UploadPace: 1 << 10, Heartbeat: time.Hour, Draining: d.t.Context().Done(),
	})
	guard := &access.Guard{Roster: d.roster, Now: d.clock, Logger: logger, Register: d.register}
	memory := access.NewInMemory()
	server := grpc.NewServer(append(guard.ServerOptions(), memory.ServerOption())...)
	spsv1.RegisterImportServiceServer(server, d.service)
	life, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	run := d.service.Run
	running.Go(func() { _ = server.Serve(memory.Listener()) })
	running.Go(func() {
		if err := run(life, logger); err != nil {
			d.t.Errorf("run: %v", err)
		}
	})
	near, err := memory.Dial()
	if err != nil {
		d.t.Fatal(err)
	}
	d.ImportServiceClient = spsv1.NewImportServiceClient(near)
	stopping := make(chan struct{})
	d.stopping = stopping
	d.stop = sync.OnceFunc(func() {
		cancel()
		close(stopping)
		server.Stop()
		running.Wait()
		d.register.Close()
		if err := errors.Join(near.Close(), d.store.Close()); err != nil {
			d.t.Error(err)
		}
	})
}

func (d *desk) clock() time.Time { return time.Now().Add(time.Duration(d.ahead.Load())) }

// as returns a context in which somebody of the role lab calls.
func (d *desk) as(id string) context.Context {
	own := d.roster.Own()
	return access.As(d.t.Context(), access.Caller{
		Identity: certs.Identity{Federation: own.Federation(), Office: own.Office(), Role: certs.RoleLab, ID: id},
		Means:    spsv1.CallerMeans_CALLER_MEANS_CERTIFICATE, Until: d.clock().AddDate(1, 0, 0),
	})
}

// upload sends a sheet.
func (d *desk) upload(ctx context.Context, sheet string, header *spsv1.ImportHeader) (*spsv1.Import, error) {
	d.t.Helper()
	stream, err := d.CreateImport(ctx)
	if err != nil {
		return nil, err
	}
	if header == nil {
		header = &spsv1.ImportHeader{}
	}
	if header.Kind == "" {
		header.Kind = "things"
	}
	err = stream.Send(&spsv1.CreateImportRequest{Part: &spsv1.CreateImportRequest_Header{Header: header}})
	for text := sheet; err == nil && text != ""; {
		n := min(len(text), 100_000)
		err = stream.Send(&spsv1.CreateImportRequest{Part: &spsv1.CreateImportRequest_Data{Data: []byte(text[:n])}})
		text = text[n:]
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return stream.CloseAndRecv()
}

// mustUpload uploads a sheet and waits until it is checked, or has ended.
func (d *desk) mustUpload(ctx context.Context, sheet string, header *spsv1.ImportHeader) *spsv1.Import {
	d.t.Helper()
	m, err := d.upload(ctx, sheet, header)
	if err != nil {
		d.t.Fatal(err)
	}
	return d.settled(ctx, m.GetName())
}

// settled watches an import until it is not under way.
func (d *desk) settled(ctx context.Context, name string) *spsv1.Import {
	d.t.Helper()
	watch, err := d.WatchImport(ctx, &spsv1.WatchImportRequest{Name: name})
	for err == nil {
		var event *spsv1.WatchImportResponse
		if event, err = watch.Recv(); err != nil {
			break
		}
		switch event.GetImport().GetState() {
		case spsv1.ImportState_IMPORT_STATE_CHECKING, spsv1.ImportState_IMPORT_STATE_COMMITTING:
			continue
		}
		return event.GetImport()
	}
	d.t.Fatalf("watch %s: %v", name, err)
	return nil
}

// errors lists row errors, a line each.
func (d *desk) errors(ctx context.Context, req *spsv1.ListRowErrorsRequest) (all []string) {
	d.t.Helper()
	for {
		page, err := d.ListRowErrors(ctx, req)
		if err != nil {
			d.t.Fatal(err)
		}
		for _, e := range page.GetRowErrors() {
			all = append(all, fmt.Sprintf("%s%d %s %s %s %q", e.GetColumn(), e.GetRow(), e.GetHeading(), e.GetField(), e.GetReason(), e.GetWritten()))
		}
		if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
			return all
		}
	}
}

// counted shows the state of an import with its counts.
func counted(m *spsv1.Import) string {
	c := m.GetCounts()
	state := strings.TrimPrefix(m.GetState().String(), "IMPORT_STATE_")
	return fmt.Sprintf("%s rows %d/%d: %d good, %d unchanged, %d refused, %d kept, %d errors, %d notes",
		state, c.GetRows(), c.GetRowsTotal(), c.GetGood(), c.GetUnchanged(), c.GetRefused(), c.GetKept(), c.GetErrors(), c.GetNotes())
}

// things is a kind of sheet with a key and a number in each row.
type things struct {
	store store.Store
	// hook, if set, is called before a batch is checked or kept.
	hook func(commit bool, first int)
}

func (*things) Name() string { return "things" }

func (*things) Owner(ctx context.Context) (string, error) {
	c, _ := access.From(ctx)
	return c.ID, nil
}

// CheckMapping takes a mapping that is the name of the column of keys.
func (*things) CheckMapping(mapping string) error {
	var all []error
	for i, line := range strings.Split(mapping, "\n") {
		if i > 0 || strings.ContainsAny(line, "{}") {
			all = append(all, table.Problem{Row: i + 1, Reason: "MAPPING", Sentence: "give the name of one column"})
		}
	}
	return errors.Join(all...)
}

func (*things) Template(w io.Writer, format spsv1.TemplateFormat, languages []string) error {
	_, err := fmt.Fprintf(w, "key,number\r\n%s %v\r\n", format, languages)
	return err
}

func (k *things) Open(_ context.Context, r io.ReaderAt, size int64, mapping string) (intake.Sheet, error) {
	t, err := table.Open(r, size, table.Options{})
	if err != nil {
		return nil, err
	}
	s := &thingSheet{things: k, table: t}
	name := "key"
	if mapping != "" {
		name = mapping
	}
	key, keyErr := t.Column(name)
	number, numberErr := t.Column("number")
	s.key, s.number = key.Index, number.Index
	return s, errors.Join(keyErr, numberErr)
}

type thingSheet struct {
	*things
	table       *table.Reader
	key, number int
}

// thing is one row. Its number is refused if it is above 1000.
type thing struct {
	sheet    *thingSheet
	row      table.Row
	problems []*spsv1.RowError
	notes    []*spsv1.RowError
}

func (s *thingSheet) Records() iter.Seq2[intake.Record, error] {
	return func(yield func(intake.Record, error) bool) {
		for row, err := range s.table.Rows() {
			r := &thing{sheet: s, row: row}
			var p table.Problem
			if errors.As(err, &p) && p.Row > 0 {
				r.problems = append(r.problems, &spsv1.RowError{Row: int32(p.Row), Reason: p.Reason, Sentence: p.Sentence})
			} else if err != nil {
				yield(nil, err)
				return
			}
			if err == nil {
				if text := row.Cells[s.number].Text; text == "boom" {
					panic("boom")
				} else if n, err := strconv.Atoi(text); err != nil {
					r.problems = append(r.problems, r.Violation(access.Violation{Reason: "NUMBER", Sentence: "give a number"}))
				} else if n == 0 {
					r.notes = append(r.notes, r.Violation(access.Violation{Reason: "ZERO", Sentence: "it is 0"}))
				}
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

func (r *thing) Rows() (first, last int)     { return r.row.Number, r.row.Number }
func (r *thing) Problems() []*spsv1.RowError { return r.problems }
func (r *thing) Notes() []*spsv1.RowError    { return r.notes }

func (r *thing) Violation(v access.Violation) *spsv1.RowError {
	c := r.row.Cells[r.sheet.number]
	return &spsv1.RowError{
		Row: int32(c.Row), Column: c.Column, Heading: r.sheet.table.Columns()[r.sheet.number].Name, Written: c.Text,
		Field: v.Field, Reason: v.Reason, Sentence: v.Sentence,
	}
}

// Notes are long if the sheet has a column that is called long.
func (s *thingSheet) Notes() []table.Note {
	notes := s.table.Notes()
	if _, err := s.table.Column("long"); err == nil {
		notes = append(notes, table.Note{Reason: "LONG", Sentence: strings.Repeat("x", 1<<20)})
	}
	return notes
}

// RowsTotal is 1000 for every sheet.
func (s *thingSheet) RowsTotal() int { return 1000 }

func (s *thingSheet) each(r store.Reader, records []intake.Record, keep func(key, value string) error) ([]intake.Outcome, error) {
	var all []intake.Outcome
	for _, record := range records {
		cells := record.(*thing).row.Cells
		key, value := cells[s.key].Text, cells[s.number].Text
		row, err := r.Get(tableThings, []byte(key))
		var o intake.Outcome
		switch {
		case err != nil:
			return nil, err
		case string(row) == value:
			o.Unchanged = true
		case len(value) > 3:
			o.Violations = []access.Violation{{Field: "number", Reason: "TOO_MUCH", Sentence: "give less"}}
		default:
			if err := keep(key, value); err != nil {
				return nil, err
			}
		}
		all = append(all, o)
	}
	return all, nil
}

func (s *thingSheet) Check(ctx context.Context, records []intake.Record) (all []intake.Outcome, err error) {
	if s.hook != nil {
		first, _ := records[0].Rows()
		s.hook(false, first)
	}
	err = s.store.View(ctx, func(r store.Reader) error {
		all, err = s.each(r, records, func(string, string) error { return nil })
		return err
	})
	return all, err
}

func (s *thingSheet) Commit(ctx context.Context, records []intake.Record, also func(store.Tx, []intake.Outcome) error) error {
	if s.hook != nil {
		first, _ := records[0].Rows()
		s.hook(true, first)
	}
	return s.store.Update(ctx, func(tx store.Tx) error {
		all, err := s.each(tx, records, func(key, value string) error { return tx.Put(tableThings, []byte(key), []byte(value)) })
		if err != nil {
			return err
		}
		return errors.Join(also(tx, all), access.Record(ctx, tx, "things/some"))
	})
}
