package access_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

const borderRejection = spsv1.Classification_CLASSIFICATION_BORDER_REJECTION

func (d *desk) token(t *testing.T, given *spsv1.Token) (*spsv1.Token, string) {
	t.Helper()
	token, secret, err := d.CreateToken(t.Context(), given)
	if err != nil {
		t.Fatalf("CreateToken: %v", err)
	}
	return token, secret
}

func TestTokenStandsForItsCaller(t *testing.T) {
	d := openDesk(t, nil)
	token, secret := d.token(t, &spsv1.Token{
		DisplayName: "single window", Role: "system", Id: "nsw", Unit: "customs", Classifications: []spsv1.Classification{borderRejection}, Kinds: []string{"follow_up"},
	})
	got, err := d.Token(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	want := &spsv1.Caller{
		Identity: "sps://asean-cn/VN/system/nsw", Means: spsv1.CallerMeans_CALLER_MEANS_TOKEN, Credential: token.GetName(),
		Role: "system", Id: "nsw", Unit: "customs", Classifications: []spsv1.Classification{borderRejection}, Kinds: []string{"follow_up"},
		ExpireTime: timestamppb.New(d.clock.Now().Add(access.DefaultTokenAge)),
	}
	if diff := cmp.Diff(want, got.Message(), protocmp.Transform()); diff != "" {
		t.Errorf("caller (-want +got):\n%s", diff)
	}
	if raw := d.raw(t); strings.Contains(raw, secret) || strings.Contains(raw, secret[5:40]) || strings.Contains(d.log.String(), secret[5:40]) {
		t.Error("the secret is in the store or the log")
	}
}

func TestTokenRefused(t *testing.T) {
	d := openDesk(t, nil)
	_, other := openDesk(t, nil).token(t, &spsv1.Token{DisplayName: "x", Role: "officer", Id: "a"})
	revoked, revokedSecret := d.token(t, &spsv1.Token{DisplayName: "revoked", Role: "officer", Id: "a"})
	if _, err := d.RevokeToken(t.Context(), revoked.GetName()); err != nil {
		t.Fatal(err)
	}
	_, short := d.token(t, &spsv1.Token{DisplayName: "short", Role: "officer", Id: "a", ExpireTime: timestamppb.New(d.clock.Now().Add(time.Hour))})
	if _, err := d.Token(t.Context(), short); err != nil {
		t.Errorf("a token within its time: %v, want nil", err)
	}
	d.clock.Add(time.Hour)
	for _, tc := range []struct {
		name, secret string
		reason       access.Reason
	}{
		{"empty", "", access.ReasonUnauthenticated},
		{"no token", "hunter2", access.ReasonUnauthenticated},
		{"of another node", other, access.ReasonUnauthenticated},
		{"mistyped", short[:len(short)-1] + "!", access.ReasonUnauthenticated},
		{"revoked", revokedSecret, access.ReasonRevoked},
		{"expired", short, access.ReasonExpired},
	} {
		_, err := d.Token(t.Context(), tc.secret)
		wantRefused(t, tc.name, err, codes.Unauthenticated, tc.reason)
	}
	records := d.records(t, access.AuditQuery{MethodPrefix: "sign-in/"})
	if len(records) != 6 {
		t.Errorf("the audit log has %d failed tokens, want 6", len(records))
	}
}

func TestTokenFailuresOfAnAddress(t *testing.T) {
	d := openDesk(t, func(o *access.RegisterOptions) { o.Limits.Failures = access.Rate{Count: 3, Per: time.Minute} })
	_, good := d.token(t, &spsv1.Token{DisplayName: "x", Role: "officer", Id: "a"})
	ctx := access.WithAddress(t.Context(), "192.0.2.1")
	for range 3 {
		_, err := d.Token(ctx, "spst_wrong")
		wantRefused(t, "within the limit", err, codes.Unauthenticated, access.ReasonUnauthenticated)
	}
	_, err := d.Token(ctx, "spst_wrong")
	wantRefused(t, "above the limit", err, codes.ResourceExhausted, access.ReasonRate)
	if _, err := d.Token(ctx, good); err != nil {
		t.Errorf("a good token from the same address: %v, want nil", err)
	}
	_, err = d.Token(access.WithAddress(t.Context(), "192.0.2.2"), "spst_wrong")
	wantRefused(t, "from another address", err, codes.Unauthenticated, access.ReasonUnauthenticated)
	records := d.records(t, access.AuditQuery{MethodPrefix: "sign-in/"})
	if len(records) != 4 || records[0].GetAddress() != "192.0.2.1" {
		t.Errorf("audit log has %d records, the first from %q, want 4 from 192.0.2.1", len(records), records[0].GetAddress())
	}
}

func TestCreateTokenRefused(t *testing.T) {
	d := openDesk(t, func(o *access.RegisterOptions) { o.TokenAge, o.Tokens = 24*time.Hour, 2 })
	at := func(after time.Duration) *timestamppb.Timestamp { return timestamppb.New(d.clock.Now().Add(after)) }
	for _, tc := range []struct {
		name  string
		token *spsv1.Token
		want  []string
	}{
		{"expired", &spsv1.Token{Role: "officer", Id: "a", ExpireTime: at(0)}, []string{"token.expire_time"}},
		{"too long", &spsv1.Token{Role: "officer", Id: "a", ExpireTime: at(24*time.Hour + time.Second)}, []string{"token.expire_time"}},
		{"no time", &spsv1.Token{Role: "officer", Id: "a", ExpireTime: &timestamppb.Timestamp{Nanos: -1}}, []string{"token.expire_time"}},
		{"scope without the role", &spsv1.Token{Role: "officer", Id: "a", Classifications: []spsv1.Classification{borderRejection}}, []string{"token.classifications"}},
		{"kinds without the role", &spsv1.Token{Role: "lab", Id: "a", Kinds: []string{"follow_up"}}, []string{"token.kinds"}},
		{"both", &spsv1.Token{Role: "lab", Id: "a", ExpireTime: at(-1), Classifications: []spsv1.Classification{borderRejection}}, []string{"token.expire_time", "token.classifications"}},
	} {
		_, _, err := d.CreateToken(t.Context(), tc.token)
		wantFields(t, access.Status(err).Err(), tc.want...)
	}
	first, _ := d.token(t, &spsv1.Token{Role: "officer", Id: "a", ExpireTime: at(24 * time.Hour)})
	d.token(t, &spsv1.Token{Role: "officer", Id: "b", ExpireTime: at(time.Hour)})
	_, _, err := d.CreateToken(t.Context(), &spsv1.Token{Role: "officer", Id: "c"})
	wantRefused(t, "a third", err, codes.ResourceExhausted, access.ReasonLimit)
	d.clock.Add(time.Hour)
	d.token(t, &spsv1.Token{Role: "officer", Id: "c"}) // the second has expired
	if _, err := d.RevokeToken(t.Context(), first.GetName()); err != nil {
		t.Fatal(err)
	}
	d.token(t, &spsv1.Token{Role: "officer", Id: "d"})
}

func TestTokensAreListedWithoutSecrets(t *testing.T) {
	d := openDesk(t, nil)
	want := make(map[string]string)
	for i := range 5 {
		token, _ := d.token(t, &spsv1.Token{DisplayName: fmt.Sprint("token ", i), Role: "lab", Id: fmt.Sprint("lab", i)})
		want[token.GetName()] = token.GetDisplayName()
	}
	got := make(map[string]string)
	from, pages := "", 0
	for {
		page, err := d.Tokens(t.Context(), from, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, token := range page.Items {
			got[token.GetName()] = token.GetDisplayName()
		}
		if pages++; page.Next == "" {
			break
		}
		from = page.Next
	}
	if diff := cmp.Diff(want, got); diff != "" || pages != 3 {
		t.Errorf("tokens on %d pages, want 3 (-want +got):\n%s", pages, diff)
	}
	_, err := d.GetToken(t.Context(), "tokens/aaaaaaaaaaaaaaaa")
	wantRefused(t, "GetToken of none", err, codes.NotFound, access.ReasonNotFound)
	_, err = d.RevokeToken(t.Context(), "tokens/aaaaaaaaaaaaaaaa")
	wantRefused(t, "RevokeToken of none", err, codes.NotFound, access.ReasonNotFound)
}

func TestRevokedTokenEndsItsCalls(t *testing.T) {
	d := openDesk(t, nil)
	token, secret := d.token(t, &spsv1.Token{Role: "officer", Id: "a"})
	caller, err := d.Token(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-caller.Ended():
		t.Fatal("the caller has ended before the token was revoked")
	default:
	}
	first, err := d.RevokeToken(t.Context(), token.GetName())
	if err != nil {
		t.Fatal(err)
	}
	<-caller.Ended()
	d.clock.Add(time.Hour)
	again, err := d.RevokeToken(t.Context(), token.GetName())
	if diff := cmp.Diff(first, again, protocmp.Transform()); diff != "" || err != nil {
		t.Errorf("revoked again: %v (-first +again):\n%s", err, diff)
	}
}

// TestUseIsNotWrittenByCalls counts commits: a call with a token costs none,
// and a minute of calls one.
func TestUseIsNotWrittenByCalls(t *testing.T) {
	d := openDesk(t, nil)
	token, secret := d.token(t, &spsv1.Token{Role: "officer", Id: "a"})
	use := func() {
		if _, err := d.Token(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
	}
	before := d.store.Stats().Commits
	d.clock.Add(90 * time.Second)
	for range 100 {
		use()
	}
	if got := d.store.Stats().Commits - before; got != 0 {
		t.Errorf("100 calls made %d commits, want 0", got)
	}
	want := d.clock.Now().Truncate(time.Minute)
	shown, err := d.GetToken(t.Context(), token.GetName())
	if err != nil || !shown.GetLastUseTime().AsTime().Equal(want) {
		t.Errorf("last use before it is written = %v, %v, want %v", shown.GetLastUseTime().AsTime(), err, want)
	}
	d.restart() // closing writes it
	if got := d.store.Stats().Commits - before; got != 1 {
		t.Errorf("100 calls and the end made %d commits, want 1", got)
	}
	shown, err = d.GetToken(t.Context(), token.GetName())
	if err != nil || !shown.GetLastUseTime().AsTime().Equal(want) {
		t.Errorf("last use in the store = %v, %v, want %v", shown.GetLastUseTime().AsTime(), err, want)
	}
}

func TestTokenIdentityIsOfThisOffice(t *testing.T) {
	d := openDesk(t, nil)
	for _, role := range certs.Roles()[1:] {
		_, secret := d.token(t, &spsv1.Token{Role: string(role), Id: "a"})
		caller, err := d.Token(t.Context(), secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := caller.Check(); err != nil || caller.Office != "VN" || caller.Role != role {
			t.Errorf("token of %s stands for %s (%v)", role, caller.URI(), err)
		}
	}
}
