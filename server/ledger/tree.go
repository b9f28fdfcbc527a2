package ledger

import (
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/store"
)

// tree reads the hashes of a log's tree from the rows of its leaves. It is a
// tlog.HashReader, valid as long as its transaction. Sizes are bounded by
// seal.MaxSize, for which tlog is safe.
type tree struct {
	reader store.Reader
	id     logID
}

// ReadHashes implements tlog.HashReader.
func (t tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		level, n := tlog.SplitStoredHashIndex(index)
		// The leaf that completes the n'th subtree of this level holds its hash.
		row, err := getLeaf(t.reader, t.id, uint64(n+1)<<level-1)
		switch {
		case err != nil:
			return nil, err
		case level == 0:
			hashes[i] = seal.RecordHash(row.leaf)
		case level > len(row.hashes):
			return nil, fmt.Errorf("%w: tree hash at level %d, %d is gone", ErrCorrupt, level, n)
		default:
			hashes[i] = row.hashes[level-1]
		}
	}
	return hashes, nil
}

// root returns the root of the tree of the first size leaves.
func (t tree) root(size uint64) (tlog.Hash, error) { return tlog.TreeHash(int64(size), t) }

// grown is a tree to which leaves were added in memory, on top of size leaves
// that are stored.
type grown struct {
	peaks  []tlog.Hash // of the stored part: full subtrees, the largest first
	places []int64     // of the peaks, in the order of tlog's stored hash index
	size   uint64      // stored
	added  []tlog.Hash // in the order of tlog's stored hash index
	leaves uint64      // added
}

// grow begins with what is stored. It reads at most 40 hashes.
func (t tree) grow(size uint64) (*grown, error) {
	g := &grown{size: size, places: peakPlaces(size)}
	peaks, err := t.ReadHashes(g.places)
	if err != nil {
		return nil, err
	}
	g.peaks = peaks
	return g, nil
}

// peakPlaces returns the places of the full subtrees that make up a tree, the
// largest first: one for each bit of its size.
func peakPlaces(size uint64) []int64 {
	var indexes []int64
	var start uint64
	for level := 40; level >= 0; level-- {
		if size&(1<<level) != 0 {
			indexes = append(indexes, tlog.StoredHashIndex(level, int64(start>>level)))
			start += 1 << level
		}
	}
	return indexes
}

// ReadHashes implements tlog.HashReader for the hashes that appending needs:
// the peaks, and what was added.
func (g *grown) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	first := tlog.StoredHashCount(int64(g.size))
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= first {
			hashes[i] = g.added[index-first]
			continue
		}
		j := slices.Index(g.places, index)
		if j < 0 {
			return nil, fmt.Errorf("tree hash %d is no peak of size %d", index, g.size)
		}
		hashes[i] = g.peaks[j]
	}
	return hashes, nil
}

// append adds a leaf by its record hash, and returns the hashes above it that
// it completes, as the row of the leaf keeps them.
func (g *grown) append(record tlog.Hash) ([]tlog.Hash, error) {
	hashes, err := tlog.StoredHashesForRecordHash(int64(g.size+g.leaves), record, g)
	if err != nil {
		return nil, err
	}
	g.added = append(g.added, hashes...)
	g.leaves++
	return hashes[1:], nil
}

// root returns the root over everything, stored and added.
func (g *grown) root() (tlog.Hash, error) {
	return tlog.TreeHash(int64(g.size+g.leaves), g)
}

// above returns the hashes above leaf n that it completes, as its row keeps
// them.
func (t tree) above(n uint64, record tlog.Hash) ([]tlog.Hash, error) {
	hashes, err := tlog.StoredHashesForRecordHash(int64(n), record, t)
	if err != nil {
		return nil, err
	}
	return hashes[1:], nil
}
