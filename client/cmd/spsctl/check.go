package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// level is how bad something is, and the exit code of a Nagios plugin.
type level int

const (
	levelOK       level = 0
	levelWarning  level = 1
	levelCritical level = 2
	levelUnknown  level = 3
)

// String returns the word that monitoring systems read.
func (l level) String() string {
	return [...]string{"OK", "WARNING", "CRITICAL", "UNKNOWN"}[l]
}

// thresholds say from when on something is bad.
type thresholds struct {
	behindWarning, behindCritical             uint64        // entries
	certificateWarning, certificateCritical   int           // days left
	disconnectedWarning, disconnectedCritical time.Duration // without a session
	offices                                   []string      // only these; empty: all
}

func (a *app) checkCommand() *cobra.Command {
	t := thresholds{
		certificateWarning: ownDays, certificateCritical: soonDays,
		disconnectedWarning: 15 * time.Minute, disconnectedCritical: 4 * time.Hour,
	}
	var as string
	wait := 10 * time.Second
	cmd := &cobra.Command{
		Use:   "check",
		Short: "one check for a monitoring system: Nagios plugin, or Prometheus text",
		Long: `Check asks the node how it stands and says it as monitoring systems read it.

  --format nagios      one line with performance data, and a line for each problem;
                       exit codes 0 ok, 1 warning, 2 critical, 3 unknown. It serves
                       Nagios, Icinga, Naemon, Checkmk and Zabbix alike.
  --format prometheus  metrics for the textfile collector of the node exporter; the
                       exit code is 0 if they were written. spsd tells more by
                       itself, at /metrics of listen.ops.

An officer's or auditor's certificate is enough.`,
		Example: `  spsctl check --format nagios --behind-critical 500 --disconnected-critical 2h
  spsctl check --format prometheus > /var/lib/node_exporter/spsctl.prom.new &&
    mv /var/lib/node_exporter/spsctl.prom.new /var/lib/node_exporter/spsctl.prom`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if as != "nagios" && as != "prometheus" {
				return usageError{fmt.Errorf("--format %q is neither nagios nor prometheus", as)}
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), wait)
			defer cancel()
			s := a.stand(ctx, t)
			if as == "prometheus" {
				return a.writePrometheus(s)
			}
			return a.writeNagios(s, t)
		},
	}
	f := cmd.Flags()
	f.StringVar(&as, "format", "nagios", "nagios or prometheus")
	f.Uint64Var(&t.behindWarning, "behind-warning", 1, "warn from so many entries that a peer has and the node has not; 0: never")
	f.Uint64Var(&t.behindCritical, "behind-critical", 1000, "critical from so many; 0: never")
	f.Var(number{&t.certificateWarning, 0}, "certificate-warning", "warn when a certificate is valid for fewer days")
	f.Var(number{&t.certificateCritical, 0}, "certificate-critical", "critical for fewer days")
	f.Var(span{&t.disconnectedWarning, 0}, "disconnected-warning", "warn when there has been no session with a peer for so long; 0: never")
	f.Var(span{&t.disconnectedCritical, 0}, "disconnected-critical", "critical after so long; 0: never")
	f.StringSliceVar(&t.offices, "office", nil, "look only at the links to these offices; may be repeated")
	f.Var(span{&wait, time.Millisecond}, "timeout", "for the whole check")
	complete(cmd, "format", "nagios", "prometheus")
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc("office", a.completePeers))
	return cmd
}

// standing is how the node stood at one moment.
type standing struct {
	at    time.Time
	setup error // why nobody could be asked; the node may be well
	away  error // why the node did not answer
	node  *spsv1.Node
	peers []*spsv1.Peer
}

// stand asks the node.
func (a *app) stand(ctx context.Context, t thresholds) standing {
	s := standing{at: time.Now()}
	all, _, err := a.contexts()
	if err != nil {
		s.setup = err
		return s
	}
	chosen, err := all.Get(a.contextName())
	if err != nil {
		s.setup = err
		return s
	}
	opts, err := chosen.Options()
	if err != nil {
		s.setup = err
		return s
	}
	s.setup, s.away = s.ask(ctx, opts)
	s.peers = slices.DeleteFunc(s.peers, func(p *spsv1.Peer) bool {
		return len(t.offices) > 0 && !slices.Contains(t.offices, p.GetOffice())
	})
	return s
}

