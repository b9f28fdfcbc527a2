package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// sourceFlags say by whom something was told outside the network. What they
// return puts the source into a statement if they were given.
func sourceFlags(cmd *cobra.Command) func(*spsv1.Statement) error {
	f := cmd.Flags()
	teller := f.String("heard-from", "", "enter what this office, area or body told outside the network: its code or name")
	means := wordFlag(cmd, "heard-by", "how it was told", spsv1.Means(0))
	at := pastFlag(cmd, "heard-at", "when it was told (default now)")
	reference := f.String("their-reference", "", "its number with who told it")
	system := f.String("heard-system", "", "name of the other system")
	person := f.String("heard-person", "", "the person who told it")
	receiver := f.String("heard-here", "", "who was told it here")
	outage := f.Bool("outage", false, "it was told so because the network was down")
	scans := f.StringSlice("scan", nil, "ids of the attached files that are scans of it (default all that --attach attaches)")
	return func(s *spsv1.Statement) error {
		if *teller == "" {
			if means.n != 0 || at.at != nil {
				return fmt.Errorf("say who told it: --heard-from")
			}
			return nil
		}
		area, name := recipientOf(*teller)
		s.Source = &spsv1.Source{
			Teller: &spsv1.Authority{Area: area, Name: name}, Means: spsv1.Means(means.n), Reference: *reference,
			System: *system, ReceiveTime: at.at, Outage: *outage, Person: personOf(*person), ReceivedBy: personOf(*receiver), Scans: *scans,
		}
		if at.at == nil {
			s.Source.ReceiveTime = timestamppb.New(time.Now().Truncate(time.Minute))
		}
		return nil
	}
}

func personOf(name string) *spsv1.Person {
	if name == "" {
		return nil
	}
	return &spsv1.Person{Name: name}
}

// asAddressed names those who were told or heard as the case names them: two
// letters may be the code of an office or of an area.
func asAddressed(s *spsv1.Statement, found *spsv1.Case) {
	offices := make(map[string]bool)
	for _, p := range found.GetState().GetParticipants() {
		offices[p.GetOffice()] = p.GetOffice() != "" // an area or body has none
	}
	for _, h := range s.GetHandDeliveries() {
		if code := h.GetArea().GetCode(); offices[code] {
			h.Office, h.Area = code, nil
		}
	}
	if teller := s.GetSource().GetTeller(); offices[teller.GetArea().GetCode()] {
		teller.Office, teller.Area = teller.GetArea().GetCode(), nil
	}
}

// byCaller makes the caller the one who told by hand, if nobody is named.
func byCaller(ctx context.Context, node *client.Client, s *spsv1.Statement) error {
	for _, h := range s.GetHandDeliveries() {
		if h.GetToldBy() != nil {
			continue
		}
		caller, err := node.NodeService().GetCaller(ctx, &spsv1.GetCallerRequest{})
		if err != nil {
			return err
		}
		h.ToldBy = &spsv1.Person{Id: caller.GetId()}
	}
	return nil
}

// scanned makes the attached files the scans of what was entered by hand, or the
// proof of what was told by hand, unless some were named.
func scanned(s *spsv1.Statement) {
	var ids []string
	for _, file := range s.GetAttachments() {
		ids = append(ids, file.GetId())
	}
	if s.GetSource() != nil && len(s.GetSource().GetScans()) == 0 {
		s.Source.Scans = ids
	}
	for _, h := range s.GetHandDeliveries() {
		if len(h.GetProof()) == 0 {
			h.Proof = slices.Clone(ids)
		}
	}
}

func (a *app) toldCommand() *cobra.Command {
	return newAct(a, actText{
		use: "told REFERENCE WHOM", short: "record that somebody without a node was told by hand",
		long: `Told records who was told of the case outside the network, how and when: an area by
its code, a body by its name, an office that could not be reached. Files that
--attach names are the proof. It is never called delivered.`,
		example: `  spsctl case told VN-2026-000123 LA --by telephone --told-by 'An Tran' --told-to 'Bounmy S.' --at 2h
  spsctl case told VN-2026-000123 INFOSAN --by email --told-by 'An Tran' --attach sent.pdf`,
	}, cobra.ExactArgs(2), func(cmd *cobra.Command) func(*spsv1.FollowUpCaseRequest, []string) error {
		f := cmd.Flags()
		means := wordFlag(cmd, "by", "how", spsv1.Means(0))
		at := pastFlag(cmd, "at", "when (default now)")
		by, to := f.String("told-by", "", "who told it"), f.String("told-to", "", "who was told")
		system := f.String("system", "", "name of the other system")
		note := textFlag(cmd, "note", "what was answered")
		return func(req *spsv1.FollowUpCaseRequest, args []string) error {
			area, body := recipientOf(args[1])
			h := &spsv1.HandDelivery{
				Area: area, Body: body, Means: spsv1.Means(means.n), System: *system, TellTime: at.at,
				ToldBy: personOf(*by), ToldTo: personOf(*to), Note: note.all,
			}
			if at.at == nil {
				h.TellTime = timestamppb.New(time.Now().Truncate(time.Minute))
			}
			s := around(req.ProtoReflect())
			s.HandDeliveries = append(s.HandDeliveries, h)
			return nil
		}
	}, spsv1.CaseServiceClient.FollowUpCase)
}

func (a *app) linkCommand() *cobra.Command {
	return newAct(a, actText{
		use: "link REFERENCE OTHER", short: "say how a case belongs to another one",
		long: `Link relates a case to another one that is here: to the real one that arrived after
the case was entered by hand, to one of the same event, or to one in which the same
occurred before.`,
		example: `  spsctl case link VN-2026-000123 LA-2026-000007
  spsctl case link VN-2026-000123 TH-2026-000090 --as same-event`,
	}, cobra.ExactArgs(2), func(cmd *cobra.Command) func(*spsv1.FollowUpCaseRequest, []string) error {
		as := wordFlag(cmd, "as", "how they belong together (default transcribes: this one was entered by hand)", spsv1.RelationKind(0))
		text := textFlag(cmd, "text", "anything more")
		return func(req *spsv1.FollowUpCaseRequest, args []string) error {
			kind := spsv1.RelationKind(as.n)
			if kind == spsv1.RelationKind_RELATION_KIND_UNSPECIFIED {
				kind = spsv1.RelationKind_RELATION_KIND_TRANSCRIBES
			}
			req.FollowUp = &spsv1.FollowUp{Text: text.all}
			s := around(req.ProtoReflect())
			s.RelatesTo = append(s.RelatesTo, &spsv1.Relation{Kind: kind, Reference: strings.ToUpper(args[1])})
			return nil
		}
	}, spsv1.CaseServiceClient.FollowUpCase)
}
