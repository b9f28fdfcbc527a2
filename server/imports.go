package server

import (
	"github.com/spsalert/spsalert/server/intake"
	"github.com/spsalert/spsalert/server/upload"
)

// newImports returns the service of imports, with every kind that this node
// imports.
func (s *Server) newImports(uploads *upload.Desk) *intake.Service {
	return intake.New(intake.Options{
		Store: guardedStore{Store: s.store, unknown: s.fail, full: &s.full}, Blobs: s.blobs, Kinds: []intake.Kind{findingSheets{s.findings}, codeSheets{s.traders, s.config.Imports.Rows}},
		Limits: s.config.Imports, Now: s.now, Resume: s.register.Resume,
		Incarnation: func() [16]byte { return s.ledger.Released().Incarnation },
		Uploads:     uploads, UploadPace: s.config.Limits.UploadPace,
		Heartbeat: s.config.Limits.Heartbeat, Draining: s.draining,
	})
}