// ask fills in what the node says.
func (s *standing) ask(ctx context.Context, opts client.Options) (setup, away error) {
	node, err := client.Dial(ctx, opts)
	if err == nil {
		defer node.Close()
		s.node, err = node.Node(ctx)
	}
	if err == nil {
		s.peers, err = node.Peers(ctx)
	}
	var e *client.Error
	switch {
	case err == nil:
		return nil, nil
	case errors.As(err, &e) && answerCode(e) == exitAuth:
		return err, nil // the node answers, and this caller may not ask
	default:
		return nil, err
	}
}

// problem is something that is bad.
type problem struct {
	level level
	text  string
}

// judge says what is bad, the worst first.
func (s standing) judge(t thresholds) (worst level, all []problem) {
	add := func(l level, format string, args ...any) {
		if l > levelOK {
			all = append(all, problem{l, fmt.Sprintf(format, args...)})
		}
	}
	switch {
	case s.setup != nil:
		add(levelUnknown, "%v", s.setup)
	case s.away != nil:
		add(levelCritical, "%v", s.away)
	default:
		s.judgeNode(t, add)
		for _, p := range s.peers {
			s.judgePeer(p, t, add)
		}
	}
	slices.SortStableFunc(all, func(a, b problem) int { return int(b.level) - int(a.level) })
	if len(all) > 0 {
		worst = all[0].level
	}
	return worst, all
}

func (s standing) judgeNode(t thresholds, add func(level, string, ...any)) {
	if s.node.GetReadOnly() {
		add(levelCritical, "read-only: %s", s.node.GetReadOnlyReason())
	}
	for _, damage := range damageOf(s.node.GetLedger()) {
		l := levelWarning
		if damage.broken {
			l = levelCritical
		}
		add(l, "%s: %s", damage.check, damage.words)
	}
	if ahead := s.node.GetClockOffset().AsDuration(); ahead.Abs() > clockNear {
		add(levelCritical, "its clock is %s from that of %d peers", ahead.Abs().Round(time.Second), s.node.GetClockPeers())
	}
	days := s.days(s.node.GetCertificateExpireTime().AsTime())
	add(below(days, float64(t.certificateWarning), float64(t.certificateCritical)), "certificate expires in %.1f days", days)
}

func (s standing) judgePeer(p *spsv1.Peer, t thresholds, add func(level, string, ...any)) {
	away := s.disconnected(p)
	add(above(away.Seconds(), t.disconnectedWarning.Seconds(), t.disconnectedCritical.Seconds()), "%s: no session for %s", p.GetOffice(), away.Round(time.Second))
	n := missing(p)
	add(above(float64(n), float64(t.behindWarning), float64(t.behindCritical)), "%s: behind by %d", p.GetOffice(), n)
	if p.GetCertificateExpireTime() != nil {
		days := s.days(p.GetCertificateExpireTime().AsTime())
		add(below(days, float64(t.certificateWarning), float64(t.certificateCritical)), "%s: its certificate expires in %.1f days", p.GetOffice(), days)
	}
}

func (s standing) days(at time.Time) float64 { return at.Sub(s.at).Hours() / 24 }

// disconnected returns for how long there has been no session with a peer; for
// how long before the node started nobody knows.
func (s standing) disconnected(p *spsv1.Peer) time.Duration {
	if p.GetConnected() {
		return 0
	}
	since := p.GetSinceTime()
	if since == nil {
		since = s.node.GetStartTime()
	}
	return max(s.at.Sub(since.AsTime()), 0)
}

// missing returns how many entries a peer has that the node has not.
func missing(p *spsv1.Peer) uint64 {
	return max(p.GetKnownSize(), p.GetHeldSize()) - p.GetHeldSize()
}

// above judges what is bad when it is much; a threshold of 0 is none.
func above(v, warning, critical float64) level {
	switch {
	case critical > 0 && v >= critical:
		return levelCritical
	case warning > 0 && v >= warning:
		return levelWarning
	default:
		return levelOK
	}
}

// below judges what is bad when it is little.
func below(v, warning, critical float64) level {
	switch {
	case v < critical:
		return levelCritical
	case v < warning:
		return levelWarning
	default:
		return levelOK
	}
}
