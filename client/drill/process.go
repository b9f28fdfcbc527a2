package drill

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// graceTime is how long a process may take to end by itself before it is
// killed; a node gives calls 10 s to end.
const graceTime = 15 * time.Second

// process is one run of a program.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	err  error         // how it ended; valid after done
}

// launch starts a command, which ends at the latest with this program, even
// when this program is killed (on Linux).
func launch(cmd *exec.Cmd) (*process, error) {
	cmd.SysProcAttr = endWithParent()
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = graceTime
	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// Linux sends the signal for a dead parent when the *thread* that started
		// the process dies, so this one is kept until the process has ended.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		p.err = cmd.Wait()
		if cmd.ProcessState != nil && cmd.ProcessState.Success() {
			p.err = nil // it ended well, though its context was done first
		}
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// ended reports whether the process has ended.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// kill ends the process at once, without a chance to tidy up, and waits until
// it is gone.
func (p *process) kill() error {
	err := p.cmd.Process.Kill()
	<-p.done
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// stop asks the process to end, and kills it when it takes too long. It returns
// how the process ended.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	timer := time.NewTimer(graceTime)
	defer timer.Stop()
	select {
	case <-p.done:
		return p.err
	case <-timer.C:
		return errors.Join(errors.New("still running after the signal to end, killed"), p.kill())
	}
}
