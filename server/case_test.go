package server_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestLongCaseComesInPages has a case that many statements refer to, some of
// them so long that a page ends at its size.
func TestLongCaseComesInPages(t *testing.T) {
	w := newWorld(t, "VN")
	vn := w.start("VN")
	original := issue(t, vn, notification("fruit fly in mango"))
	other := issue(t, vn, notification("another"))
	var want []string
	for i := range 30 {
		text := fmt.Sprintf("part %d", i)
		if i >= 10 {
			text += strings.Repeat(" and more of it", 1300) // 19,500 characters
		}
		part := followUp(original, text)
		for _, lang := range []string{"vi", "th", "fr"} {
			body := part.GetFollowUp()
			body.Text = append(body.Text, &spsv1.LocalizedText{Lang: lang, Text: text})
		}
		want = append(want, issue(t, vn, part).GetName())
	}
	for _, size := range []int32{0, 1, 7} {
		req := &spsv1.GetCaseRequest{Name: original.GetCase(), PageSize: size}
		var got []string
		pages := 0
		for {
			c, err := vn.validator().GetCase(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			if c.GetOriginal().GetName() != original.GetName() {
				t.Fatalf("original of page %d = %s, want %s", pages, c.GetOriginal().GetName(), original.GetName())
			}
			if most := int(size); size > 0 && len(c.GetStatements()) > most {
				t.Errorf("page of %d statements, want at most %d", len(c.GetStatements()), most)
			}
			for _, s := range c.GetStatements() {
				got = append(got, s.GetName())
			}
			pages++
			if req.PageToken = c.GetNextPageToken(); req.PageToken == "" {
				break
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("statements of the case in pages of %d = %v, want %v", size, got, want)
		}
		if pages < 2 {
			t.Errorf("pages of %d: %d, want more than one", size, pages)
		}
	}

	first, err := vn.validator().GetCase(t.Context(), &spsv1.GetCaseRequest{Name: original.GetCase(), PageSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"forged", first.GetNextPageToken()} {
		_, err = vn.validator().GetCase(t.Context(), &spsv1.GetCaseRequest{Name: other.GetCase(), PageToken: name})
		if status.Code(err) != codes.InvalidArgument {
			t.Errorf("GetCase of another case with token %q = %v, want INVALID_ARGUMENT", name, err)
		}
	}
}
