package office_test

import (
	"strings"
	"testing"

	"google.golang.org/grpc/metadata"

	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/casebook"
)

// TestWhatIsWrongWithAFilterIsSaidInOneLanguage holds that the catalogue knows
// each sentence, and does not only put words before the English one.
func TestWhatIsWrongWithAFilterIsSaidInOneLanguage(t *testing.T) {
	ctx := metadata.NewIncomingContext(t.Context(), metadata.Pairs("accept-language", "vi"))
	for _, tc := range []struct{ filter, order, want string }{
		{filter: `klass = 1`, want: `không có trường "klass"`},
		{filter: `wholly_unlike_a_field = 1`, want: "từ cần tìm thì đưa vào query"},
		{filter: `urgent < true`, want: "không so sánh urgent bằng <, chỉ bằng = !="},
		{filter: `urgent = maybe`, want: "urgent: hãy cho true hoặc false"},
		{filter: `classification = ALARM`, want: `classification: không có giá trị "ALARM"`},
		{filter: `issue_time > "noon"`, want: "issue_time: hãy cho thời điểm như"},
		{filter: `hs = 8`, want: "hs: hãy đặt giá trị trong dấu ngoặc kép"},
		{filter: `hs = "fruit"`, want: "hs: hãy cho một giá trị để so sánh"},
		{filter: `hazard = ""`, want: "hoặc * cho giá trị bất kỳ"},
		{filter: `case = ""`, want: "case: hãy cho số tham chiếu của một hồ sơ"},
		{filter: `hazard`, want: `hãy so sánh hazard với một giá trị, hoặc viết hazard:"*" cho`},
		{filter: `"mango"`, want: "hãy so sánh một trường với một giá trị"},
		{filter: `"CN" = office`, want: "hãy viết trường ở bên trái"},
		{filter: `office = CN AND`, want: "bộ lọc không đọc được (unexpected trailing token"},
		{filter: `office =`, want: "bộ lọc kết thúc quá sớm"},
		{filter: strings.Repeat("urgent ", 65), want: "hãy so sánh không quá 64 lần"},
		{filter: strings.Repeat("(", 5000), want: "hãy viết trong không quá 4096 byte"},
		{order: "luck", want: "hãy viết một trong record_time, issue_time, reference, hoặc với hồ sơ một trong due_time"},
	} {
		_, problems := casebook.DefaultLimits().ParseQuery(tc.filter, "", tc.order)
		if len(problems) != 1 {
			t.Errorf("%.40q %q: %v, want one problem", tc.filter, tc.order, problems)
			continue
		}
		got := access.Worded(ctx, problems[0].Reason, problems[0].Sentence)
		if !strings.Contains(got, tc.want) || strings.Contains(got, "không đúng: ") {
			t.Errorf("%.40q %q: %q, want %q in it", tc.filter, tc.order, got, tc.want)
		}
	}
}
