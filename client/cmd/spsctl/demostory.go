package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/demo"
	"github.com/spsalert/spsalert/client/drill"
	"github.com/spsalert/spsalert/client/story"
)

// demoSummary is what a demo came to.
type demoSummary struct {
	demo.Summary
	Story *story.Told `json:"story,omitempty"` // none if its offices are not all there
}

// playStory plays the story of a case, if its offices are all there; nil if they
// are not. As text each step is a line.
func (a *app) playStory(ctx context.Context, o demoOptions, fed *drill.Federation, nodes map[certs.Office]*client.Client) (_ *story.Told, err error) {
	desks := make(map[certs.Office]story.Desk)
	for _, office := range story.Offices() {
		if nodes[office] == nil {
			return nil, nil
		}
		desk, closeAll, failed := deskOf(ctx, fed.Node(office))
		if failed != nil {
			return nil, failed
		}
		defer func() { err = errors.Join(err, closeAll()) }()
		desk.Validator = nodes[office]
		desks[office] = desk
	}
	show := a.printStep
	if o.format == "json" {
		show = nil
	} else {
		fmt.Fprintf(a.out, "\none case, from the finding of a laboratory to its closure, between %s:\n", officeList(story.Offices()))
	}
	told, err := story.Play(ctx, desks, show)
	if o.format != "json" && err == nil {
		fmt.Fprintf(a.out, "after each step all who take part were shown the same case: %s\n", told.Case)
	}
	return &told, err
}

// deskOf connects the people of an office whom the story takes, but for its
// validator, and returns what ends that.
func deskOf(ctx context.Context, node *drill.Node) (desk story.Desk, closeAll func() error, err error) {
	var all []*client.Client
	closeAll = func() error {
		var errs []error
		for _, c := range all {
			errs = append(errs, c.Close())
		}
		return errors.Join(errs...)
	}
	keep := func(c *client.Client, failed error) *client.Client {
		if failed != nil {
			err = errors.Join(err, failed)
			return nil
		}
		all = append(all, c)
		return c
	}
	desk.Officer = keep(node.Client(ctx, certs.RoleOfficer))
	switch node.Office() {
	case story.Notifier():
		_, err = node.Token(ctx, certs.RoleLab) // so that the office knows the laboratory, and orders from it
		desk.Laboratory = keep(node.Client(ctx, certs.RoleLab))
	case story.Origin():
		desk.Exporter = keep(node.ClientAs(ctx, certs.RoleExporter, story.Exporter))
		desk.Province = keep(node.ClientAs(ctx, certs.RoleOfficer, story.Province))
	}
	if err != nil {
		err = errors.Join(err, closeAll())
	}
	return desk, closeAll, err
}

// printStep writes who did what and when, and after how long others had it.
func (a *app) printStep(s story.Step) {
	var arrived []string
	for office, ms := range s.Arrived {
		arrived = append(arrived, fmt.Sprintf("%s %.0f ms", office, ms))
	}
	slices.Sort(arrived)
	who := string(s.Role)
	if s.Unit != "" {
		who = s.Unit
	}
	line := fmt.Sprintf("%s  %s %-9s  %-14s  %s", s.Time.Format("15:04:05.000"), s.Office, who, s.Reference, s.Did)
	if len(arrived) > 0 {
		line += "; at " + strings.Join(arrived, ", ")
	}
	fmt.Fprintln(a.out, line)
	if s.Notice != nil {
		for _, told := range s.Notice.Lines {
			fmt.Fprintf(a.out, "%46s%s\n", "", printable(told))
		}
	}
}
