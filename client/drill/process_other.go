//go:build !linux

package drill

import "syscall"

// endWithParent does what it can: other systems do not tell a process that its
// parent has died.
func endWithParent() *syscall.SysProcAttr { return nil }
