package access

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

const (
	// LendingNames begins the resource name of a loan of a role.
	LendingNames = "lendings/"
	// ActingForKey is the metadata by which a call says for whom its caller acts. It
	// proves nothing: a [Guard] looks for a loan to the caller.
	ActingForKey = "acting-for"
	// longestLending bounds how long a role is lent.
	longestLending = 366 * 24 * time.Hour
)

// lendable are the roles that are lent, and to whoever has one of them.
var lendable = []certs.Role{certs.RoleOfficer, certs.RoleValidator, certs.RolePost}

// Lend lends the role of one person to another for dates, from what is given of the
// loan. It is durable on return. The refusals are about fields of a LendRoleRequest.
func (r *Register) Lend(ctx context.Context, given *spsv1.Lending) (*spsv1.Lending, error) {
	caller, _ := From(ctx)
	now := r.o.Now().UTC()
	l := &spsv1.Lending{
		To: given.GetTo(), ActingFor: given.GetActingFor(), Role: given.GetRole(), Unit: given.GetUnit(), Reason: given.GetReason(),
		StartTime: given.GetStartTime(), EndTime: given.GetEndTime(), Creator: caller.name(), CreateTime: timestamppb.New(now),
	}
	if l.GetStartTime() == nil {
		l.StartTime = timestamppb.New(now)
	}
	var wrong []Violation
	start, end := l.GetStartTime(), l.GetEndTime()
	if !start.IsValid() || !end.IsValid() || !end.AsTime().After(start.AsTime()) || !end.AsTime().After(now) || end.AsTime().Sub(start.AsTime()) > longestLending {
		wrong = append(wrong, Violation{
			Field: "lending.end_time", Reason: "LENDING_TIME", Sentence: "give a time that is to come, after the beginning and at most a year after it",
		})
	}
	if l.GetTo() == l.GetActingFor() || l.GetTo() == caller.ID {
		wrong = append(wrong, Violation{
			Field: "lending.to", Reason: "LENDING_TO", Sentence: "name another person: nobody acts for themselves, and nobody lends a role to themselves",
		})
	}
	units, err := r.unitsOf(ctx, l.GetActingFor())
	if err != nil {
		return nil, fmt.Errorf("lend a role: %w", err)
	}
	wrong = append(wrong, ofPerson(l.GetUnit(), units)...)
	if len(wrong) > 0 {
		return nil, Invalid(wrong...)
	}
	err = r.o.Store.Update(ctx, func(tx store.Tx) error {
		number := 1
		for row, err := range tx.Scan(tableLendings, nil, nil, true) {
			if err != nil {
				return err
			}
			if _, err := fmt.Sscanf(string(row.Key), "%d", &number); err != nil {
				return fmt.Errorf("%w: loan %q", errCorrupt, row.Key)
			}
			number++
			break
		}
		l.Name = fmt.Sprintf("%s%08d", LendingNames, number)
		if err := putLending(tx, l); err != nil {
			return err
		}
		return Record(ctx, tx, l.GetName())
	})
	if err != nil {
		return nil, fmt.Errorf("lend a role: %w", err)
	}
	return l, nil
}

// unitsOf returns the units of a person as far as the node knows them, by certificate,
// token or account; empty texts are the focal point.
func (r *Register) unitsOf(ctx context.Context, id string) (units []string, err error) {
	if unit, ok := r.o.Units[id]; ok {
		units = append(units, unit)
	}
	for _, role := range lendable {
		holders, err := r.Holders(ctx, role)
		if err != nil {
			return nil, err
		}
		for _, h := range holders {
			if h.ID == id && !slices.Contains(units, h.Unit) {
				units = append(units, h.Unit)
			}
		}
	}
	return units, nil
}

// ofPerson returns what is wrong with the unit of a loan, if those of the person for
// whom are known. Who acted without that unit would see all that the focal point does.
func ofPerson(unit string, units []string) []Violation {
	if len(units) == 0 || slices.Contains(units, unit) {
		return nil
	}
	named := slices.DeleteFunc(units, func(u string) bool { return u == "" })
	if len(named) == 0 {
		return []Violation{{Field: "lending.unit", Reason: "LENDING_UNIT", Sentence: "leave the unit out: the person for whom is of the focal point"}}
	}
	return []Violation{{Field: "lending.unit", Reason: "LENDING_UNIT", Sentence: fmt.Sprintf("give the unit of the person for whom: %s", strings.Join(named, ", "))}}
}

