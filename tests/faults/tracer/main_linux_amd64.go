package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// plan is what the tracer is to do.
type plan struct {
	folders []string
	calls   map[string]bool // those that count; nil: all
	at      int             // which of them; 0: none
	act     string          // kill, eio or enospc
	before  bool            // whether the call is prevented, or made first
	log     string
}

func main() {
	// ptrace(2) belongs to a thread.
	runtime.LockOSThread()
	var p plan
	var folders, calls string
	var pid int
	flag.StringVar(&folders, "folders", "/", "look at files below these folders only, separated by commas")
	flag.StringVar(&calls, "calls", "", "count these calls only, separated by commas")
	flag.IntVar(&p.at, "at", 0, "act at this call, from 1; 0: at none")
	flag.StringVar(&p.act, "act", "kill", "what to do: kill, eio, enospc")
	flag.BoolVar(&p.before, "before", false, "prevent the call instead of letting it be made")
	flag.StringVar(&p.log, "log", "", "write a line for each call to this file")
	flag.IntVar(&pid, "pid", 0, "attach to this process")
	flag.Parse()
	p.folders = strings.Split(folders, ",")
	if calls != "" {
		p.calls = map[string]bool{}
		for _, c := range strings.Split(calls, ",") {
			p.calls[c] = true
		}
	}
	status, err := run(p, pid, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "tracer:", err)
		os.Exit(2)
	}
	os.Exit(status)
}

// run traces until the program has ended, and returns how it ended: its exit
// code, or 128 and the signal.
func run(p plan, pid int, command []string) (int, error) {
	journal, err := openJournal(p.log)
	if err != nil {
		return 0, err
	}
	t := &tracer{plan: p, journal: journal, inside: map[int]*call{}, known: map[int]bool{}}
	if pid == 0 {
		return t.launch(command)
	}
	if err := t.attach(pid); err != nil {
		return 0, fmt.Errorf("attach to %d: %w", pid, err)
	}
	fmt.Println("attached")
	return t.loop()
}

const options = unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACEFORK | unix.PTRACE_O_TRACEVFORK

// launch starts the program, which ends at the latest with the tracer.
func (t *tracer) launch(command []string) (int, error) {
	if len(command) == 0 {
		return 0, errors.New("name a program or -pid")
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	t.leader = cmd.Process.Pid
	var ws unix.WaitStatus
	if _, err := unix.Wait4(t.leader, &ws, unix.WALL, nil); err != nil {
		return 0, err
	}
	t.known[t.leader] = true
	if err := unix.PtraceSetOptions(t.leader, options|unix.PTRACE_O_EXITKILL); err != nil {
		return 0, err
	}
	if err := unix.PtraceSyscall(t.leader, 0); err != nil {
		return 0, err
	}
	return t.loop()
}

// attach seizes all threads of a process. Those that they start meanwhile are
// seized by that.
func (t *tracer) attach(pid int) error {
	t.leader = pid
	for more := true; more; {
		more = false
		threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
		if err != nil {
			return err
		}
		for _, entry := range threads {
			var tid int
			if _, err := fmt.Sscan(entry.Name(), &tid); err != nil {
				return err
			}
			if t.known[tid] {
				continue
			}
			t.known[tid], more = true, true
			if err := seize(tid); errors.Is(err, unix.EPERM) && tid != pid || errors.Is(err, unix.ESRCH) {
				continue // seized with the thread that started it, or gone
			} else if err != nil {
				return err
			}
			if err := unix.PtraceInterrupt(tid); err != nil && !errors.Is(err, unix.ESRCH) {
				return err
			}
		}
	}
	return nil
}

func seize(tid int) error {
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_SEIZE, uintptr(tid), 0, options, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
