package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client/codes"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/admin"
	"github.com/spsalert/spsalert/server/backup"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/exchange"
	"github.com/spsalert/spsalert/server/finding"
	"github.com/spsalert/spsalert/server/intake"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/metrics"
	"github.com/spsalert/spsalert/server/office"
	"github.com/spsalert/spsalert/server/standing"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/bolt"
	"github.com/spsalert/spsalert/server/trader"
	"github.com/spsalert/spsalert/server/unit"
	"github.com/spsalert/spsalert/server/upload"
	"github.com/spsalert/spsalert/server/web"
)

// Options is what a node is made of. Config is required.
type Options struct {
	Config  Config
	Version string           // of the program
	Logger  *slog.Logger     // nil: nothing is logged
	Now     func() time.Time // the clock of all stamps and certificates; nil: time.Now

	// Listeners, where set, are used instead of listening at the addresses of
	// Config. The server closes them.
	Listeners Listeners
	// Tokens knows the bearer tokens of the web listener; nil: the node's own,
	// which its administrator makes.
	Tokens web.Authenticator
	// Dial connects to peers; nil: over TCP, with the node's certificate.
	Dial exchange.Dialer
	// Connect opens the connection over which a link is tested; nil: TCP.
	Connect func(ctx context.Context, address string) (net.Conn, error)
}

// Listeners are where a node is reached.
type Listeners struct {
	Peers, Office, Web, Ops net.Listener
}

// Server is one node. New makes it, Start and Stop are called once each, in
// this order; all other methods are safe for concurrent use.
type Server struct {
	config  Config
	logger  *slog.Logger
	now     func() time.Time
	version string
	started time.Time

	id         *identity
	codes      *codes.Registry
	store      *bolt.Store
	blobs      *blob.Store
	book       *casebook.Book
	ledger     *ledger.Ledger
	register   *access.Register
	exchange   *exchange.Exchange
	health     *health.Server
	metrics    *metrics.Metrics
	tracing    *tracing // nil: none
	office     *office.Service
	findings   *finding.Service
	units      *unit.Service
	codeStatus *standing.Codes
	imports    *intake.Service
	traders    *trader.Service
	announced  *standing.Announcements
	admin      *admin.Service
	backups    *backup.Keeper // nil: this node makes none

	listeners Listeners
	peersGRPC *grpc.Server // nil: this node only dials out
	peopleRPC *grpc.Server
	tokens    web.Authenticator
	web       *webServer // nil: none
	ops       *opsServer // nil: none

	running  sync.WaitGroup
	cancel   context.CancelFunc // ends exchange and reloading
	draining chan struct{}      // closed when the node begins to stop
	ready    atomic.Bool
	full     atomic.Bool // the store refused the last ordinary Update

	published atomic.Uint64 // number of the own card that is in the own log
	failed    chan error    // of size one
	refilled  chan struct{} // of size one: own statements came back
}

// New opens what the configuration names, and rebuilds the casebook if it is
// of another version. The error says what to do; nothing stays open then.
//
// What New opens is closed by Stop, which MUST be called even if Start was not.
func New(ctx context.Context, o Options) (*Server, error) {
	s := &Server{
		config: o.Config, logger: o.Logger, now: o.Now, version: o.Version, listeners: o.Listeners, tokens: o.Tokens,
		draining: make(chan struct{}),
		failed:   make(chan error, 1),
		refilled: make(chan struct{}, 1),
		cancel:   func() {},
		health:   health.NewServer(),
	}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.started = s.now()
	s.metrics = metrics.New(metrics.Node{
		Federation: s.config.Federation, Office: string(s.config.Office), Version: s.version,
	}, s.state, s.logger)
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.assemble(o.Dial, o.Connect)
	if err := s.findings.Begin(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// open opens identity, store, casebook and ledger, in this order.
func (s *Server) open(ctx context.Context) (err error) {
	if err := access.CheckSentences(); err != nil {
		return err
	}
	c := s.config
	if s.id, err = loadIdentity(c, s.now); err != nil {
		return err
	}
	if err := s.id.tls.Check(); err != nil {
		return fmt.Errorf("%w\n%w", err, ErrIdentity) // nobody would let this node in
	}
	if err := s.id.roster.Skipped(); err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			s.logger.Error("alarm: a card of a peer is not in force", "err", line)
		}
	}
	s.codes = codes.New(c.Codes)
	if err := s.codes.Reload(); err != nil {
		s.logger.Warn("a file of a code list is not in force", "err", err)
	}
	if s.tracing, err = newTracing(ctx, c, s.version, s.logger); err != nil {
		return err
	}
	s.store, err = openStore(c, s.metrics.Committed)
	if older(err) {
		if err := upgradeStore(ctx, c.Ledger(), storeOptions(c), upgrade, s.logger, s.now()); err != nil {
			return err
		}
		s.store, err = openStore(c, s.metrics.Committed)
	}
	if err != nil {
		return err
	}
	if err := s.verifySuspect(ctx); err != nil {
		return err
	}
	guarded := guardedStore{Store: s.store, unknown: s.fail, full: &s.full}
	s.units = s.newUnits(guarded)
	s.book, err = casebook.Open(ctx, casebook.Options{
		Store: guarded, Federation: c.Federation, Office: c.Office, Now: s.now, Router: s.units,
	})
	if err != nil {
		return err
	}
	options := ledgerOptions(c, s.id, guarded, s.book, s.now)
	options.Fold = fold{Book: s.book, own: c.Office}
	options.Signer = s.metrics.Signer(metrics.KindCheckpoint, options.Signer)
	options.Receipts = s.metrics.Signer(metrics.KindReceipt, options.Receipts)
	if s.ledger, err = ledger.Open(ctx, options); err != nil {
		if errors.Is(err, ledger.ErrCorrupt) {
			err = fmt.Errorf("%w\nrun `spsd store verify`", err)
		}
		return err
	}
	if err := s.checkCard(ctx); err != nil {
		return err
	}
	if s.backups, err = s.newKeeper(); err != nil {
		return err
	}
	s.register = access.OpenRegister(s.registerOptions(guarded))
	if why := s.ledger.Why(); why != "" {
		s.logger.Warn("the ledger is read-only", "why", why)
	}
	if s.book.Stale() {
		s.logger.Info("rebuilding the casebook")
		if err := s.book.Rebuild(ctx, s.ledger); err != nil {
			return err
		}
	}
	return s.openBlobs(ctx)
}

