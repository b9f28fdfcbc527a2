package server

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"maps"
	"slices"

	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/finding"
	"github.com/spsalert/spsalert/server/office"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/bolt"
)

// named calls use with the digests of all attachments that statements, drafts and
// findings in the file of a store name that nobody writes, in ascending order.
func named(ctx context.Context, file string, use func(iter.Seq2[blob.Digest, error]) error) (err error) {
	s, err := bolt.OpenReadOnly(file, storeOptions(Config{}))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	// It is a long View, and there is no writer whom it could hold up.
	return s.View(ctx, func(r store.Reader) error {
		drafted, err := office.Drafted(r)
		if err != nil {
			return err
		}
		reported, err := finding.Reported(r)
		if err != nil {
			return err
		}
		maps.Copy(reported, drafted)
		return use(withStated(r, slices.SortedFunc(maps.Keys(reported), ascending)))
	})
}

// withStated merges what statements in a store name into digests that ascend.
func withStated(r store.Reader, others []blob.Digest) iter.Seq2[blob.Digest, error] {
	return func(yield func(blob.Digest, error) bool) {
		for a, err := range casebook.Attachments(r) {
			for err == nil && len(others) > 0 && ascending(others[0], a.SHA256) <= 0 {
				if !yield(others[0], nil) {
					return
				}
				others = others[1:]
			}
			if !yield(blob.Digest(a.SHA256), err) || err != nil {
				return
			}
		}
		for _, d := range others {
			if !yield(d, nil) {
				return
			}
		}
	}
}

func ascending(a, b blob.Digest) int { return bytes.Compare(a[:], b[:]) }
