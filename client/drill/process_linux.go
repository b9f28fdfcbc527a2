package drill

import "syscall"

// endWithParent makes a process die with the one that started it. It is in a
// process group of its own, so that Ctrl-C reaches only the parent, which then
// ends its children in order.
func endWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
