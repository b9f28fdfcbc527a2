package bolt

import (
	"encoding/binary"
	"fmt"
	"os"

	"go.etcd.io/bbolt"
)

// The layout of bbolt's pages, little-endian as on all platforms of this
// program: a header with the page's number, flags, count of elements and of
// further pages, then the elements, each with the place of its key from itself.
const (
	headerSize  = 16
	elementSize = 16
	branchFlag  = 0x01
	leafFlag    = 0x02
	bucketFlag  = 0x01 // of an element of a leaf
	bucketSize  = 16   // root page and sequence
)

// pageChecker reads a file page by page with ordinary reads, which return an
// error where memory that is mapped to the file would fault.
type pageChecker struct {
	file     *os.File
	end      uint64 // number of pages
	seen     map[uint64]bool
	findings []error
}

// checkPages follows all pages from the root of a transaction and returns what
// keeps them from being read through the map, up to a number.
func checkPages(tx *bbolt.Tx) []error {
	file, err := os.Open(tx.DB().Path())
	if err != nil {
		return []error{err}
	}
	defer file.Close()
	c := &pageChecker{file: file, end: uint64(tx.Size()) / pageSize, seen: make(map[uint64]bool)}
	c.page(uint64(tx.Cursor().Bucket().Root()))
	return c.findings
}

func (c *pageChecker) find(id uint64, format string, args ...any) {
	if len(c.findings) < maxFindings {
		c.findings = append(c.findings, fmt.Errorf("page %d: %s", id, fmt.Sprintf(format, args...)))
	}
}

// page checks one page and those below it.
func (c *pageChecker) page(id uint64) {
	switch {
	case id < 2 || id >= c.end:
		c.find(id, "it is named, and the file has pages 2 to %d", c.end-1)
		return
	case c.seen[id]:
		c.find(id, "it is used twice")
		return
	}
	c.seen[id] = true
	data := make([]byte, pageSize)
	if _, err := c.file.ReadAt(data, int64(id)*pageSize); err != nil {
		c.find(id, "%v", err)
		return
	}
	if got := binary.LittleEndian.Uint64(data); got != id {
		c.find(id, "it says that it is page %d", got)
		return
	}
	more := uint64(binary.LittleEndian.Uint32(data[12:]))
	if more >= c.end-id {
		c.find(id, "it goes on for %d pages, beyond the end", more)
		return
	}
	if more > 0 {
		data = make([]byte, (1+more)*pageSize)
		if _, err := c.file.ReadAt(data, int64(id)*pageSize); err != nil {
			c.find(id, "%v", err)
			return
		}
	}
	c.elements(id, data)
}

// elements checks what a page, or the inline one of a small bucket, holds.
func (c *pageChecker) elements(id uint64, data []byte) {
	flags, count := binary.LittleEndian.Uint16(data[8:]), int(binary.LittleEndian.Uint16(data[10:]))
	if flags != branchFlag && flags != leafFlag {
		c.find(id, "it is of no known kind: %#x", flags)
		return
	}
	if headerSize+count*elementSize > len(data) {
		c.find(id, "%d elements do not fit", count)
		return
	}
	for i := range count {
		at := headerSize + i*elementSize
		e := data[at : at+elementSize]
		if flags == branchFlag {
			start, size := uint64(binary.LittleEndian.Uint32(e)), uint64(binary.LittleEndian.Uint32(e[4:]))
			if uint64(at)+start+size > uint64(len(data)) {
				c.find(id, "the key of element %d lies outside", i)
				return
			}
			c.page(binary.LittleEndian.Uint64(e[8:]))
			continue
		}
		start := uint64(at) + uint64(binary.LittleEndian.Uint32(e[4:])) + uint64(binary.LittleEndian.Uint32(e[8:]))
		end := start + uint64(binary.LittleEndian.Uint32(e[12:]))
		if end > uint64(len(data)) {
			c.find(id, "element %d lies outside", i)
			return
		}
		if binary.LittleEndian.Uint32(e)&bucketFlag != 0 {
			c.bucket(id, data[start:end])
		}
	}
}

// bucket checks a table: on pages of its own, or inline.
func (c *pageChecker) bucket(id uint64, value []byte) {
	if len(value) < bucketSize {
		c.find(id, "a table of %d bytes", len(value))
		return
	}
	if root := binary.LittleEndian.Uint64(value); root != 0 {
		c.page(root)
		return
	}
	inline := value[bucketSize:]
	if len(inline) < headerSize {
		c.find(id, "an inline table of %d bytes", len(inline))
		return
	}
	c.elements(id, inline)
}