// assemble makes exchange and services of what was opened.
func (s *Server) assemble(dial exchange.Dialer, connect func(context.Context, string) (net.Conn, error)) {
	if dial == nil {
		dial = exchange.GRPC(s.id.tls)
	}
	if connect == nil {
		connect = func(ctx context.Context, address string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", address)
		}
	}
	s.exchange = exchange.New(exchange.Options{
		Ledger: s.ledger, Roster: s.id.roster, Dial: dial, Now: s.now, Logger: s.logger,
		Software: "spsd " + s.version, Blobs: s.blobs, Book: s.book,
		Ended: func(office certs.Office, reason access.Reason) {
			s.metrics.SessionEnded(string(office), string(reason))
		},
		Receipted: func(office certs.Office, after time.Duration) { s.metrics.Receipted(string(office), after) },
		Refilled:  s.wakeRefilled,
	})
	uploads := new(upload.Desk)
	s.office = office.New(office.Options{
		Ledger: s.ledger, Book: s.book, Roster: s.id.roster, Now: s.now,
		Store:    guardedStore{Store: s.store, unknown: s.fail, full: &s.full},
		FourEyes: s.config.FourEyes, Queries: s.config.Queries, Blobs: s.blobs, Keep: s.config.Limits.AttachmentsKeep, UploadPace: s.config.Limits.UploadPace,
		Uploads:  uploads,
		MayIssue: s.mayIssue, Codes: s.codes, Findings: reports{s}, Notices: told{s},
		CallAfter: s.config.CallAfter, Units: s.units,
		Heartbeat: s.config.Limits.Heartbeat, Draining: s.draining,
	})
	s.findings = finding.New(finding.Options{
		Store: guardedStore{Store: s.store, unknown: s.fail, full: &s.full}, Ledger: s.ledger, Roster: s.id.roster, Files: s.office, Drafts: s.office.Drafts(), Units: s.units,
		Holders: s.register.Holders,
		Now:     s.now, Heartbeat: s.config.Limits.Heartbeat, Draining: s.draining,
	})
	held := standing.Options{
		Ledger: s.ledger, Book: s.book, Now: s.now, Seers: s.office.Seers, Queries: s.config.Queries, Heartbeat: s.config.Limits.Heartbeat, Draining: s.draining,
	}
	s.codeStatus, s.announced = standing.NewCodes(held), standing.NewAnnouncements(held)
	s.traders = trader.New(trader.Options{
		Store: guardedStore{Store: s.store, unknown: s.fail, full: &s.full}, Ledger: s.ledger, Book: s.book, Roster: s.id.roster,
		Cases: s.office, Files: s.office, Drafts: s.office.Drafts(), Rule: s.config.Exporters,
		Now: s.now, Heartbeat: s.config.Limits.Heartbeat, Draining: s.draining,
	})
	s.imports = s.newImports(uploads)
	s.admin = admin.New(admin.Options{
		Ledger: s.ledger, Roster: s.id.roster, Credentials: s.id.credentials, Register: s.register,
		Backups: s.backups, Links: s.links, ReadOnly: s.readOnly, Clock: s.clock, TLS: s.id.tls, Connect: connect, Now: s.now,
		Version: s.version, Started: s.started,
	})
}

// plenty is room in the store that no single statement needs.
const plenty = 32 << 20

// readOnly says why the node issues nothing just now, or "".
func (s *Server) readOnly(ctx context.Context) (string, error) {
	if why := s.ledger.Why(); why != "" {
		return why, nil
	}
	var refusal *access.Refusal
	if err := s.mayIssue(ctx); errors.As(err, &refusal) {
		return refusal.Sentence, nil
	} else if err != nil {
		return "", err
	}
	room, err := s.store.Room(ctx)
	if err != nil || room > plenty || room > 0 && !s.full.Load() {
		return "", err
	}
	return "the store is full but for urgent entries and receipts: free disk space or raise limits.store", nil
}

