package access_test

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/bolt"
)

func benchRegister(b *testing.B) (*access.Register, *bolt.Store) {
	b.Helper()
	s, err := bolt.Create(filepath.Join(b.TempDir(), "ledger.db"), bolt.Options{
		Tables: access.Tables(), Appended: access.AppendedTables(), InitialMmapSize: 1 << 30,
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	r := access.OpenRegister(access.RegisterOptions{
		Store: s, Roster: authority.ForTest(b, "VN").Office("VN").Roster, Now: time.Now,
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	b.Cleanup(r.Close)
	return r, s
}

// BenchmarkToken is what every call with a token costs more.
func BenchmarkToken(b *testing.B) {
	r, _ := benchRegister(b)
	_, secret, err := r.CreateToken(context.Background(), &spsv1.Token{Role: "system", Id: "nsw"})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Token(context.Background(), secret); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRecord is what an audit record adds to a transaction, without its
// commit.
func BenchmarkRecord(b *testing.B) {
	r, s := benchRegister(b)
	caller := access.Caller{Identity: certs.Identity{Federation: "asean-cn", Office: "VN", Role: certs.RoleSystem, ID: "nsw"}}
	ctx := r.Pending(context.Background(), caller, "sps.v1.CaseService/IssueStatement")
	b.ReportAllocs()
	const group = 1000
	for n := 0; n < b.N; n += group {
		err := s.Update(ctx, func(tx store.Tx) error {
			for range group {
				if err := access.Record(ctx, tx, "offices/VN/statements/1-123456"); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
