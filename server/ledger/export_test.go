package ledger

import "os"

// BreakAnchor makes the next write of the anchor fail, as a disk does.
func (l *Ledger) BreakAnchor() error {
	l.release.mu.Lock()
	defer l.release.mu.Unlock()
	if l.release.pending != nil {
		<-l.release.pending
		l.release.pending = nil
	}
	path := l.release.anchor.file.Name()
	if err := l.release.anchor.file.Close(); err != nil {
		return err
	}
	var err error
	l.release.anchor.file, err = os.Open(path) // for reading only
	return err
}
