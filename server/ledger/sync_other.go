//go:build !linux

package ledger

import "os"

// syncData makes what was written to a preallocated file durable.
func syncData(f *os.File) error { return f.Sync() }
