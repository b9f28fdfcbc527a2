package office

import (
	"context"

	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/store"
)

// Files returns the files that drafts name which are not issued yet: they are
// kept as if a statement named them. Such drafts are few.
func (d *Drafts) Files(ctx context.Context) (files map[blob.Digest]bool, err error) {
	err = d.s.o.Store.View(ctx, func(r store.Reader) error {
		files, err = Drafted(r)
		return err
	})
	return files, err
}

// Drafted returns the files that the drafts in a store name which are not issued
// yet.
func Drafted(r store.Reader) (map[blob.Digest]bool, error) {
	files := make(map[blob.Digest]bool)
	for key, err := range changedLast(r, nil, false) {
		if err != nil {
			return nil, err
		}
		draft, err := getDraft(r, key[8:])
		if err != nil {
			return nil, err
		}
		for _, a := range draft.GetStatement().GetAttachments() {
			if sum, ok := blob.DigestOf(a.GetSha256()); ok {
				files[sum] = true
			}
		}
	}
	return files, nil
}
