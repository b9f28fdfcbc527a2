package access_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
)

// fill makes tokens, accounts and five records in the audit log.
func (d *desk) fill(t *testing.T) {
	t.Helper()
	admin := access.Caller{Identity: certs.Identity{Federation: "asean-cn", Office: "VN", Role: certs.RoleAdmin, ID: "minh"}}
	for range 2 {
		ctx := d.Pending(t.Context(), admin, "sps.v1.NodeService/CreateToken")
		if _, _, err := d.CreateToken(ctx, &spsv1.Token{DisplayName: "x", Role: "officer", Id: "a"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"an", "binh", "chi"} {
		ctx := d.Pending(t.Context(), admin, "sps.v1.NodeService/CreateAccount")
		if _, _, err := d.CreateAccount(ctx, id, &spsv1.Account{Role: "officer"}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestVerify(t *testing.T) {
	position := func(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
	first := func(t *testing.T, tx store.Tx, table store.Table) store.Item {
		t.Helper()
		for item, err := range tx.Scan(table, nil, nil, false) {
			if err != nil {
				t.Fatal(err)
			}
			return item
		}
		t.Fatalf("%s is empty", table)
		return store.Item{}
	}
	for _, tc := range []struct {
		name  string
		spoil func(*testing.T, store.Tx) error
		says  string // empty: in order
	}{
		{"in order", func(*testing.T, store.Tx) error { return nil }, ""},
		{"the first record is gone", func(_ *testing.T, tx store.Tx) error { return tx.Delete("access.audit", position(1)) }, "audit record 1 is gone"},
		{"records are gone", func(_ *testing.T, tx store.Tx) error {
			if err := tx.Delete("access.audit", position(3)); err != nil {
				return err
			}
			return tx.Delete("access.audit", position(4))
		}, "audit records 3 to 4 are gone"},
		{"a record stands in the place of another", func(t *testing.T, tx store.Tx) error {
			return tx.Put("access.audit", position(2), first(t, tx, "access.audit").Value)
		}, "audit record 2 says that it is record 1"},
		{"a record cannot be read", func(_ *testing.T, tx store.Tx) error { return tx.Put("access.audit", position(2), []byte{0xff}) }, "audit record 2: "},
		{"a record is empty", func(_ *testing.T, tx store.Tx) error { return tx.Put("access.audit", position(5), []byte{8, 5}) }, "audit record 5 does not say what"},
		{"a record has a strange key", func(_ *testing.T, tx store.Tx) error { return tx.Put("access.audit", []byte("x"), nil) }, "key of 1 bytes"},
		{"a token cannot be read", func(t *testing.T, tx store.Tx) error {
			return tx.Put("access.tokens", first(t, tx, "access.tokens").Key, []byte("x"))
		}, "token of 1 bytes"},
		{"a token is another", func(t *testing.T, tx store.Tx) error {
			return tx.Put("access.tokens", []byte("other"), first(t, tx, "access.tokens").Value)
		}, "tokens/other says that it is tokens/"},
		{"a secret is of another token", func(_ *testing.T, tx store.Tx) error {
			return tx.Put("access.secrets", []byte("half"), []byte("nobody"))
		}, "a secret leads to tokens/nobody"},
		{"an account has no credentials", func(_ *testing.T, tx store.Tx) error { return tx.Delete("access.credentials", []byte("an")) }, "accounts/an: "},
		{"credentials have no account", func(_ *testing.T, tx store.Tx) error { return tx.Delete("access.accounts", []byte("an")) }, "credentials of accounts/an, which is not there"},
		{"an account is another", func(t *testing.T, tx store.Tx) error {
			return tx.Put("access.accounts", []byte("an"), []byte("\n\x0daccounts/else"))
		}, "accounts/an says that it is accounts/else"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := openDesk(t, nil)
			d.fill(t)
			if err := d.store.Update(t.Context(), func(tx store.Tx) error { return tc.spoil(t, tx) }); err != nil {
				t.Fatal(err)
			}
			sum, err := access.Verify(t.Context(), d.store)
			switch want := (access.Summary{AuditRecords: 5, Tokens: 2, Accounts: 3}); {
			case tc.says == "" && (err != nil || sum != want):
				t.Errorf("Verify = %+v, %v, want %+v", sum, err, want)
			case tc.says != "" && (err == nil || !strings.Contains(err.Error(), tc.says)):
				t.Errorf("Verify: %v, want an error that says %q", err, tc.says)
			}
		})
	}
}
