package access

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

const (
	maxFindings = 20      // what an error of Verify names
	maxVerified = 1 << 20 // bytes read in one View of it
)

// Summary counts what [Verify] went through.
type Summary struct {
	AuditRecords, Tokens, Accounts uint64
}

// Verify reads the whole register in a store and checks that the audit log
// begins at its first record, or behind those of which it says itself that the
// node took them away, and goes on without a gap, that every row can be
// read and stands where it says that it does, and that secrets and credentials
// belong to tokens and accounts. The error names what it found, up to a number.
// It changes nothing and needs no [Register]; the store may be in use.
//
// What it cannot find is an end of the audit log that was cut off: nothing else
// says how long the log was.
func Verify(ctx context.Context, s store.Store) (Summary, error) {
	v := &verifier{store: s}
	steps := []struct {
		table store.Table
		check func(store.Reader, store.Item)
	}{
		{tableAudit, v.auditRecord},
		{tableTokens, v.token},
		{tableSecrets, v.secret},
		{tableAccounts, v.account},
		{tableCredentials, v.credential},
	}
	for _, step := range steps {
		if err := v.scan(ctx, step.table, step.check); err != nil {
			return v.sum, fmt.Errorf("verify %s: %w", step.table, err)
		}
	}
	if v.before > v.forgot {
		v.gone(v.forgot+1, v.before)
	}
	if len(v.findings) > 0 {
		return v.sum, fmt.Errorf("verify the register: %w:\n%s", errCorrupt, strings.Join(v.findings, "\n"))
	}
	return v.sum, nil
}

type verifier struct {
	store    store.Store
	sum      Summary
	last     uint64 // position of the audit record before
	before   uint64 // how many audit records are missing at the beginning
	forgot   uint64 // up to where the audit log says that records were taken away
	findings []string
}

func (v *verifier) find(format string, args ...any) {
	if len(v.findings) < maxFindings {
		v.findings = append(v.findings, fmt.Sprintf(format, args...))
	}
}

// scan calls check with all items of a table, in Views of a bounded size.
func (v *verifier) scan(ctx context.Context, t store.Table, check func(store.Reader, store.Item)) error {
	var from []byte
	for done := false; !done; {
		err := v.store.View(ctx, func(r store.Reader) error {
			read := 0
			for item, err := range r.Scan(t, from, nil, false) {
				if err != nil {
					return err
				}
				if read >= maxVerified {
					from = bytes.Clone(item.Key)
					return nil
				}
				check(r, item)
				read += len(item.Key) + len(item.Value)
			}
			done = true
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (v *verifier) auditRecord(_ store.Reader, item store.Item) {
	if len(item.Key) != 8 {
		v.find("audit record with a key of %d bytes", len(item.Key))
		return
	}
	n := binary.BigEndian.Uint64(item.Key)
	switch {
	case v.sum.AuditRecords == 0:
		v.before = n - 1
	case n != v.last+1:
		v.gone(v.last+1, n-1)
	}
	v.last = n
	v.sum.AuditRecords++
	a := &spsv1.AuditRecord{}
	switch err := proto.Unmarshal(item.Value, a); {
	case err != nil:
		v.find("audit record %d: %v", n, err)
	case uint64(a.GetPosition()) != n:
		v.find("audit record %d says that it is record %d", n, a.GetPosition())
	case !a.GetTime().IsValid() || a.GetMethod() == "":
		v.find("audit record %d does not say what was called, or when", n)
	case a.GetMethod() == methodForgetAudit:
		v.forgot = max(v.forgot, forgotten(a))
	}
}

// gone finds that audit records are missing.
func (v *verifier) gone(first, last uint64) {
	if first == last {
		v.find("audit record %d is gone", first)
		return
	}
	v.find("audit records %d to %d are gone", first, last)
}

func (v *verifier) token(_ store.Reader, item store.Item) {
	v.sum.Tokens++
	row, err := decodeTokenRow(item.Value)
	switch {
	case err != nil:
		v.find("%s%s: %v", TokenNames, item.Key, err)
	case row.token.GetName() != TokenNames+string(item.Key):
		v.find("%s%s says that it is %s", TokenNames, item.Key, row.token.GetName())
	}
}

func (v *verifier) secret(r store.Reader, item store.Item) {
	row, err := getToken(r, TokenNames+string(item.Value))
	if err != nil || !bytes.Equal(item.Key, row.digest[:lookup]) {
		v.find("a secret leads to %s%s, whose it is not", TokenNames, item.Value)
	}
}

func (v *verifier) account(r store.Reader, item store.Item) {
	v.sum.Accounts++
	a, _, err := getAccount(r, AccountNames+string(item.Key))
	switch {
	case err != nil:
		v.find("%s%s: %v", AccountNames, item.Key, err)
	case accountID(a) != string(item.Key):
		v.find("%s%s says that it is %s", AccountNames, item.Key, a.GetName())
	}
}

func (v *verifier) credential(r store.Reader, item store.Item) {
	var refusal *Refusal
	if _, _, err := getAccount(r, AccountNames+string(item.Key)); errors.As(err, &refusal) {
		v.find("credentials of %s%s, which is not there", AccountNames, item.Key)
	}
}
