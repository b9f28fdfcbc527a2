package trader

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/bolt"
	"github.com/spsalert/spsalert/server/store/storetest"
)

// registering returns the service of an office over a store that can fail, and what
// opens its files anew as a restart does.
func registering(t *testing.T) (s *Service, disk *storetest.Faulty, restart func() *Service) {
	t.Helper()
	path, roster := filepath.Join(t.TempDir(), "register.db"), authority.ForTest(t, "VN").Office("VN").Roster
	db, err := bolt.Create(path, bolt.Options{Tables: Tables(), Format: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	disk = storetest.NewFaulty(db)
	return New(Options{Store: disk, Now: time.Now, Roster: roster}), disk, func() *Service {
		t.Helper()
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if db, err = bolt.Open(path, bolt.Options{Tables: Tables(), Format: 1}); err != nil {
			t.Fatal(err)
		}
		return New(Options{Store: db, Now: time.Now, Roster: roster})
	}
}

// exporterOf returns an exporter with the code of a growing area, from and until a day of
// January 2026; 0 is no bound.
func exporterOf(code string, from, until uint32) *spsv1.Exporter {
	date := func(day uint32) *spsv1.Date {
		if day == 0 {
			return nil
		}
		return &spsv1.Date{Year: 2026, Month: 1, Day: day}
	}
	return &spsv1.Exporter{
		DisplayName: []*spsv1.LocalizedText{{Lang: "en", Text: "Orchard " + code}}, Languages: []string{"en"},
		Codes: []*spsv1.ExporterCode{{Kind: spsv1.SiteCodeKind_SITE_CODE_KIND_GROWING_AREA, Code: code, FromDate: date(from), UntilDate: date(until)}},
	}
}

// registerAs registers an exporter and returns the reasons of what is wrong with it.
func registerAs(t *testing.T, s *Service, id string, e *spsv1.Exporter) string {
	t.Helper()
	_, err := s.CreateExporter(t.Context(), &spsv1.CreateExporterRequest{ExporterId: id, Exporter: e})
	return wrong(t, err)
}

// wrong returns the reasons of a refusal.
func wrong(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	refusal, ok := errors.AsType[*access.Refusal](err)
	if !ok {
		t.Fatal(err)
	}
	var all []string
	for _, v := range refusal.Violations {
		all = append(all, v.Reason+": "+v.Sentence)
	}
	return strings.Join(all, "; ")
}

// TestACodeHasOneOwner holds that no two exporters have a code on one day.
func TestACodeHasOneOwner(t *testing.T) {
	s, _, _ := registering(t)
	const owned = "CODE_OWNED: correct the code or its owner, or end it there first: it belongs to exporters/first (Orchard VN-BT-001)"
	packing := exporterOf("VN-BT-001", 0, 0)
	packing.Codes[0].Kind = spsv1.SiteCodeKind_SITE_CODE_KIND_PACKING_HOUSE
	for _, tc := range []struct {
		id   string
		of   *spsv1.Exporter
		want string
	}{
		{"first", exporterOf("VN-BT-001", 5, 10), ""},
		{"second", exporterOf("VN BT 001", 0, 0), owned},
		{"second", exporterOf("BT.001", 10, 12), owned},
		{"second", exporterOf("VN-BT-001", 1, 5), owned},
		{"before", exporterOf("VN-BT-001", 0, 4), ""},
		{"behind", exporterOf("bt 001", 11, 0), ""},
		{"packing", packing, ""},
		{"other", exporterOf("VN-BT-0010", 0, 0), ""},
	} {
		if got := registerAs(t, s, tc.id, tc.of); got != tc.want {
			t.Errorf("%s with %v: %q, want %q", tc.id, tc.of.GetCodes(), got, tc.want)
		}
	}
	t.Run("is found without the letters of the country", func(t *testing.T) {
		list, err := s.ListExporters(t.Context(), &spsv1.ListExportersRequest{Code: "bt-0010"})
		if err != nil || len(list.GetExporters()) != 1 || list.GetExporters()[0].GetName() != "exporters/other" {
			t.Errorf("found %v, %v, want exporters/other", list.GetExporters(), err)
		}
	})
	t.Run("of hyphens alone", func(t *testing.T) {
		if got := registerAs(t, s, "hyphens", exporterOf("--", 0, 0)); !strings.HasPrefix(got, "CODE_EMPTY") {
			t.Errorf("%q, want CODE_EMPTY", got)
		}
	})
	t.Run("twice in one", func(t *testing.T) {
		twice := exporterOf("VN-BT-7", 0, 0)
		twice.Codes = append(twice.Codes, exporterOf("bt 7", 0, 0).GetCodes()...)
		if got := registerAs(t, s, "twice", twice); !strings.HasPrefix(got, "CODE_TWICE") {
			t.Errorf("%q, want CODE_TWICE", got)
		}
	})
	t.Run("of who is not served any more, until that one is again", func(t *testing.T) {
		if _, err := s.DeactivateExporter(t.Context(), &spsv1.DeactivateExporterRequest{Name: "exporters/first", Reason: "closed"}); err != nil {
			t.Fatal(err)
		}
		if got := registerAs(t, s, "second", exporterOf("VN-BT-001", 5, 10)); got != "" {
			t.Errorf("%q, want it registered", got)
		}
		_, err := s.ReactivateExporter(t.Context(), &spsv1.ReactivateExporterRequest{Name: "exporters/first"})
		if got := wrong(t, err); !strings.Contains(got, "it belongs to exporters/second") {
			t.Errorf("reactivated: %q, want that the code is another's", got)
		}
	})
}

// TestRegisterWhoseCommitFails holds that an exporter and all by which it is found are
// written together or not at all, and that whoever asks again has it once.
func TestRegisterWhoseCommitFails(t *testing.T) {
	for name, fault := range map[string]storetest.Fault{"lost": storetest.Lost, "written": storetest.Written} {
		t.Run(name, func(t *testing.T) {
			s, disk, restart := registering(t)
			create := &spsv1.CreateExporterRequest{ExporterId: "first", Exporter: exporterOf("VN-BT-001", 0, 0)}
			disk.Fail(fault)
			changed := s.changed()
			if _, err := s.CreateExporter(t.Context(), create); !errors.Is(err, store.ErrUnknown) {
				t.Fatalf("CreateExporter: %v, want %v", err, store.ErrUnknown)
			}
			select {
			case <-changed:
				t.Error("a write of which nobody knows whether it is durable woke those who wait for changes")
			default:
			}
			s = restart()
			want := ""
			if fault == storetest.Written {
				want = "first"
			}
			if got := registeredIn(t, s); got != want {
				t.Errorf("after the restart the register has %q, want %q", got, want)
			}
			e, err := s.CreateExporter(t.Context(), create)
			if err != nil || registeredIn(t, s) != "first" || e.GetEtag() != "1" {
				t.Errorf("asked again: %v, %v, want it once", e, err)
			}
		})
	}
	for name, fault := range map[string]storetest.Fault{"lost": storetest.Lost, "written": storetest.Written} {
		t.Run("of a change, "+name, func(t *testing.T) {
			s, disk, restart := registering(t)
			e, err := s.CreateExporter(t.Context(), &spsv1.CreateExporterRequest{ExporterId: "first", Exporter: exporterOf("VN-BT-001", 0, 0)})
			if err != nil {
				t.Fatal(err)
			}
			update := proto.CloneOf(e)
			update.Codes = exporterOf("VN-BT-002", 0, 0).GetCodes()
			disk.Fail(fault)
			if _, err := s.UpdateExporter(t.Context(), &spsv1.UpdateExporterRequest{Exporter: update}); !errors.Is(err, store.ErrUnknown) {
				t.Fatalf("UpdateExporter: %v, want %v", err, store.ErrUnknown)
			}
			s = restart()
			want := "VN-BT-001"
			if fault == storetest.Written {
				want = "VN-BT-002"
			}
			list, err := s.ListRegisteredCodes(t.Context(), &spsv1.ListRegisteredCodesRequest{})
			if err != nil || len(list.GetCodes()) != 1 || list.GetCodes()[0].GetCode().GetCode() != want {
				t.Errorf("after the restart the register has %v, %v, want %s alone", list.GetCodes(), err, want)
			}
			got, err := s.UpdateExporter(t.Context(), &spsv1.UpdateExporterRequest{Exporter: update})
			if err != nil || got.GetEtag() != "2" || got.GetCodes()[0].GetCode() != "VN-BT-002" {
				t.Errorf("asked again: %v, %v, want the change once", got, err)
			}
		})
	}
}

// registeredIn returns who is registered, by the exporters and by the codes alike.
func registeredIn(t *testing.T, s *Service) string {
	t.Helper()
	exporters, err := s.ListExporters(t.Context(), &spsv1.ListExportersRequest{})
	if err != nil {
		t.Fatal(err)
	}
	codes, err := s.ListRegisteredCodes(t.Context(), &spsv1.ListRegisteredCodesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var all, owners []string
	for _, e := range exporters.GetExporters() {
		all = append(all, exporterID(e.GetName()))
	}
	for _, c := range codes.GetCodes() {
		owners = append(owners, exporterID(c.GetExporter()))
	}
	if fmt.Sprint(all) != fmt.Sprint(owners) {
		t.Errorf("the register has the exporters %v and codes of %v", all, owners)
	}
	return strings.Join(all, " ")
}