// Lendings returns at most so many loans, from the Next of a page on.
func (r *Register) Lendings(ctx context.Context, from string, most int) (Page[*spsv1.Lending], error) {
	return list(ctx, r.o.Store, tableLendings, from, most, decodeLending)
}

// EndLending ends a loan before its time. It is durable on return, and calls under
// way with the loan are being ended.
func (r *Register) EndLending(ctx context.Context, name string) (l *spsv1.Lending, err error) {
	caller, _ := From(ctx)
	err = r.o.Store.Update(ctx, func(tx store.Tx) error {
		row, err := tx.Get(tableLendings, []byte(name[len(LendingNames):]))
		if err != nil {
			return err
		}
		if row == nil {
			return NotFound("there is no %s", name)
		}
		if l, err = decodeLending(row); err != nil {
			return err
		}
		if l.GetEarlyEndTime() == nil && r.o.Now().Before(l.GetEndTime().AsTime()) {
			l.EarlyEndTime, l.EndedBy = timestamppb.New(r.o.Now().UTC()), caller.name()
			if err := putLending(tx, l); err != nil {
				return err
			}
		}
		return Record(ctx, tx, name)
	})
	if err != nil {
		return nil, err
	}
	r.takeAway(name)
	return l, nil
}

// LentTo returns the loans to a caller that are in effect now; none to whose role is
// not one of those that act for others.
func (r *Register) LentTo(ctx context.Context, c Caller) (all []*spsv1.Lending, err error) {
	if !slices.Contains(lendable, c.Role) {
		return nil, nil
	}
	err = r.o.Store.View(ctx, func(tx store.Reader) error {
		all = nil
		now := r.o.Now()
		for row, err := range tx.Scan(tableLendings, nil, nil, false) {
			if err != nil {
				return err
			}
			l, err := decodeLending(row.Value)
			if err != nil {
				return err
			}
			inEffect := l.GetEarlyEndTime() == nil && !now.Before(l.GetStartTime().AsTime()) && now.Before(l.GetEndTime().AsTime())
			if l.GetTo() == c.ID && inEffect {
				all = append(all, l)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("roles on loan: %w", err)
	}
	return all, nil
}

// acting returns the caller as it acts for whom its call names, if it names anybody:
// with the role and unit on loan, and as the person that it is. Of several loans for
// the same person that counts whose role the method is for.
func (g *Guard) acting(ctx context.Context, c Caller, rule Rule) (Caller, error) {
	if c.Acts == "" {
		return c, nil
	}
	var lent *spsv1.Lending
	if g.Register != nil && c.ActingFor == "" {
		all, err := g.Register.LentTo(ctx, c)
		if err != nil {
			return c, err
		}
		for _, l := range all {
			if l.GetActingFor() == c.Acts && (lent == nil || slices.Contains(rule.Roles, certs.Role(l.GetRole()))) {
				lent = l
			}
		}
	}
	if lent == nil {
		return c, &Refusal{
			Code: codes.PermissionDenied, Reason: ReasonDenied,
			Sentence: "no role of the person for whom you act is lent to you now: ask the administrator, or act in your own role",
		}
	}
	c.ActingFor, c.Role, c.Unit = lent.GetActingFor(), certs.Role(lent.GetRole()), lent.GetUnit()
	c.focal = g.isFocal(c.Unit)
	c.lent = g.Register.end(lent.GetName())
	if end := lent.GetEndTime().AsTime(); end.Before(c.Until) {
		c.Until = end
	}
	return c, nil
}

// actsFor returns for whom the metadata of a call says that its caller acts.
func actsFor(ctx context.Context) string {
	md, _ := metadata.FromIncomingContext(ctx)
	if given := md.Get(ActingForKey); len(given) > 0 {
		return given[0]
	}
	return ""
}

func decodeLending(b []byte) (*spsv1.Lending, error) {
	l := &spsv1.Lending{}
	if err := proto.Unmarshal(b, l); err != nil {
		return nil, fmt.Errorf("%w: loan of a role: %w", errCorrupt, err)
	}
	return l, nil
}

func putLending(tx store.Tx, l *spsv1.Lending) error {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(l)
	if err != nil {
		return fmt.Errorf("loan of a role: %w", err)
	}
	return tx.Put(tableLendings, []byte(l.GetName()[len(LendingNames):]), b)
}
