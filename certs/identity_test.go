package certs_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spsalert/spsalert/certs"
)

func TestParseIdentity(t *testing.T) {
	tests := []struct {
		uri  string
		want certs.Identity
	}{
		{"sps://asean-cn/VN/node", certs.Identity{Federation: "asean-cn", Office: "VN", Role: certs.RoleNode}},
		{"sps://asean-cn/EU/officer/lan.nguyen", certs.Identity{Federation: "asean-cn", Office: "EU", Role: certs.RoleOfficer, ID: "lan.nguyen"}},
		{"sps://0/CN/system/a", certs.Identity{Federation: "0", Office: "CN", Role: certs.RoleSystem, ID: "a"}},
		{"sps://x/CN/lab/0-a_b.c", certs.Identity{Federation: "x", Office: "CN", Role: certs.RoleLab, ID: "0-a_b.c"}},
	}
	for _, tt := range tests {
		t.Run(tt.uri, func(t *testing.T) {
			got, err := certs.ParseIdentity(tt.uri)
			if err != nil {
				t.Fatalf("ParseIdentity: %v", err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("identity differs (-want +got):\n%s", diff)
			}
			if got.URI() != tt.uri || got.URL().String() != tt.uri {
				t.Errorf("printed as %q and %q, want %q", got.URI(), got.URL(), tt.uri)
			}
		})
	}
}

func TestParseIdentityRefuses(t *testing.T) {
	tests := []struct{ name, uri, want string }{
		{"empty", "", "does not start with sps://"},
		{"other scheme", "spiffe://asean-cn/VN/node", "does not start with sps://"},
		{"scheme in upper case", "SPS://asean-cn/VN/node", "does not start with sps://"},
		{"too few parts", "sps://asean-cn/VN", "is neither"},
		{"too many parts", "sps://asean-cn/VN/officer/a/b", "is neither"},
		{"trailing slash", "sps://asean-cn/VN/node/", "ends in a slash"},
		{"no federation", "sps:///VN/node", "federation"},
		{"federation in upper case", "sps://Asean/VN/node", "federation"},
		{"federation with hyphen first", "sps://-a/VN/node", "federation"},
		{"long federation", "sps://" + strings.Repeat("a", 64) + "/VN/node", "federation"},
		{"federation with port", "sps://asean-cn:1/VN/node", "federation"},
		{"federation with user", "sps://x@asean-cn/VN/node", "federation"},
		{"lower case office", "sps://asean-cn/vn/node", "two upper case letters"},
		{"long office", "sps://asean-cn/VNM/node", "two upper case letters"},
		{"unknown role", "sps://asean-cn/VN/king/a", "is none of node, officer"},
		{"role in upper case", "sps://asean-cn/VN/Node", "is none of"},
		{"node with ID", "sps://asean-cn/VN/node/a", "a node has no ID"},
		{"person without ID", "sps://asean-cn/VN/officer", "ID \"\" of a officer"},
		{"ID in upper case", "sps://asean-cn/VN/officer/Lan", "ID \"Lan\""},
		{"ID with dot first", "sps://asean-cn/VN/officer/.lan", "ID"},
		{"ID with escape", "sps://asean-cn/VN/officer/a%20b", "ID"},
		{"ID with query", "sps://asean-cn/VN/officer/a?b", "ID"},
		{"long ID", "sps://asean-cn/VN/officer/" + strings.Repeat("a", 65), "ID"},
		{"very long", "sps://" + strings.Repeat("a", 300), "longer than 256"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := certs.ParseIdentity(tt.uri)
			if err == nil {
				t.Fatalf("ParseIdentity(%q) = %v, want an error", tt.uri, got)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %q, want it to contain %q", err, tt.want)
			}
			if len(err.Error()) > 400 {
				t.Errorf("error has %d bytes, want foreign text to be cut", len(err.Error()))
			}
		})
	}
}

func TestRoles(t *testing.T) {
	if got, want := len(certs.Roles()), 9; got != want {
		t.Errorf("%d roles, want %d", got, want)
	}
	for _, role := range certs.Roles() {
		id := certs.Identity{Federation: "asean-cn", Office: "VN", Role: role, ID: "a"}
		if role == certs.RoleNode {
			id.ID = ""
		}
		if got, err := certs.ParseIdentity(id.URI()); err != nil || got != id {
			t.Errorf("ParseIdentity(%q) = %v, %v, want it back", id.URI(), got, err)
		}
		if got, want := id.IsNode(), role == certs.RoleNode; got != want {
			t.Errorf("%s is a node: %t, want %t", id, got, want)
		}
	}
}

func FuzzParseIdentity(f *testing.F) {
	for _, seed := range []string{
		"sps://asean-cn/VN/node", "sps://asean-cn/VN/officer/lan.nguyen", "sps://a/EU/system/0",
		"sps://a/VN/node/", "sps://a/VN/lab/%41", "sps:///VN/node", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := certs.ParseIdentity(s)
		if err != nil {
			return
		}
		if id.URI() != s || id.URL().String() != s {
			t.Errorf("ParseIdentity(%q) prints as %q and %q", s, id.URI(), id.URL())
		}
		if err := id.Check(); err != nil {
			t.Errorf("ParseIdentity(%q) accepted what Check refuses: %v", s, err)
		}
	})
}
