package blob

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// pdf returns a file of a size that looks like a PDF, another for each seed.
func pdf(size int, seed uint64) []byte {
	b := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)}).Read(b)
	copy(b, "%PDF-1.7\n")
	return b
}

type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func open(t *testing.T, dir string, change func(*Options)) *Store {
	t.Helper()
	o := Options{Dir: dir, Quota: 1 << 30, Keep: time.Hour}
	if change != nil {
		change(&o)
	}
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t *testing.T, s *Store, content []byte) Digest {
	t.Helper()
	d, size, err := s.Put(t.Context(), bytes.NewReader(content), Declared{MediaType: "application/pdf"})
	if err != nil {
		t.Fatal(err)
	}
	if want := Digest(sha256.Sum256(content)); d != want || size != int64(len(content)) {
		t.Fatalf("Put: %s of %d bytes, want %s of %d", d, size, want, len(content))
	}
	return d
}

// checkHeld compares what is held with some contents, each by its bytes, and
// sees that nothing else lies about.
func checkHeld(t *testing.T, s *Store, want ...[]byte) {
	t.Helper()
	var bytesHeld int64
	for _, content := range want {
		f, size, err := s.Open(t.Context(), sha256.Sum256(content))
		if err != nil {
			t.Error(err)
			continue
		}
		got, err := io.ReadAll(f)
		_ = f.Close()
		if err != nil || !bytes.Equal(got, content) || size != int64(len(content)) {
			t.Errorf("file %x: %d bytes (%v), want the %d that were put", sha256.Sum256(content), len(got), err, len(content))
		}
		bytesHeld += size
	}
	count := 0
	if err := s.Folder().Walk(func(d Digest, _ int64) error { count++; return s.Folder().Verify(t.Context(), d) }); err != nil {
		t.Error(err)
	}
	use := s.Usage()
	if count != len(want) || use.Files != len(want) || use.Bytes != bytesHeld {
		t.Errorf("%d files on the disk, usage %+v; want %d files of %d bytes", count, use, len(want), bytesHeld)
	}
	left, err := filepath.Glob(filepath.Join(string(s.Folder()), uploadFolder, "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

func TestPut(t *testing.T) {
	small, large := pdf(100, 1), pdf(MaxSize, 2)
	for _, tc := range []struct {
		name    string
		content []byte
		want    Declared
		err     error
	}{
		{"nothing declared", small, Declared{}, nil},
		{"size and digest", small, Declared{Size: 100, Digest: sha256.Sum256(small)}, nil},
		{"the largest", large, Declared{Size: MaxSize}, nil},
		{"larger than declared", small, Declared{Size: 99}, ErrMismatch},
		{"smaller than declared", small, Declared{Size: 101}, ErrMismatch},
		{"another digest", small, Declared{Digest: sha256.Sum256(large)}, ErrMismatch},
		{"too large", append(large[:MaxSize:MaxSize], 0), Declared{}, ErrTooLarge},
		{"declared too large", small, Declared{Size: MaxSize + 1}, ErrTooLarge},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := open(t, t.TempDir(), nil)
			tc.want.MediaType = "application/pdf"
			_, _, err := s.Put(t.Context(), bytes.NewReader(tc.content), tc.want)
			if !errors.Is(err, tc.err) {
				t.Fatalf("Put: %v, want %v", err, tc.err)
			}
			if err != nil {
				checkHeld(t, s)
			} else {
				checkHeld(t, s, tc.content)
			}
			if got := s.Usage().Partial; got != 0 {
				t.Errorf("%d bytes stay set aside, want 0", got)
			}
		})
	}
}

func TestPutTwiceKeepsOneAndBeginsItsTimeAnew(t *testing.T) {
	c := &clock{now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	s := open(t, t.TempDir(), func(o *Options) { o.Now = c.Now })
	content := pdf(5000, 1)
	put(t, s, content)
	c.now = c.now.Add(50 * time.Minute)
	put(t, s, content)
	c.now = c.now.Add(50 * time.Minute)
	if n, err := s.Sweep(t.Context(), nobody); n != 0 || err != nil {
		t.Errorf("Sweep removed %d (%v), want 0", n, err)
	}
	checkHeld(t, s, content)
}

func nobody(context.Context, Digest) (bool, error) { return false, nil }

func TestSweep(t *testing.T) {
	c := &clock{now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	s := open(t, t.TempDir(), func(o *Options) { o.Now = c.Now })
	named, pinned, forgotten := pdf(100, 1), pdf(200, 2), pdf(300, 3)
	d := put(t, s, named)
	put(t, s, pinned)
	put(t, s, forgotten)
	release, missing := s.Pin(sha256.Sum256(pinned))
	if len(missing) > 0 {
		t.Fatalf("Pin: %v is missing", missing)
	}
	c.now = c.now.Add(61 * time.Minute)
	young := pdf(400, 4)
	put(t, s, young)
	says := func(_ context.Context, of Digest) (bool, error) { return of == d, nil }
	if n, err := s.Sweep(t.Context(), says); n != 1 || err != nil {
		t.Errorf("Sweep removed %d (%v), want 1", n, err)
	}
	checkHeld(t, s, named, pinned, young)
	release()
	release() // once is enough
	if n, err := s.Sweep(t.Context(), says); n != 1 || err != nil {
		t.Errorf("Sweep removed %d (%v), want 1", n, err)
	}
	checkHeld(t, s, named, young)
	if _, missing := s.Pin(sha256.Sum256(named), sha256.Sum256(forgotten)); len(missing) != 1 || missing[0] != sha256.Sum256(forgotten) {
		t.Errorf("Pin: %v is missing, want the swept one", missing)
	}
	// The times are kept with the files.
	again := open(t, string(s.Folder()), func(o *Options) { o.Now = c.Now })
	if n, err := again.Sweep(t.Context(), nobody); n != 1 || err != nil {
		t.Errorf("Sweep after a restart removed %d (%v), want 1", n, err)
	}
	checkHeld(t, again, young)
	want := errors.New("the store failed")
	c.now = c.now.Add(2 * time.Hour)
	if _, err := again.Sweep(t.Context(), func(context.Context, Digest) (bool, error) { return false, want }); !errors.Is(err, want) {
		t.Errorf("Sweep: %v, want %v", err, want)
	}
	checkHeld(t, again, young)
}

func TestFull(t *testing.T) {
	content := pdf(6000, 1)
	for _, tc := range []struct {
		name   string
		change func(*Options)
		free   int64
		err    error
	}{
		{"room", nil, 1 << 30, nil},
		{"quota", func(o *Options) { o.Quota = 5999 }, 1 << 30, ErrFull},
		{"disk", func(o *Options) { o.Spare = 1 << 20 }, 1<<20 + 5999, ErrFull},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := open(t, t.TempDir(), tc.change)
			s.free = func(string) (int64, error) { return tc.free, nil }
			_, _, err := s.Put(t.Context(), untouched{t, tc.err == nil, bytes.NewReader(content)}, Declared{MediaType: "application/pdf", Size: 6000})
			if !errors.Is(err, tc.err) {
				t.Errorf("Put: %v, want %v", err, tc.err)
			}
			p, err := s.Resume(sha256.Sum256(pdf(6000, 2)), 6000)
			if !errors.Is(err, tc.err) {
				t.Errorf("Resume: %v, want %v", err, tc.err)
			}
			if err == nil {
				p.Close()
			}
			if got := s.Usage().Partial; got != 0 {
				t.Errorf("%d bytes stay set aside, want 0", got)
			}
		})
	}
}

// untouched fails the test if it is read and must not be.
type untouched struct {
	t  *testing.T
	ok bool
	r  io.Reader
}

func (u untouched) Read(p []byte) (int, error) {
	if !u.ok {
		u.t.Error("a byte was read though there is no room")
	}
	return u.r.Read(p)
}

func TestUploadThatBreaksOffLeavesNothing(t *testing.T) {
	s := open(t, t.TempDir(), nil)
	cut := errors.New("the line was cut")
	r := io.MultiReader(bytes.NewReader(pdf(100_000, 1)), failing{cut})
	if _, _, err := s.Put(t.Context(), r, Declared{MediaType: "application/pdf"}); !errors.Is(err, cut) {
		t.Errorf("Put: %v, want %v", err, cut)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := s.Put(ctx, bytes.NewReader(pdf(100, 1)), Declared{MediaType: "application/pdf"}); !errors.Is(err, context.Canceled) {
		t.Errorf("Put: %v, want %v", err, context.Canceled)
	}
	checkHeld(t, s)
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestFetchGoesOnAfterRestart(t *testing.T) {
	dir := t.TempDir()
	content := pdf(300_000, 1)
	d := Digest(sha256.Sum256(content))
	offset := int64(0)
	for i := range 3 {
		s := open(t, dir, nil)
		if got := s.Fetched(d); got != offset {
			t.Errorf("start %d: %d bytes are here, want %d", i, got, offset)
		}
		p, err := s.Resume(d, int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Resume(d, int64(len(content))); !errors.Is(err, ErrBusy) {
			t.Errorf("a second Resume: %v, want %v", err, ErrBusy)
		}
		if p.Offset() != offset {
			t.Fatalf("start %d: offset %d, want %d", i, p.Offset(), offset)
		}
		if _, err := p.Write(content[offset : offset+100_000]); err != nil {
			t.Fatal(err)
		}
		offset += 100_000
		if i < 2 {
			p.Close()
			if got := s.Usage().Partial; got != offset {
				t.Errorf("start %d: %d bytes are taken, want %d", i, got, offset)
			}
			continue
		}
		if fresh, err := p.Finish(t.Context()); err != nil || fresh {
			t.Fatalf("Finish: fresh %t, %v; want no error, and not fresh", fresh, err)
		}
		checkHeld(t, s, content)
		if got := s.Usage().Partial; got != 0 {
			t.Errorf("%d bytes stay set aside, want 0", got)
		}
	}
	checkHeld(t, open(t, dir, nil), content)
}

func TestFetchedBytesThatAreWrongAreDropped(t *testing.T) {
	s := open(t, t.TempDir(), nil)
	d := Digest(sha256.Sum256(pdf(100, 1)))
	p, err := s.Resume(d, 100)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write(pdf(101, 2)); !errors.Is(err, ErrMismatch) {
		t.Errorf("Write of more than the size: %v, want %v", err, ErrMismatch)
	}
	if _, err := p.Write(pdf(100, 2)); err != nil {
		t.Fatal(err)
	}
	if fresh, err := p.Finish(t.Context()); !fresh || !errors.Is(err, ErrMismatch) {
		t.Errorf("Finish: fresh %t, %v; want fresh, %v", fresh, err, ErrMismatch)
	}
	if got := s.Fetched(d); got != 0 {
		t.Errorf("%d bytes are left, want 0", got)
	}
	checkHeld(t, s)
}

func TestSweepOfParts(t *testing.T) {
	c := &clock{now: time.Now()}
	s := open(t, t.TempDir(), func(o *Options) { o.Now = c.Now })
	d := Digest(sha256.Sum256(pdf(100, 1)))
	p, err := s.Resume(d, 100)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write(pdf(100, 1)[:50]); err != nil {
		t.Fatal(err)
	}
	c.now = c.now.Add(2 * time.Hour)
	for _, step := range []struct {
		name  string
		do    func()
		named func(context.Context, Digest) (bool, error)
		want  int64
	}{
		{"being fetched", func() {}, nobody, 50},
		{"wanted", p.Close, func(context.Context, Digest) (bool, error) { return true, nil }, 50},
		{"forgotten", func() {}, nobody, 0},
	} {
		step.do()
		if _, err := s.Sweep(t.Context(), step.named); err != nil {
			t.Fatal(err)
		}
		if got := s.Fetched(d); got != step.want {
			t.Errorf("%s: %d bytes are here, want %d", step.name, got, step.want)
		}
	}
	if got := s.Usage().Partial; got != 0 {
		t.Errorf("%d bytes stay set aside, want 0", got)
	}
}

func TestDamageIsFoundAndPutAside(t *testing.T) {
	dir := t.TempDir()
	content := pdf(10_000, 1)
	d := put(t, open(t, dir, nil), content)
	bad := bytes.Clone(content)
	bad[5000] ^= 1
	if err := os.WriteFile(filepath.Join(dir, Path(d)), bad, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Folder(dir).Verify(t.Context(), d); !errors.Is(err, ErrDamaged) {
		t.Errorf("Verify: %v, want %v", err, ErrDamaged)
	}
	s := open(t, dir, nil)
	if _, _, err := s.Open(t.Context(), d); !errors.Is(err, ErrDamaged) {
		t.Errorf("Open: %v, want %v", err, ErrDamaged)
	}
	if _, held := s.Size(d); held {
		t.Error("a damaged file is held, want it put aside")
	}
	if err := Folder(dir).Verify(t.Context(), d); !errors.Is(err, ErrNotHeld) {
		t.Errorf("Verify afterwards: %v, want %v", err, ErrNotHeld)
	}
	put(t, s, content) // and can be put, or fetched, again
	checkHeld(t, s, content)
}

func TestMediaTypes(t *testing.T) {
	book := archive(t, "[Content_Types].xml", "xl/workbook.xml")
	for _, tc := range []struct {
		name, declared string
		content        []byte
		reason         string
	}{
		{"pdf", "application/pdf", pdf(100, 1), ""},
		{"png", "image/png", []byte("\x89PNG\r\n\x1a\n...."), ""},
		{"jpeg", "image/jpeg", []byte("\xff\xd8\xff\xe0...."), ""},
		{"tiff", "image/tiff", []byte("II*\x00...."), ""},
		{"csv", "text/csv", []byte("lot;result\nA1;0,05\n"), ""},
		{"csv in the encoding of a country", "text/csv", []byte("b\xebnh,\xc4\xe3\xba\xc3\n"), ""},
		{"csv of Excel in UTF-16", "text/csv", []byte("\xff\xfel\x00o\x00t\x00"), ""},
		{"plain", "text/plain", []byte("hello"), ""},
		{"xml", "application/xml", []byte("\xef\xbb\xbf <?xml version=\"1.0\"?><a/>"), ""},
		{"xlsx", typeXLSX, book, ""},
		{"docx", typeDOCX, archive(t, "word/document.xml"), ""},
		{"nothing declared", "", pdf(100, 1), "TYPE_NOT_ALLOWED"},
		{"program", "application/x-msdownload", []byte("MZ...."), "TYPE_NOT_ALLOWED"},
		{"archive", "application/zip", book, "TYPE_NOT_ALLOWED"},
		{"web page", "text/html", []byte("<html>"), "TYPE_NOT_ALLOWED"},
		{"empty", "text/plain", nil, "EMPTY"},
		{"program as pdf", "application/pdf", []byte("MZ...."), "TYPE_MISMATCH"},
		{"pdf as png", "image/png", pdf(100, 1), "TYPE_MISMATCH"},
		{"web page as text", "text/plain", []byte("<!DOCTYPE html><script>"), "TYPE_MISMATCH"},
		{"web page as xml", "application/xml", []byte("<html><script>"), "TYPE_MISMATCH"},
		{"program as csv", "text/csv", []byte("MZ\x00\x01"), "TYPE_MISMATCH"},
		{"xlsx as docx", typeDOCX, book, "TYPE_MISMATCH"},
		{"archive as xlsx", typeXLSX, archive(t, "a.exe"), "TYPE_MISMATCH"},
		{"half an xlsx", typeXLSX, book[:len(book)/2], "TYPE_MISMATCH"},
		{"xlsx with macros", typeXLSX, archive(t, "xl/workbook.xml", "xl/vbaProject.bin"), "MACROS"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := open(t, t.TempDir(), nil)
			_, _, err := s.Put(t.Context(), bytes.NewReader(tc.content), Declared{MediaType: tc.declared})
			var wrong *TypeError
			switch {
			case tc.reason == "" && err != nil, tc.reason != "" && (!errors.As(err, &wrong) || wrong.Reason != tc.reason):
				t.Errorf("Put: %v (%+v), want reason %q", err, wrong, tc.reason)
			case tc.reason != "":
				checkHeld(t, s)
			}
		})
	}
}

// archive returns a ZIP with empty files of some names.
func archive(t *testing.T, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range names {
		if _, err := w.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFilename(t *testing.T) {
	for given, want := range map[string]string{
		"report.pdf":                "report.pdf",
		"../../etc/passwd":          "passwd",
		`C:\Users\anh\báo cáo.pdf`:  "báo cáo.pdf",
		"检验报告.pdf":                  "检验报告.pdf",
		"a\x00b\n.pdf":              "ab.pdf",
		"\u202efdp.exe":             "fdp.exe",
		"..":                        "attachment",
		"":                          "attachment",
		"/":                         "attachment",
		"x/":                        "x",
		`a<b>"c|d?e*f.csv`:          "a_b__c_d_e_f.csv",
		"\xff\xfe.pdf":              "pdf",
		string(make([]byte, 10)):    "attachment",
		stringOf("é", 200) + ".pdf": stringOf("é", 125) + ".pdf",
		"a." + stringOf("b", 300):   "a." + stringOf("b", 253),
	} {
		if got := Filename(given); got != want {
			t.Errorf("Filename(%q) = %q, want %q", given, got, want)
		}
	}
}

func stringOf(s string, n int) string { return string(bytes.Repeat([]byte(s), n)) }
