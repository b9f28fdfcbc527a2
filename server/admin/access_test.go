package admin_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/admin"
	"github.com/spsalert/spsalert/server/store/bolt"
)

// desk is NodeService of Vietnam with a real register, behind a guard.
type desk struct {
	spsv1.NodeServiceClient
	register *access.Register
	office   *authority.Office
}

func open(t *testing.T) *desk {
	t.Helper()
	s, err := bolt.Create(filepath.Join(t.TempDir(), "ledger.db"), bolt.Options{Tables: access.Tables(), InitialMmapSize: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	office := authority.ForTest(t, "VN").Office("VN")
	logger := slog.New(slog.DiscardHandler)
	register := access.OpenRegister(access.RegisterOptions{
		Store: s, Roster: office.Roster, Now: time.Now, Logger: logger, Limits: access.DefaultLimits(),
	})
	t.Cleanup(register.Close)
	guard := &access.Guard{Roster: office.Roster, Now: time.Now, Logger: logger, Register: register}
	memory := access.NewInMemory()
	srv := grpc.NewServer(append(guard.ServerOptions(), memory.ServerOption())...)
	spsv1.RegisterNodeServiceServer(srv, admin.New(admin.Options{Register: register, Roster: office.Roster}))
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(memory.Listener()) }()
	t.Cleanup(func() { srv.Stop(); <-done })
	conn, err := memory.Dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &desk{NodeServiceClient: spsv1.NewNodeServiceClient(conn), register: register, office: office}
}

// as returns a context in which calls are made by somebody.
func (d *desk) as(t *testing.T, role certs.Role, id string) context.Context {
	own := d.office.Roster.Own()
	return access.As(t.Context(), access.Caller{
		Identity: certs.Identity{Federation: own.Federation(), Office: own.Office(), Role: role, ID: id},
		Means:    spsv1.CallerMeans_CALLER_MEANS_CERTIFICATE, Until: time.Now().Add(time.Hour),
	})
}

func reason(err error) string {
	for _, d := range status.Convert(err).Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}

func TestTokensOverTheWire(t *testing.T) {
	d := open(t)
	root := d.as(t, certs.RoleAdmin, "minh")
	made, err := d.CreateToken(root, &spsv1.CreateTokenRequest{Token: &spsv1.Token{DisplayName: "single window", Role: "officer", Id: "nsw"}})
	if err != nil {
		t.Fatal(err)
	}
	caller, err := d.register.Token(t.Context(), made.GetSecret())
	if err != nil {
		t.Fatal(err)
	}
	self, err := d.GetCaller(access.As(t.Context(), caller), &spsv1.GetCallerRequest{})
	if err != nil || self.GetIdentity() != "sps://asean-cn/VN/officer/nsw" || self.GetCredential() != made.GetToken().GetName() {
		t.Errorf("GetCaller = %v, %v, want the token's", self, err)
	}
	if _, err := d.RevokeToken(root, &spsv1.RevokeTokenRequest{Name: made.GetToken().GetName()}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.GetCaller(access.As(t.Context(), caller), &spsv1.GetCallerRequest{}); reason(err) != "REVOKED" {
		t.Errorf("GetCaller by a revoked token: %v, want REVOKED", err)
	}
	got, err := d.GetToken(root, &spsv1.GetTokenRequest{Name: made.GetToken().GetName()})
	if err != nil || got.GetRevokeTime() == nil || got.GetCreator() != "sps://asean-cn/VN/admin/minh" {
		t.Errorf("GetToken = %v, %v, want revoked, made by minh", got, err)
	}
	for name, token := range map[string]*spsv1.Token{
		"no role":      {DisplayName: "x", Id: "a"},
		"node":         {DisplayName: "x", Role: "node", Id: "a"},
		"no name":      {Role: "officer", Id: "a"},
		"upper case":   {DisplayName: "x", Role: "officer", Id: "A"},
		"no unit":      {DisplayName: "x", Role: "officer", Id: "a", Unit: "a b"},
		"unknown unit": {DisplayName: "x", Role: "officer", Id: "a", Unit: "nowhere"},
	} {
		if _, err := d.CreateToken(root, &spsv1.CreateTokenRequest{Token: token}); reason(err) != "INVALID" {
			t.Errorf("%s: %v, want INVALID", name, err)
		}
	}
	_, err = d.CreateAccount(root, &spsv1.CreateAccountRequest{AccountId: "lan", Account: &spsv1.Account{Role: "officer", Unit: "nowhere"}})
	if reason(err) != "INVALID" {
		t.Errorf("an account of an unknown unit: %v, want INVALID", err)
	}
}

func TestListsArePaged(t *testing.T) {
	d := open(t)
	root := d.as(t, certs.RoleAdmin, "minh")
	for i := range 5 {
		if _, err := d.CreateToken(root, &spsv1.CreateTokenRequest{Token: &spsv1.Token{DisplayName: "x", Role: "lab", Id: fmt.Sprint(i)}}); err != nil {
			t.Fatal(err)
		}
		if _, err := d.CreateAccount(root, &spsv1.CreateAccountRequest{AccountId: fmt.Sprint("p", i), Account: &spsv1.Account{Role: "lab"}}); err != nil {
			t.Fatal(err)
		}
	}
	lists := map[string]func(size int32, token string) (int, string, error){
		"tokens": func(size int32, token string) (int, string, error) {
			r, err := d.ListTokens(root, &spsv1.ListTokensRequest{PageSize: size, PageToken: token})
			return len(r.GetTokens()), r.GetNextPageToken(), err
		},
		"accounts": func(size int32, token string) (int, string, error) {
			r, err := d.ListAccounts(root, &spsv1.ListAccountsRequest{PageSize: size, PageToken: token})
			return len(r.GetAccounts()), r.GetNextPageToken(), err
		},
		"audit": func(size int32, token string) (int, string, error) {
			r, err := d.ListAuditRecords(root, &spsv1.ListAuditRecordsRequest{PageSize: size, PageToken: token, MethodPrefix: "sps.v1.NodeService/CreateT"})
			return len(r.GetAuditRecords()), r.GetNextPageToken(), err
		},
	}
	tokens := make(map[string]string)
	for name, list := range lists {
		total, token := 0, ""
		for {
			n, next, err := list(2, token)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			total += n
			if token = next; token == "" {
				break
			}
			tokens[name] = token
		}
		if total != 5 {
			t.Errorf("%s: %d in all, want 5", name, total)
		}
	}
	for name, list := range lists {
		for other, token := range tokens {
			if _, _, err := list(2, token); (reason(err) == "INVALID") != (name != other) {
				t.Errorf("%s with the page token of %s: %v", name, other, err)
			}
		}
		for _, bad := range []string{"x", "!", "AAAA", tokens[name] + "A"} {
			if _, _, err := list(2, bad); reason(err) != "INVALID" {
				t.Errorf("%s with page token %q: %v, want INVALID", name, bad, err)
			}
		}
	}
	_, err := d.ListAuditRecords(root, &spsv1.ListAuditRecordsRequest{PageToken: tokens["audit"], MethodPrefix: "sps.v1.NodeService/"})
	if reason(err) != "INVALID" {
		t.Errorf("audit token with another filter: %v, want INVALID", err)
	}
}

const (
	password  = "xoài cát Hòa Lộc"
	password2 = "nhãn lồng Hưng Yên"
)

func TestEverybodyLooksAfterTheOwnAccount(t *testing.T) {
	d := open(t)
	root, lan := d.as(t, certs.RoleAdmin, "minh"), d.as(t, certs.RoleOfficer, "lan")
	made, err := d.CreateAccount(root, &spsv1.CreateAccountRequest{AccountId: "lan", Account: &spsv1.Account{Role: "officer"}})
	if err != nil {
		t.Fatal(err)
	}
	name := made.GetAccount().GetName()
	set := &spsv1.SetPasswordRequest{Name: name, SetupSecret: made.GetSetupSecret(), NewPassword: password}
	for who, ctx := range map[string]context.Context{
		"the administrator":        root,
		"another officer":          d.as(t, certs.RoleOfficer, "hoa"),
		"the same id, other role":  d.as(t, certs.RoleLab, "lan"),
		"an admin of the same id":  d.as(t, certs.RoleAdmin, "lan"),
		"an auditor, who may read": d.as(t, certs.RoleAuditor, "an"),
	} {
		if _, err := d.SetPassword(ctx, set); status.Code(err) != codes.PermissionDenied {
			t.Errorf("SetPassword by %s: %v, want PermissionDenied", who, err)
		}
		if _, err := d.EnrolTotp(ctx, &spsv1.EnrolTotpRequest{Name: name, Password: password}); status.Code(err) != codes.PermissionDenied {
			t.Errorf("EnrolTotp by %s: %v, want PermissionDenied", who, err)
		}
		if _, err := d.ConfirmTotp(ctx, &spsv1.ConfirmTotpRequest{Name: name, Code: "000000"}); status.Code(err) != codes.PermissionDenied {
			t.Errorf("ConfirmTotp by %s: %v, want PermissionDenied", who, err)
		}
	}
	if _, err := d.SetPassword(lan, set); err != nil {
		t.Errorf("SetPassword by Lan: %v, want nil", err)
	}
	if _, err := d.SetPassword(lan, &spsv1.SetPasswordRequest{Name: name, OldPassword: password, NewPassword: password2}); err != nil {
		t.Errorf("SetPassword by Lan and the old one: %v, want nil", err)
	}
	if got, err := d.EnrolTotp(lan, &spsv1.EnrolTotpRequest{Name: name, Password: password2}); err != nil || got.GetUri() == "" {
		t.Errorf("EnrolTotp by Lan: %v, %v, want a URI", got, err)
	}
	if _, err := d.ConfirmTotp(lan, &spsv1.ConfirmTotpRequest{Name: name, Code: "000000"}); reason(err) != "UNAUTHENTICATED" {
		t.Errorf("ConfirmTotp by a wrong code: %v, want UNAUTHENTICATED", err)
	}
	if got, err := d.GetAccount(lan, &spsv1.GetAccountRequest{Name: name}); err != nil || !got.GetPasswordSet() {
		t.Errorf("GetAccount by Lan: %v, %v, want the own", got, err)
	}
	if _, err := d.GetAccount(d.as(t, certs.RoleOfficer, "hoa"), &spsv1.GetAccountRequest{Name: name}); status.Code(err) != codes.PermissionDenied {
		t.Errorf("GetAccount by another: %v, want PermissionDenied", err)
	}
	if _, err := d.GetAccount(lan, &spsv1.GetAccountRequest{Name: "accounts/nobody"}); status.Code(err) != codes.PermissionDenied {
		t.Errorf("GetAccount of none: %v, want PermissionDenied as for another's", err)
	}
	if got, err := d.GetAccount(d.as(t, certs.RoleAuditor, "an"), &spsv1.GetAccountRequest{Name: name}); err != nil || got.GetCreator() != "sps://asean-cn/VN/admin/minh" {
		t.Errorf("GetAccount by the auditor: %v, %v, want it", got, err)
	}
	for _, step := range []struct {
		name string
		call func() (*spsv1.Account, error)
		want bool
	}{
		{"disable", func() (*spsv1.Account, error) {
			return d.DisableAccount(root, &spsv1.DisableAccountRequest{Name: name})
		}, true},
		{"enable", func() (*spsv1.Account, error) {
			return d.EnableAccount(root, &spsv1.EnableAccountRequest{Name: name})
		}, false},
		{"reset", func() (*spsv1.Account, error) {
			r, err := d.ResetAccount(root, &spsv1.ResetAccountRequest{Name: name})
			return r.GetAccount(), err
		}, false},
	} {
		got, err := step.call()
		if err != nil || (got.GetDisableTime() != nil) != step.want {
			t.Errorf("%s: %v, %v, want disabled = %t", step.name, got, err, step.want)
		}
	}
}

func TestAuditorSeesWhoDidWhat(t *testing.T) {
	d := open(t)
	root := d.as(t, certs.RoleAdmin, "minh")
	if _, err := d.CreateAccount(root, &spsv1.CreateAccountRequest{AccountId: "lan", Account: &spsv1.Account{Role: "officer"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.DisableAccount(root, &spsv1.DisableAccountRequest{Name: "accounts/lan"}); err != nil {
		t.Fatal(err)
	}
	resp, err := d.ListAuditRecords(d.as(t, certs.RoleAuditor, "an"), &spsv1.ListAuditRecordsRequest{Resource: "accounts/lan", OldestFirst: true})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range resp.GetAuditRecords() {
		got = append(got, fmt.Sprint(r.GetPosition(), " ", r.GetCaller(), " ", r.GetMethod()))
	}
	want := []string{
		"1 sps://asean-cn/VN/admin/minh sps.v1.NodeService/CreateAccount",
		"2 sps://asean-cn/VN/admin/minh sps.v1.NodeService/DisableAccount",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("audit log (-want +got):\n%s", diff)
	}
}
