package rasff

import (
	"maps"
	"slices"
	"strings"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// address gives a notification its addressees: the offices of the federation
// that it names, with the reason where there is one. A flag alone is enough,
// since nobody can act on what it may not read. If no office of an origin is
// among them, everybody gets it.
func address(s *spsv1.Statement, opts Options) {
	reasons := make(map[string][]spsv1.AddresseeRole)
	name := func(a *spsv1.Area, role spsv1.AddresseeRole) {
		if office := string(opts.member(a)); office != "" && !slices.Contains(reasons[office], role) {
			reasons[office] = append(reasons[office], role)
		}
	}
	s.Network = true
	n := s.GetNotification()
	for _, p := range n.GetProducts() {
		for _, o := range p.GetOrigins() {
			name(o.GetArea(), spsv1.AddresseeRole_ADDRESSEE_ROLE_ORIGIN)
		}
	}
	if len(reasons) > 0 {
		s.Network = false
	}
	for _, d := range n.GetDistribution() {
		name(d.GetArea(), spsv1.AddresseeRole_ADDRESSEE_ROLE_DISTRIBUTION)
	}
	for _, o := range n.GetParties() {
		name(o.GetArea(), spsv1.AddresseeRole_ADDRESSEE_ROLE_OPERATOR)
	}
	for _, f := range s.GetFlags() {
		if _, named := reasons[f.GetOffice()]; !named && f.GetOffice() != "" && f.GetOffice() != string(Office) {
			reasons[f.GetOffice()] = nil
		}
	}
	for _, office := range slices.Sorted(maps.Keys(reasons)) {
		s.Addressees = append(s.Addressees, &spsv1.Addressee{Office: office, Roles: reasons[office]})
	}
}

// addressAlso adds everybody to whom an earlier version was addressed: an
// amendment goes to all who ever got the notification.
func addressAlso(s, earlier *spsv1.Statement) {
	s.Network = s.GetNetwork() || earlier.GetNetwork()
	for _, a := range earlier.GetAddressees() {
		if !slices.ContainsFunc(s.GetAddressees(), func(b *spsv1.Addressee) bool { return a.GetOffice() == b.GetOffice() }) {
			s.Addressees = append(s.Addressees, &spsv1.Addressee{
				Office: a.GetOffice(),
				Roles:  []spsv1.AddresseeRole{spsv1.AddresseeRole_ADDRESSEE_ROLE_PARTICIPANT},
			})
		}
	}
	// By their codes, so that the same rows always make the same statement.
	slices.SortFunc(s.Addressees, func(a, b *spsv1.Addressee) int { return strings.Compare(a.GetOffice(), b.GetOffice()) })
}
