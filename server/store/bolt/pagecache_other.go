//go:build !linux

package bolt

import "os"

// dropPageCache does nothing here: after an error of the disk, restart the
// machine before the node.
func dropPageCache(*os.File) error { return nil }
