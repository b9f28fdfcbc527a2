package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) peerCommand() *cobra.Command {
	return group(&cobra.Command{Use: "peer", Short: "the other offices, and their cards"},
		a.peerListCommand(), a.peerShowCommand(), a.peerFingerprintCommand(), a.peerAcceptCommand(),
		a.peerTestCommand(), a.peerRevokeCommand())
}

func (a *app) peerListCommand() *cobra.Command {
	format := tableFormat
	var w polling
	cmd := &cobra.Command{
		Use:   "list",
		Short: "say how it stands with each office",
		Long: `List says for each office whether its node is connected, how much of its log is
here, how much of ours it has given a receipt for, and what went wrong last. With
--watch it says it again of each office for which it has changed, until Ctrl-C.`,
		Args: cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			fetch := func() ([]*spsv1.Peer, error) { return node.Peers(ctx) }
			return poll(ctx, a, w, format, fetch, a.printPeers)
		}),
	}
	w.flags(cmd)
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) printPeers(as format, peers []*spsv1.Peer) error {
	now := time.Now()
	list := newList(a.out, as, "office", "link", "their log", "our log with them", "last error")
	for _, p := range peers {
		if err := list.add(p, p.GetOffice(), link(p, now), behind(p), theirReceipt(p, now), lastError(p, now)); err != nil {
			return err
		}
	}
	return list.close()
}

// link says in words whether a session is up, and since when.
func link(p *spsv1.Peer, now time.Time) string {
	since := ""
	if t := p.GetSinceTime(); t != nil {
		since = " since " + clock(t, now)
	}
	switch {
	case p.GetConnected() && p.GetDialled():
		return "connected" + since + ", we dialled"
	case p.GetConnected():
		return "connected" + since + ", they dialled"
	case since == "":
		return "not connected yet"
	default:
		return "down" + since
	}
}

// behind says in words how much of the peer's log is missing here.
func behind(p *spsv1.Peer) string {
	switch missing := int64(p.GetKnownSize()) - int64(p.GetHeldSize()); {
	case p.GetOrigin() == "":
		return "not known yet"
	case missing <= 0:
		return fmt.Sprintf("all %d held", p.GetHeldSize())
	default:
		return fmt.Sprintf("behind by %d of %d", missing, p.GetKnownSize())
	}
}

// theirReceipt says in words how much of our log the peer has receipted.
func theirReceipt(p *spsv1.Peer, now time.Time) string {
	switch missing := int64(p.GetOwnSize()) - int64(p.GetReceiptSize()); {
	case p.GetReceiptSize() == 0:
		return fmt.Sprintf("no receipt yet, %d to go", p.GetOwnSize())
	case missing <= 0:
		return fmt.Sprintf("all %d receipted, %s", p.GetReceiptSize(), ago(p.GetReceiptTime(), now))
	default:
		return fmt.Sprintf("%d of %d receipted, %s", p.GetReceiptSize(), p.GetOwnSize(), ago(p.GetReceiptTime(), now))
	}
}

// lastError says in words what went wrong last with a peer, and when.
func lastError(p *spsv1.Peer, now time.Time) string {
	if p.GetLastError() == "" {
		return "none"
	}
	return p.GetLastError() + ", " + ago(p.GetLastErrorTime(), now)
}

// clock writes a time of today without its date.
func clock(t *timestamppb.Timestamp, now time.Time) string {
	local := t.AsTime().Local()
	if local.Format(time.DateOnly) == now.Local().Format(time.DateOnly) {
		return local.Format(time.TimeOnly)
	}
	return local.Format("2006-01-02 15:04")
}
