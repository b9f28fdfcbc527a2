package office

import (
	"bytes"
	"context"
	"fmt"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/store"
)

// tableUploads says who uploaded what: digest, 32 bytes, whose it is → nothing.
// It is written after the file is durable, before the caller is answered.
const tableUploads store.Table = "office.uploads"

// owner returns whose a file is that a caller uploads, and so who may name it: the
// laboratory or unit of the caller, or else the person or system. An exporter has
// nothing in common with whoever of the office has the same id. It refuses who is
// of the role lab and speaks for no laboratory.
func (s *Service) owner(c access.Caller) ([]byte, error) {
	switch {
	case c.Role == certs.RoleLab && s.o.Findings == nil:
		return []byte("laboratory/" + c.ID), nil
	case c.Role == certs.RoleLab:
		laboratory, err := s.o.Findings.LaboratoryOf(c)
		return []byte("laboratory/" + laboratory), err
	case c.Role == certs.RoleExporter:
		return []byte("exporter/" + c.ID), nil
	case c.Unit != "":
		return []byte("unit/" + c.Unit), nil
	}
	return []byte("person/" + c.ID), nil
}

// uploaded notes, in the transaction of its audit record, who uploaded a file.
func (s *Service) uploaded(ctx context.Context, tx store.Tx, c access.Caller, d blob.Digest) error {
	owner, err := s.owner(c)
	if err != nil {
		return err
	}
	if err := tx.Put(tableUploads, append(d[:], owner...), nil); err != nil {
		return err
	}
	return access.Record(ctx, tx, "attachments/"+d.String())
}

// mayName reports whether the caller of ctx may name a file: it uploaded it, or may
// read it already, by something that is shown to it. Whoever may name a file may
// soon read it, so a digest alone is no right to.
func (s *Service) mayName(ctx context.Context, c access.Caller, d blob.Digest) (may bool, err error) {
	owner, err := s.owner(c)
	if err != nil {
		return false, err
	}
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		row, err := r.Get(tableUploads, append(d[:], owner...))
		may = row != nil
		return err
	})
	if may || err != nil {
		return may, err
	}
	reader := c.Role == certs.RoleOfficer || c.Role == certs.RoleValidator
	if s.o.Findings != nil && (reader || c.Role == certs.RoleLab) {
		if may, err = s.o.Findings.Shows(ctx, d); may || err != nil {
			return may, err
		}
	}
	if reader {
		if may, err = s.answered(ctx, d); may || err != nil {
			return may, err
		}
	}
	if reader || c.Role == certs.RoleSystem {
		return s.o.Book.Names(ctx, d, s.seers(c))
	}
	return false, nil
}

// answered reports whether an exporter's answer, to a notice that the caller of ctx
// is shown, names a file.
func (s *Service) answered(ctx context.Context, d blob.Digest) (bool, error) {
	if s.o.Notices == nil {
		return false, nil
	}
	return s.o.Notices.Shows(ctx, d)
}

// notHeld is what is wrong with the file that a field names, if the caller may not
// name it: the same whether or not it is here, for that is not the caller's to know.
func notHeld(path string, i int) access.Violation {
	return access.Violation{
		Field: fmt.Sprintf("%s[%d].sha256", path, i), Reason: "NOT_HELD",
		Sentence: "nothing that you uploaded or are shown is this file: upload it first, and name the digest of the answer",
	}
}

// checkNames reports which of the files that the field at path names the caller of
// ctx may not name. Those that stand in before are not looked at.
func (s *Service) checkNames(ctx context.Context, path string, files, before []*spsv1.Attachment) ([]access.Violation, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return nil, err
	}
	known := make(map[blob.Digest]bool)
	for _, a := range before {
		if d, ok := blob.DigestOf(a.GetSha256()); ok {
			known[d] = true
		}
	}
	var violations []access.Violation
	for i, a := range files {
		d, ok := blob.DigestOf(a.GetSha256())
		if !ok || known[d] {
			continue // the field rules say that it is none
		}
		may, err := s.mayName(ctx, caller, d)
		if err != nil {
			return nil, err
		}
		if _, held := s.o.Blobs.Size(d); !may || !held {
			violations = append(violations, notHeld(path, i))
		}
	}
	return violations, nil
}

// forgetPage is how many rows ForgetUploads looks at before it drops those of them
// that are of no use.
const forgetPage = 1000

// ForgetUploads drops the rows of files that are not held any more. Until then
// such a row lets whoever had the file name it, if it comes back.
func (s *Service) ForgetUploads(ctx context.Context) error {
	for from := []byte(nil); ; {
		var gone [][]byte
		looked := 0
		err := s.o.Store.View(ctx, func(r store.Reader) error {
			for row, err := range r.Scan(tableUploads, from, nil, false) {
				if err != nil || looked == forgetPage {
					return err
				}
				looked++
				from = append(bytes.Clone(row.Key), 0)
				if !s.holds(row.Key) {
					gone = append(gone, bytes.Clone(row.Key))
				}
			}
			return nil
		})
		if err == nil && len(gone) > 0 {
			err = s.o.Store.Update(ctx, func(tx store.Tx) error { return s.forget(tx, gone) })
		}
		if err != nil || looked < forgetPage {
			return err
		}
	}
}

// forget drops rows of files that are not held. One that came meanwhile is: its
// row is written again after it is held.
func (s *Service) forget(tx store.Tx, rows [][]byte) error {
	for _, row := range rows {
		if s.holds(row) {
			continue
		}
		if err := tx.Delete(tableUploads, row); err != nil {
			return err
		}
	}
	return nil
}

// holds reports whether the file of an upload is here.
func (s *Service) holds(row []byte) bool {
	_, held := s.o.Blobs.Size(blob.Digest(row[:len(blob.Digest{})]))
	return held
}
