package bolt

import (
	"bytes"

	"go.etcd.io/bbolt"
)

// cursor is a bbolt cursor that goes backwards correctly in a transaction that
// has deleted all items of a page. The page stays until the commit, and there
// Prev of bbolt returns nil as if it were the beginning, and Last does not
// return at all if no page has items left.
type cursor struct {
	*bbolt.Cursor

	bucket *bbolt.Bucket
}

// first moves to the first item from from on.
func (c *cursor) first(from, _ []byte) (k, v []byte) {
	if from == nil {
		return c.First()
	}
	return c.Seek(from)
}

// last moves to the last item before to.
func (c *cursor) last(_, to []byte) (k, v []byte) {
	if to != nil {
		return c.before(to)
	}
	if k, _ := c.First(); k == nil {
		return nil, nil
	}
	return c.Last()
}

// after moves to the first item behind key, wherever the cursor is.
func (c *cursor) after(key []byte) (k, v []byte) {
	k, v = c.Seek(key)
	if bytes.Equal(k, key) {
		return c.Next()
	}
	return k, v
}

// before moves to the last item in front of key, wherever the cursor is.
func (c *cursor) before(key []byte) (k, v []byte) {
	if k, _ := c.Seek(key); k == nil {
		return c.last(nil, nil)
	}
	return c.previous(key)
}

// previous moves to the last item in front of key, from the first item that is
// not.
func (c *cursor) previous(key []byte) (k, v []byte) {
	for k, v = c.Prev(); k == nil; k, v = c.Prev() {
		// Only at the real beginning is there nothing in front.
		least, _ := c.bucket.Cursor().First()
		if least == nil || bytes.Compare(least, key) >= 0 {
			return nil, nil
		}
	}
	return k, v
}
