package access_test

import (
	"context"
	"encoding/base32"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

const (
	lan       = "accounts/lan.nguyen"
	password  = "sầu riêng hạt lép"
	password2 = "vải thiều Lục Ngạn"
)

// account makes Lan's account with a password.
func (d *desk) account(t *testing.T) {
	t.Helper()
	_, setup, err := d.CreateAccount(t.Context(), "lan.nguyen", &spsv1.Account{DisplayName: "Lan", Role: "officer", Unit: "PPD"})
	if err != nil {
		t.Fatalf("CreateAccount: %v", err)
	}
	if _, err := d.SetPassword(t.Context(), access.PasswordChange{Account: lan, Setup: setup, New: password}); err != nil {
		t.Fatalf("SetPassword by set-up secret: %v", err)
	}
}

func TestAccountFromSetUpToSignIn(t *testing.T) {
	d := openDesk(t, nil)
	made, setup, err := d.CreateAccount(t.Context(), "lan.nguyen", &spsv1.Account{Role: "officer", Unit: "PPD"})
	if err != nil {
		t.Fatal(err)
	}
	if made.GetPasswordSet() || made.GetSetupExpireTime().AsTime() != d.clock.Now().Add(access.DefaultSetupAge) {
		t.Errorf("new account = %v, want no password and a set-up secret", made)
	}
	_, err = d.SignIn(t.Context(), access.Proof{Account: lan, Password: ""})
	wantRefused(t, "sign in without a password", err, codes.Unauthenticated, access.ReasonUnauthenticated)
	_, err = d.SignIn(t.Context(), access.Proof{Account: lan, Password: setup})
	wantRefused(t, "sign in by set-up secret", err, codes.Unauthenticated, access.ReasonUnauthenticated)

	set, err := d.SetPassword(t.Context(), access.PasswordChange{Account: lan, Setup: setup, New: password})
	if err != nil || !set.GetPasswordSet() || set.GetSetupExpireTime() != nil {
		t.Fatalf("SetPassword = %v, %v, want a password and no set-up secret", set, err)
	}
	_, err = d.SetPassword(t.Context(), access.PasswordChange{Account: lan, Setup: setup, New: password2})
	wantRefused(t, "the set-up secret again", err, codes.Unauthenticated, access.ReasonUnauthenticated)

	caller, err := d.SignIn(t.Context(), access.Proof{Account: lan, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	if caller.URI() != "sps://asean-cn/VN/officer/lan.nguyen" || caller.Means != spsv1.CallerMeans_CALLER_MEANS_ACCOUNT ||
		caller.Credential != lan || caller.Unit != "PPD" || !caller.Until.Equal(d.clock.Now().Add(access.DefaultSessionAge)) {
		t.Errorf("caller = %+v, want Lan of PPD by account", caller)
	}
	if raw := d.raw(t); strings.Contains(raw, password) || strings.Contains(raw, setup[5:40]) || !strings.Contains(raw, "$argon2id$v=19$") {
		t.Error("the store has a password or secret, or no argon2id hash")
	}
	var methods []string
	for _, r := range d.records(t, access.AuditQuery{MethodPrefix: "sign-in/"}) {
		methods = append(methods, r.GetMethod()+" "+r.GetOutcome().String()[len("AUDIT_OUTCOME_"):])
	}
	const want = "sign-in/account REFUSED,sign-in/account REFUSED,sign-in/set-password DONE,sign-in/set-password REFUSED,sign-in/account DONE"
	if got := strings.Join(methods, ","); len(methods) != 5 || strings.Count(got, "REFUSED") != 3 || strings.Count(got, "DONE") != 2 {
		t.Errorf("audit log = %s, want in some order %s", got, want)
	}
}

// TestHashIsRenewed signs in to an account whose password was hashed when it
// cost less, and finds it hashed as the constants say.
func TestHashIsRenewed(t *testing.T) {
	d := openDesk(t, nil)
	d.account(t)
	const now = "$argon2id$v=19$m=65536,t=3,p=4$"
	if strings.Contains(d.raw(t), now) {
		t.Fatal("the hash costs what it should already")
	}
	d.options.Dear()
	d.restart()
	for range 2 {
		if _, err := d.SignIn(t.Context(), access.Proof{Account: lan, Password: password}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(d.raw(t), now) {
			t.Errorf("after a sign-in there is no hash that begins %s", now)
		}
	}
}

func TestPasswordIsTheSameFromAnyKeyboard(t *testing.T) {
	d := openDesk(t, nil)
	d.account(t)
	decomposed := strings.NewReplacer("ầ", "a\u0302\u0300", "ê", "e\u0302", "ạ", "a\u0323", "é", "e\u0301").Replace(password)
	if decomposed == password {
		t.Fatal("the test's password has nothing to decompose")
	}
	if _, err := d.SignIn(t.Context(), access.Proof{Account: lan, Password: decomposed}); err != nil {
		t.Errorf("the password in decomposed letters: %v, want nil", err)
	}
}

func TestSetPasswordRefused(t *testing.T) {
	d := openDesk(t, nil)
	d.account(t)
	for _, tc := range []struct{ name, password string }{
		{"short", "elevenchars"},
		{"short in characters, not in bytes", "ăâđêôơưăâđê"},
		{"the account's name", "lan.nguyen2026"},
		{"not text", "twelve or more \xff"},
		{"too long", strings.Repeat("x", 1025)},
	} {
		_, err := d.SetPassword(t.Context(), access.PasswordChange{Account: lan, Old: password, New: tc.password})
		wantFields(t, access.Status(err).Err(), "new_password")
	}
	_, err := d.SetPassword(t.Context(), access.PasswordChange{Account: lan, Old: "wrong", New: password2})
	wantRefused(t, "wrong old password", err, codes.Unauthenticated, access.ReasonUnauthenticated)
	_, err = d.SetPassword(t.Context(), access.PasswordChange{Account: lan, Setup: "spsu_wrong", New: password2})
	wantRefused(t, "wrong set-up secret", err, codes.Unauthenticated, access.ReasonUnauthenticated)
	caller, err := d.SignIn(t.Context(), access.Proof{Account: lan, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = d.SetPassword(t.Context(), access.PasswordChange{Account: lan, Old: password, New: password2}); err != nil {
		t.Fatal(err)
	}
	<-caller.Ended() // what was signed in by the old one
	d.restart()      // after which no channel knows of it
	_, err = d.Account(t.Context(), lan, caller.Session)
	wantRefused(t, "a session of the old password", err, codes.Unauthenticated, access.ReasonRevoked)
	if _, err := d.SignIn(t.Context(), access.Proof{Account: lan, Password: password2}); err != nil {
		t.Errorf("sign in by the new password: %v, want nil", err)
	}
}

func TestSetUpSecretExpires(t *testing.T) {
	d := openDesk(t, func(o *access.RegisterOptions) { o.SetupAge = time.Hour })
	_, setup, err := d.CreateAccount(t.Context(), "lan.nguyen", &spsv1.Account{Role: "officer"})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = d.CreateAccount(t.Context(), "lan.nguyen", &spsv1.Account{Role: "admin"})
	wantRefused(t, "the same account again", err, codes.AlreadyExists, access.ReasonExists)
	d.clock.Add(time.Hour)
	_, err = d.SetPassword(t.Context(), access.PasswordChange{Account: lan, Setup: setup, New: password})
	wantRefused(t, "an old set-up secret", err, codes.Unauthenticated, access.ReasonUnauthenticated)
	_, setup, err = d.ResetAccount(t.Context(), lan)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = d.SetPassword(t.Context(), access.PasswordChange{Account: lan, Setup: setup, New: password}); err != nil {
		t.Errorf("the set-up secret of a reset: %v, want nil", err)
	}
}

func TestCodesOfAnAccount(t *testing.T) {
	d := openDesk(t, nil)
	d.account(t)
	_, err := d.ConfirmTOTP(t.Context(), lan, "000000")
	wantRefused(t, "confirm without enrolling", err, codes.FailedPrecondition, access.ReasonInvalid)
	_, _, err = d.EnrolTOTP(t.Context(), lan, "wrong")
	wantRefused(t, "enrol without the password", err, codes.Unauthenticated, access.ReasonUnauthenticated)
	text, _, err := d.EnrolTOTP(t.Context(), lan, password)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.SignIn(t.Context(), access.Proof{Account: lan, Password: password}); err != nil {
		t.Errorf("sign in before the code is confirmed: %v, want nil", err)
	}
	shown, err := d.ConfirmTOTP(t.Context(), lan, access.CodeAt(secret, d.clock.Now()))
	if err != nil || !shown.GetTotpEnrolled() {
		t.Fatalf("ConfirmTOTP = %v, %v, want enrolled", shown, err)
	}
	signIn := func(code string) error {
		_, err := d.SignIn(t.Context(), access.Proof{Account: lan, Password: password, Code: code})
		return err
	}
	wantRefused(t, "no code", signIn(""), codes.Unauthenticated, access.ReasonUnauthenticated)
	wantRefused(t, "the code that confirmed", signIn(access.CodeAt(secret, d.clock.Now())), codes.Unauthenticated, access.ReasonUnauthenticated)
	d.clock.Add(30 * time.Second)
	code := access.CodeAt(secret, d.clock.Now())
	if err := signIn(code); err != nil {
		t.Errorf("a new code: %v, want nil", err)
	}
	wantRefused(t, "the same code again", signIn(code), codes.Unauthenticated, access.ReasonUnauthenticated)
	if _, _, err := d.ResetAccount(t.Context(), lan); err != nil {
		t.Fatal(err)
	}
	if got, err := d.GetAccount(t.Context(), lan); err != nil || got.GetTotpEnrolled() || got.GetPasswordSet() {
		t.Errorf("after a reset: %v, %v, want neither password nor code", got, err)
	}
}

func TestDisabledAccount(t *testing.T) {
	d := openDesk(t, nil)
	d.account(t)
	caller, err := d.SignIn(t.Context(), access.Proof{Account: lan, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.DisableAccount(t.Context(), lan); err != nil {
		t.Fatal(err)
	}
	<-caller.Ended()
	_, err = d.Account(t.Context(), lan, caller.Session)
	wantRefused(t, "its session", err, codes.Unauthenticated, access.ReasonRevoked)
	_, err = d.SignIn(t.Context(), access.Proof{Account: lan, Password: password})
	wantRefused(t, "sign in", err, codes.Unauthenticated, access.ReasonUnauthenticated)
	if _, err := d.EnableAccount(t.Context(), lan); err != nil {
		t.Fatal(err)
	}
	if _, err := d.SignIn(t.Context(), access.Proof{Account: lan, Password: password}); err != nil {
		t.Errorf("sign in once enabled: %v, want nil", err)
	}
	if c, err := d.Account(t.Context(), lan, caller.Session); err != nil || c.URI() != caller.URI() {
		t.Errorf("Account = %v, %v, want %v", c, err, caller.URI())
	}
}

// TestLockIsTheSameForEveryName shows that neither a wrong password nor a lock
// tells whether there is such an account.
func TestLockIsTheSameForEveryName(t *testing.T) {
	d := openDesk(t, nil)
	d.account(t)
	for _, name := range []string{lan, "accounts/nobody"} {
		signIn := func(password string) error {
			_, err := d.SignIn(access.WithAddress(t.Context(), "192.0.2."+name), access.Proof{Account: name, Password: password})
			return err
		}
		for range 5 {
			wantRefused(t, name, signIn("wrong password"), codes.Unauthenticated, access.ReasonUnauthenticated)
		}
		wantRefused(t, name+" locked", signIn(password), codes.ResourceExhausted, access.ReasonRate)
	}
	shown, err := d.GetAccount(t.Context(), lan)
	if err != nil || shown.GetLockExpireTime().AsTime() != d.clock.Now().Add(time.Minute) {
		t.Errorf("locked until %v (%v), want in a minute", shown.GetLockExpireTime().AsTime(), err)
	}
	d.clock.Add(time.Minute)
	if _, err := d.SignIn(t.Context(), access.Proof{Account: lan, Password: password}); err != nil {
		t.Errorf("after the wait: %v, want nil", err)
	}
}

func TestResetLiftsALock(t *testing.T) {
	d := openDesk(t, nil)
	d.account(t)
	for range 5 {
		_, _ = d.SignIn(t.Context(), access.Proof{Account: lan, Password: "wrong"})
	}
	shown, setup, err := d.ResetAccount(t.Context(), lan)
	if err != nil || shown.GetLockExpireTime() != nil {
		t.Fatalf("ResetAccount = %v, %v, want no lock", shown, err)
	}
	if _, err := d.SetPassword(t.Context(), access.PasswordChange{Account: lan, Setup: setup, New: password2}); err != nil {
		t.Errorf("set-up after a reset: %v, want nil", err)
	}
}

func TestSignInWaitsNoLongerThanItsCaller(t *testing.T) {
	d := openDesk(t, nil)
	d.account(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.SignIn(ctx, access.Proof{Account: lan, Password: password}); err == nil {
		t.Error("SignIn of a caller who went away: no error, want one")
	}
}
