package story

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

const (
	// patience is how long something may take to be shown at another office.
	patience = 30 * time.Second
	// glance is how often it is looked for.
	glance = 2 * time.Millisecond
)

// player plays steps one after the other. After the first error it does nothing
// any more.
type player struct {
	desks map[certs.Office]Desk
	show  func(Step)
	told  Told
	err   error

	circle []certs.Office // who is in the case by now
	draft  *spsv1.Draft   // waits for a second person
	posted string         // name of the finding that stands
}

// act is one of the service of cases.
type act func(spsv1.CaseServiceClient) (*spsv1.IssuedStatement, error)

// name returns the resource name of the case.
func (p *player) name() string { return "cases/" + p.told.Case }

// others returns the circle without an office.
func (p *player) others(office certs.Office) (all []certs.Office) {
	for _, o := range p.circle {
		if o != office {
			all = append(all, o)
		}
	}
	return all
}

// says has the officer of an office do what one person may.
func (p *player) says(ctx context.Context, office certs.Office, did string, do act) {
	p.step(ctx, office, certs.RoleOfficer, did, func(*Step) (*spsv1.IssuedStatement, error) {
		return do(p.desks[office].Officer.CaseService())
	})
}

// drafts has the officer of an office write a draft and submit it.
func (p *player) drafts(ctx context.Context, office certs.Office, what string, write func(Desk) (name string, err error)) {
	p.step(ctx, office, certs.RoleOfficer, "drafts and submits "+what, func(*Step) (*spsv1.IssuedStatement, error) {
		name, err := write(p.desks[office])
		if err != nil {
			return nil, err
		}
		return nil, p.submits(ctx, p.desks[office].Officer, name)
	})
}

// submits has somebody submit a draft, for a second person to issue.
func (p *player) submits(ctx context.Context, at *client.Client, name string) error {
	draft, err := at.DraftService().GetDraft(ctx, &spsv1.GetDraftRequest{Name: name})
	if err != nil {
		return err
	}
	p.draft, err = at.DraftService().SubmitDraft(ctx, &spsv1.SubmitDraftRequest{Name: name, Etag: draft.GetEtag()})
	return err
}

// issues has the validator of an office issue the draft that waits.
func (p *player) issues(ctx context.Context, office certs.Office, did string) {
	p.step(ctx, office, certs.RoleValidator, did, func(*Step) (*spsv1.IssuedStatement, error) {
		issued, err := p.desks[office].Validator.DraftService().IssueDraft(ctx, &spsv1.IssueDraftRequest{
			Name: p.draft.GetName(), Etag: p.draft.GetEtag(),
		})
		if err == nil && p.told.Case == "" {
			p.told.Case = issued.GetReference()
		}
		return issued, err
	})
}

// bringsIn has the validator of an office hand on to the newcomer what the
// office said, and waits until it is there.
func (p *player) bringsIn(ctx context.Context, office certs.Office, did string) {
	p.step(ctx, office, certs.RoleValidator, did, func(*Step) (*spsv1.IssuedStatement, error) {
		handed, err := p.desks[office].Validator.CaseService().ReaddressCase(ctx, &spsv1.ReaddressCaseRequest{
			Name: p.name(), Offices: []string{string(newcomer)},
		})
		if err != nil {
			return nil, err
		}
		for _, name := range handed.GetStatements() {
			if err := p.shown(ctx, newcomer, name); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
}

// step does one thing and tells it, and holds that the others of the circle are
// shown what was issued, and the same case.
func (p *player) step(ctx context.Context, office certs.Office, role certs.Role, did string, do func(*Step) (*spsv1.IssuedStatement, error)) {
	if p.err != nil {
		return
	}
	s := Step{Time: time.Now(), Office: office, Role: role, Did: did}
	issued, err := do(&s)
	if err != nil {
		p.err = fmt.Errorf("%s of %s %s: %w", role, office, did, err)
		return
	}
	if issued != nil {
		s.Reference, s.Arrived = issued.GetReference(), make(map[certs.Office]float64)
		for _, other := range p.others(office) {
			if p.err = p.shown(ctx, other, issued.GetName()); p.err != nil {
				return
			}
			s.Arrived[other] = float64(time.Since(s.Time).Round(100*time.Microsecond)) / float64(time.Millisecond)
		}
		p.err = p.same(ctx)
	}
	p.told.Steps = append(p.told.Steps, s)
	if p.show != nil {
		p.show(s)
	}
}

// shown waits until an office is shown a statement.
func (p *player) shown(ctx context.Context, office certs.Office, name string) error {
	err := p.until(ctx, func() (bool, error) {
		_, err := p.desks[office].Officer.Statement(ctx, name)
		var e *client.Error
		if errors.As(err, &e) && e.Reason == "NOT_FOUND" {
			return false, nil
		}
		return true, err
	})
	if err != nil {
		return fmt.Errorf("%s at %s: %w", name, office, err)
	}
	return nil
}

// same waits until the whole circle is shown the same case.
func (p *player) same(ctx context.Context) error {
	err := p.until(ctx, func() (bool, error) {
		first, err := p.desks[p.circle[0]].Officer.Case(ctx, p.told.Case)
		if err != nil {
			return false, err
		}
		for _, office := range p.circle[1:] {
			other, err := p.desks[office].Officer.Case(ctx, p.told.Case)
			if err != nil || !proto.Equal(first.GetState(), other.GetState()) {
				return false, err
			}
		}
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("the case %s at %v: %w", p.told.Case, p.circle, err)
	}
	return nil
}

// errDifferent ends a wait in vain.
var errDifferent = fmt.Errorf("it is not the same everywhere after %s", patience)

// until looks until it holds.
func (p *player) until(ctx context.Context, holds func() (bool, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errDifferent)
	defer cancel()
	ticker := time.NewTicker(glance)
	defer ticker.Stop()
	for {
		if ok, err := holds(); ok || err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
