package access_test

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

func TestNothingIsGoodUntilItIsConfirmed(t *testing.T) {
	d := openDesk(t, nil)
	token, secret, err := d.CreateToken(t.Context(), &spsv1.Token{DisplayName: "x", Role: "officer", Id: "a"})
	if err != nil {
		t.Fatal(err)
	}
	stolen, stolenSecret, err := d.CreateToken(t.Context(), &spsv1.Token{DisplayName: "y", Role: "officer", Id: "b"})
	if err != nil {
		t.Fatal(err)
	}
	account, setup, err := d.CreateAccount(t.Context(), "lan", &spsv1.Account{Role: "officer"})
	if err != nil {
		t.Fatal(err)
	}
	const password = "xoài cát Hòa Lộc"
	if _, err := d.SetPassword(t.Context(), access.PasswordChange{Account: account.GetName(), Setup: setup, New: password}); err != nil {
		t.Fatal(err)
	}
	proof := access.Proof{Account: account.GetName(), Password: password}
	before, err := d.SignIn(t.Context(), proof)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{stolen.GetName(), token.GetName(), account.GetName()}
	wantRefused(t, "Confirm of a store that was not restored", d.Confirm(t.Context(), all), codes.FailedPrecondition, access.ReasonInvalid)

	restored := d.clock.Now()
	if err := access.MarkRestored(t.Context(), d.store, restored); err != nil {
		t.Fatal(err)
	}
	d.restart()
	if at, err := d.Restored(t.Context()); !at.Equal(restored) || err != nil {
		t.Errorf("Restored = %v, %v, want %v", at, err, restored)
	}
	refused := func(what string) {
		t.Helper()
		_, err := d.Token(t.Context(), secret)
		wantRefused(t, what+": Token", err, codes.Unauthenticated, access.ReasonUnconfirmed)
		_, err = d.SignIn(t.Context(), proof)
		wantRefused(t, what+": SignIn", err, codes.Unauthenticated, access.ReasonUnconfirmed)
		_, err = d.Account(t.Context(), account.GetName(), before.Session)
		wantRefused(t, what+": Account", err, codes.Unauthenticated, access.ReasonUnconfirmed)
		_, err = d.SetPassword(t.Context(), access.PasswordChange{Account: account.GetName(), Old: password, New: password + "!"})
		wantRefused(t, what+": SetPassword", err, codes.Unauthenticated, access.ReasonUnconfirmed)
	}
	refused("restored")
	_, err = d.Token(t.Context(), "spst_none")
	wantRefused(t, "no token at all", err, codes.Unauthenticated, access.ReasonUnauthenticated)

	for what, names := range map[string][]string{
		"nothing": nil, "some": all[1:], "one that is not there": append([]string{"tokens/none"}, all...), "one twice": append(all[:1:1], all...),
	} {
		wantRefused(t, "Confirm of "+what, d.Confirm(t.Context(), names), codes.FailedPrecondition, access.ReasonInvalid)
		refused("after Confirm of " + what)
	}
	if _, err := d.RevokeToken(t.Context(), stolen.GetName()); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, "Confirm of a list that has changed", d.Confirm(t.Context(), all), codes.FailedPrecondition, access.ReasonInvalid)
	ctx := d.Pending(t.Context(), access.Caller{}, "sps.v1.NodeService/ConfirmCredentials")
	if err := d.Confirm(ctx, all[1:]); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Token(t.Context(), secret); err != nil {
		t.Errorf("Token after it was confirmed: %v", err)
	}
	_, err = d.Token(t.Context(), stolenSecret)
	wantRefused(t, "a token that was revoked before", err, codes.Unauthenticated, access.ReasonRevoked)
	_, err = d.Account(t.Context(), account.GetName(), before.Session)
	wantRefused(t, "a session from before the restore", err, codes.Unauthenticated, access.ReasonRevoked)
	if after, err := d.SignIn(t.Context(), proof); err != nil {
		t.Errorf("SignIn after it was confirmed: %v", err)
	} else if _, err := d.Account(t.Context(), account.GetName(), after.Session); err != nil {
		t.Errorf("Account of a session that was signed in after it was confirmed: %v", err)
	}
	if at, err := d.Restored(t.Context()); !at.Equal(time.Time{}) || err != nil {
		t.Errorf("Restored after it was confirmed = %v, %v, want the zero time", at, err)
	}
	records := d.records(t, access.AuditQuery{MethodPrefix: "sps.v1.NodeService/Confirm"})
	if len(records) != 1 || len(records[0].GetResources()) != 2 {
		t.Errorf("audit log has %v, want one record that names both", records)
	}
}