// Failed delivers the error after which the process must stop, at most one: the
// outcome of a commit is not known ([store.ErrUnknown]), or a listener broke.
// The caller calls Stop and ends the process with an exit code that is not 0;
// its next start reads what the disk holds.
func (s *Server) Failed() <-chan error { return s.failed }

func (s *Server) fail(err error) {
	select {
	case s.failed <- err:
		s.ready.Store(false)
		s.logger.Error("the node must stop", "err", err)
		if errors.Is(err, store.ErrUnknown) {
			if err := suspect(s.config, err); err != nil {
				s.logger.Error("verify the store by hand before the next start", "err", err)
			}
		}
	default:
	}
}

// Reload reads certificate, cards and code lists again at once, as it is done
// every so often anyway, and publishes the own card if it is a new one. The error
// says which stayed as they were.
func (s *Server) Reload(ctx context.Context) error {
	return errors.Join(s.id.reload(), s.publishCard(ctx), s.codes.Reload())
}

// Alive returns nil if the node can still read its store.
func (s *Server) Alive(ctx context.Context) error {
	_, err := s.store.Room(ctx)
	return err
}

// Addrs are the addresses at which a node listens; nil where it does not.
type Addrs struct {
	Peers, Office, Web, Ops net.Addr
}

// Addrs returns where the node listens, after Start.
func (s *Server) Addrs() Addrs {
	addr := func(l net.Listener) net.Addr {
		if l == nil {
			return nil
		}
		return l.Addr()
	}
	return Addrs{
		Peers: addr(s.listeners.Peers), Office: addr(s.listeners.Office),
		Web: addr(s.listeners.Web), Ops: addr(s.listeners.Ops),
	}
}

// Start listens and dials, and returns when the node can be reached. Nothing
// but Stop ends it; ctx is for Start alone. If it returns an error, Stop MUST
// still be called.
func (s *Server) Start(ctx context.Context) error {
	if err := s.listen(ctx); err != nil {
		return err
	}
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.cancel = cancel
	s.running.Go(func() {
		if err := s.exchange.Run(life); err != nil {
			s.fail(fmt.Errorf("exchange: %w", err))
		}
	})
	s.running.Go(func() { s.reloadOften(life) })
	if s.backups != nil {
		s.running.Go(func() { s.backups.Run(life) })
	}
	s.running.Go(func() { s.sweepBlobs(life) })
	s.running.Go(func() {
		if err := s.imports.Run(life, s.logger); err != nil {
			s.fail(fmt.Errorf("imports: %w", err))
		}
	})
	s.running.Go(func() { s.fetchRefilled(life) })
	s.running.Go(func() { s.office.KeepDesk(life, s.logger) })
	s.running.Go(func() { s.traders.Follow(life, s.logger) })
	s.running.Go(func() { s.watchClock(life) })
	s.running.Go(statement.Warm)
	if err := s.publishCard(ctx); err != nil { // tried again at every reload
		s.logger.Warn("own card is not published", "err", err)
	}
	if err := s.serve(); err != nil {
		return err
	}
	s.ready.Store(true)
	addrs := s.Addrs()
	s.logger.Info("node started", "office", s.config.Office, "version", s.version,
		"peers", addrs.Peers, "office_listener", addrs.Office, "web", addrs.Web, "ops", addrs.Ops)
	return nil
}

// Stop lets the node end: it is no longer ready, watches and sessions are told
// to come again later, calls that run get the configured time, and then the
// store is closed. When ctx ends, nothing is waited for any more but the store.
// The store is as after a kill at worst, which loses nothing that was
// acknowledged.
func (s *Server) Stop(ctx context.Context) error {
	s.ready.Store(false)
	s.health.Shutdown()
	close(s.draining)
	s.cancel()
	ctx, cancel := context.WithTimeout(ctx, s.config.Limits.Drain)
	defer cancel()
	var stopping sync.WaitGroup
	for _, srv := range []*grpc.Server{s.peersGRPC, s.peopleRPC} {
		if srv != nil {
			stopping.Go(func() { stopGRPC(ctx, srv) })
		}
	}
	var webErr error
	stopping.Go(func() { webErr = s.web.stop(ctx) })
	stopping.Wait()
	err := errors.Join(webErr, s.ops.stop(ctx))
	s.running.Wait()
	err = errors.Join(err, s.close())
	s.logger.Info("node stopped")
	return err
}

// close closes what open opened.
func (s *Server) close() error {
	var errs []error
	for _, l := range []net.Listener{s.listeners.Peers, s.listeners.Office, s.listeners.Web, s.listeners.Ops} {
		if l != nil {
			_ = l.Close() // mostly a second time
		}
	}
	s.tracing.stop()
	if s.register != nil {
		s.register.Close()
	}
	if s.ledger != nil {
		errs = append(errs, s.ledger.Close())
	}
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	return errors.Join(errs...)
}

var _ store.Store = guardedStore{}
