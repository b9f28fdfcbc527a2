package drill

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Token has the node's administrator make a bearer token, and returns its
// secret, which the node does not show again: whoever has it calls the web
// listener as the person whom the office has for that role, as "drill" if it has
// none. One for a system may issue every kind and classification.
func (n *Node) Token(ctx context.Context, role certs.Role) (secret string, err error) {
	return n.TokenAs(ctx, role, cmp.Or(people[role], "drill"))
}

// TokenAs is Token for a further person.
func (n *Node) TokenAs(ctx context.Context, role certs.Role, id string) (secret string, err error) {
	admin, err := n.Client(ctx, certs.RoleAdmin)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, admin.Close()) }()
	token := &spsv1.Token{DisplayName: "drill", Role: string(role), Id: id}
	if role == certs.RoleSystem {
		token.Classifications = classifications()
		token.Kinds = []string{
			"follow_up", "request", "response", "acknowledgement", "amendment", "withdrawal", "closure", "reopening", "announcement",
		}
	}
	made, err := admin.NodeService().CreateToken(ctx, &spsv1.CreateTokenRequest{Token: token})
	if err != nil {
		return "", fmt.Errorf("make a token of %s for the role %s: %w", n.office, role, err)
	}
	return made.GetSecret(), nil
}

// classifications returns all that a notification may have.
func classifications() (all []spsv1.Classification) {
	values := spsv1.Classification_CLASSIFICATION_UNSPECIFIED.Descriptor().Values()
	for i := range values.Len() {
		if number := values.Get(i).Number(); number != 0 {
			all = append(all, spsv1.Classification(number))
		}
	}
	return all
}
