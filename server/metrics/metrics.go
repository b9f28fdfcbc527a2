package metrics

import (
	"context"
	"crypto"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics is what one node tells. Its methods are safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	source   Source
	logger   *slog.Logger

	signatures, calls, refused, handshakes, sessions *prometheus.CounterVec
	streams                                          *prometheus.GaugeVec
	commit, issue                                    prometheus.Histogram
	receipt                                          *prometheus.HistogramVec
}

// Node names the node that the metrics are of.
type Node struct {
	Federation, Office, Version string
}

// The buckets go from a disk with a battery behind its cache to one that dies.
var seconds = []float64{0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25, 0.5, 1, 2, 4, 8}

// From a link inside a city to an office that was away for a day.
var spans = []float64{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600, 86400}

// New returns the metrics of a node. Logger gets what keeps a scrape from
// reading the source.
func New(n Node, source Source, logger *slog.Logger) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		source:   source, logger: logger,
		signatures: counters(signatures), calls: counters(calls),
		refused: counters(callsRefused), handshakes: counters(handshakesRefused), sessions: counters(sessionsEnded),
		receipt: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: receiptSeconds.Name, Help: receiptSeconds.Help, Buckets: spans}, receiptSeconds.Labels),
		streams: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: openStreams.Name, Help: openStreams.Help}, openStreams.Labels),
		commit:  prometheus.NewHistogram(prometheus.HistogramOpts{Name: commitSeconds.Name, Help: commitSeconds.Help, Buckets: seconds}),
		issue:   prometheus.NewHistogram(prometheus.HistogramOpts{Name: issueSeconds.Name, Help: issueSeconds.Help, Buckets: seconds}),
	}
	about := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: info.Name, Help: info.Help}, info.Labels)
	about.WithLabelValues(n.Federation, n.Office, n.Version).Set(1)
	for _, kind := range []string{KindCheckpoint, KindReceipt} {
		m.signatures.WithLabelValues(kind) // so that its first increase is seen
	}
	m.registry.MustRegister(m.signatures, m.calls, m.refused, m.handshakes, m.sessions, m.streams, m.commit, m.issue, m.receipt, about,
		atScrape{m}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func counters(f Family) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: f.Name, Help: f.Help}, f.Labels)
}

// Handler answers a scrape, in the format that Prometheus asks for.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		Registry: nil, ErrorHandling: promhttp.HTTPErrorOnError, MaxRequestsInFlight: 4, Timeout: 2 * scrapeLimit,
	})
}

// Committed counts a commit and how long it took.
func (m *Metrics) Committed(took time.Duration) { m.commit.Observe(took.Seconds()) }

// SessionEnded counts a session that ended.
func (m *Metrics) SessionEnded(office, reason string) {
	m.sessions.WithLabelValues(office, reason).Inc()
}

// Receipted counts a receipt, by how long after its issue the newest entry that
// it covers was receipted.
func (m *Metrics) Receipted(office string, after time.Duration) {
	m.receipt.WithLabelValues(office).Observe(after.Seconds())
}

// HandshakeRefused counts a handshake that a listener refused; check is empty
// if it did not come to one.
func (m *Metrics) HandshakeRefused(listener, check string) {
	if check == "" {
		check = "other"
	}
	m.handshakes.WithLabelValues(listener, check).Inc()
}

// The kinds of signatures.
const (
	KindCheckpoint = "checkpoint"
	KindReceipt    = "receipt"
)

// Signer returns a key that counts what it signs.
func (m *Metrics) Signer(kind string, key crypto.Signer) crypto.Signer {
	return countedSigner{Signer: key, made: m.signatures.WithLabelValues(kind)}
}

type countedSigner struct {
	crypto.Signer
	made prometheus.Counter
}

// Sign implements crypto.Signer.
func (s countedSigner) Sign(rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	sig, err := s.Signer.Sign(rand, digest, opts)
	if err == nil {
		s.made.Inc()
	}
	return sig, err
}

// scrapeLimit is how long a scrape may take to read the state.
const scrapeLimit = 5 * time.Second

// atScrape collects what is read at each scrape.
type atScrape struct{ m *Metrics }

// Describe implements prometheus.Collector.
func (c atScrape) Describe(ch chan<- *prometheus.Desc) {
	for _, g := range nodeGauges {
		ch <- g.desc()
	}
	for _, g := range backupGauges {
		ch <- g.desc()
	}
	for _, g := range logGauges {
		ch <- g.desc()
	}
	for _, g := range peerGauges {
		ch <- g.desc()
	}
	ch <- overdue.desc()
	ch <- unacknowledged.desc()
	ch <- unitCases.desc()
	ch <- upcoming.desc()
	ch <- clockOffset.desc()
	ch <- readable.desc()
}

// Collect implements prometheus.Collector.
func (c atScrape) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeLimit)
	defer cancel()
	s, err := c.m.source(ctx)
	tell := func(f Family, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(f.desc(), f.valueType(), v, labels...)
	}
	tell(readable, number(err == nil))
	if err != nil {
		c.m.logger.Warn("how the node stands cannot be read", "err", err)
		return
	}
	for _, g := range nodeGauges {
		tell(g.Family, g.value(&s))
	}
	if s.Backup != nil {
		for _, g := range backupGauges {
			tell(g.Family, g.value(&s))
		}
	}
	if s.Clock != nil {
		tell(clockOffset, s.Clock.Seconds())
	}
	s.Own.tell(tell, s.Time, "own")
	s.Others.tell(tell, s.Time, "others")
	tell(unitCases, float64(s.Units.Open), "open")
	tell(unitCases, float64(s.Units.Overdue), "overdue")
	s.Upcoming.tell(tell)
	for _, l := range s.Logs {
		for _, g := range logGauges {
			tell(g.Family, g.value(&l), l.Origin, l.Office)
		}
	}
	for _, p := range s.Peers {
		for _, g := range peerGauges {
			if v, known := g.value(&s, &p); known {
				tell(g.Family, v, p.Office)
			}
		}
	}
}
