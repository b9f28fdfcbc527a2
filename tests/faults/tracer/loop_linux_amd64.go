package main

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// tracer is one run. It is for one thread.
type tracer struct {
	plan
	journal *journal
	leader  int
	known   map[int]bool  // threads seen before
	inside  map[int]*call // what each thread is in
	counted int
}

// loop serves the threads until the last has ended.
func (t *tracer) loop() (status int, err error) {
	for {
		var ws unix.WaitStatus
		tid, err := unix.Wait4(-1, &ws, unix.WALL, nil)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.ECHILD):
			return status, nil
		case err != nil:
			return 0, fmt.Errorf("wait: %w", err)
		}
		switch {
		case ws.Exited() && tid == t.leader:
			status = ws.ExitStatus()
		case ws.Signaled() && tid == t.leader:
			status = 128 + int(ws.Signal())
		case ws.Stopped():
			if err := t.stopped(tid, ws); err != nil && !errors.Is(err, unix.ESRCH) {
				return 0, err
			}
		}
	}
}

// stopped serves a thread that has stopped, and lets it go on.
func (t *tracer) stopped(tid int, ws unix.WaitStatus) error {
	signal, event := ws.StopSignal(), int(ws)>>16
	fresh := !t.known[tid]
	t.known[tid] = true
	switch {
	case signal == unix.SIGTRAP|0x80:
		if err := t.crossing(tid); err != nil {
			return err
		}
		return unix.PtraceSyscall(tid, 0)
	case event == unix.PTRACE_EVENT_STOP && (signal == unix.SIGSTOP || signal == unix.SIGTSTP):
		return ptrace(unix.PTRACE_LISTEN, tid, 0, 0) // somebody stopped the program
	case event != 0:
		return unix.PtraceSyscall(tid, 0)
	case fresh && signal == unix.SIGSTOP:
		return unix.PtraceSyscall(tid, 0) // a new thread of a program that was launched
	}
	return unix.PtraceSyscall(tid, int(signal))
}

func ptrace(request, tid int, address, data uintptr) error {
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, uintptr(request), uintptr(tid), address, data, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// crossingInfo is struct ptrace_syscall_info of Linux for the two stops that
// are looked at.
type crossingInfo struct {
	op   uint8
	_    [3]uint8
	arch uint32
	_    [2]uint64 // instruction and stack pointer
	data [8]uint64 // entry: number and six arguments; exit: result
}

const (
	entering = 1 // PTRACE_SYSCALL_INFO_ENTRY
	leaving  = 2 // PTRACE_SYSCALL_INFO_EXIT
)

// crossing serves a thread that enters or leaves the kernel.
func (t *tracer) crossing(tid int) error {
	var info crossingInfo
	if err := ptrace(unix.PTRACE_GET_SYSCALL_INFO, tid, unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info))); err != nil {
		return err
	}
	if info.op == entering {
		c := t.read(tid, info.data)
		if c == nil {
			return nil
		}
		t.inside[tid] = c
		return t.enter(tid, c)
	}
	c := t.inside[tid]
	if info.op != leaving || c == nil {
		return nil
	}
	delete(t.inside, tid)
	return t.leave(tid, c, int64(info.data[0]))
}

// enter counts a call, and prevents it if it is the one.
func (t *tracer) enter(tid int, c *call) error {
	if t.calls == nil || t.calls[c.Call] {
		t.counted++
		c.N = t.counted
	}
	if c.N == 0 || c.N != t.at || !t.before {
		return nil
	}
	if t.act == "kill" {
		c.Killed = true
		t.journal.write(c)
		return unix.Kill(t.leader, unix.SIGKILL) // a thread with that pending does not make the call
	}
	c.Prevented = true
	var regs unix.PtraceRegs
	if err := unix.PtraceGetRegs(tid, &regs); err != nil {
		return err
	}
	regs.Orig_rax = ^uint64(0) // no call has this number
	return unix.PtraceSetRegs(tid, &regs)
}

// leave writes down a call that was made, or says that it was not.
func (t *tracer) leave(tid int, c *call, result int64) error {
	c.Result = result
	if c.N == 0 || c.N != t.at {
		t.journal.write(c)
		return nil
	}
	if t.act == "kill" {
		c.Killed = true
		t.journal.write(c)
		return unix.Kill(t.leader, unix.SIGKILL)
	}
	errno := unix.EIO
	if t.act == "enospc" {
		errno = unix.ENOSPC
	}
	c.Result = -int64(errno)
	t.journal.write(c)
	var regs unix.PtraceRegs
	if err := unix.PtraceGetRegs(tid, &regs); err != nil {
		return err
	}
	regs.Rax = uint64(c.Result)
	return unix.PtraceSetRegs(tid, &regs)
}
