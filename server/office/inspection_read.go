package office

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/client/codes"
	"github.com/spsalert/spsalert/client/plain"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/casebook"
)

// categories is the list whose categories may be entered by their words alone.
const categories = "rasff-product-category"

// read returns what was entered with categories by their codes, and those that
// are in no list. It refuses what the field rules do not: weeks that no year has,
// codes that their list has not, and two numbers for the same.
func (n *Inspections) read(entered []*spsv1.Inspection) (all []*spsv1.Inspection, unlisted []string, err error) {
	var violations []access.Violation
	seen := make(map[string]bool)
	for i, one := range entered {
		one = proto.CloneOf(one)
		violation := func(field, reason, sentence string) {
			violations = append(violations, access.Violation{Field: fmt.Sprintf("inspections[%d]%s", i, field), Reason: reason, Sentence: sentence})
		}
		if _, ok := casebook.Monday(one.GetWeek(), time.UTC); !ok {
			violation(".week", "WEEK", "give a week that the year has, such as 2026-W12")
		}
		if one.GetHsChapter() == "" && plain.Text(one.GetProductCategory()) == "" {
			violation("", "INSPECTION_GOODS", "give either the product category or the HS chapter")
		}
		if text := one.GetProductCategory(); text != "" {
			category, listed, ok := n.category(text)
			switch {
			case !ok:
				violation(".product_category", "CATEGORY", "give a code that the list has: spsctl code search finds it")
			case !listed && !slices.Contains(unlisted, text):
				unlisted = append(unlisted, text)
			}
			one.ProductCategory = category
		}
		key := string(inspectionKey(one))
		if seen[key] {
			violation("", "TWICE", "give one number for each week, goods and origin")
		}
		seen[key] = true
		all = append(all, one)
	}
	if len(violations) > 0 {
		return nil, nil, access.Invalid(violations...)
	}
	return all, unlisted, nil
}

// category returns the category of goods that a text means as notifications have
// it, by its code with the list before it, and whether a list has it; the text if
// none has. It is not ok if it names a list of this node that has no such code.
func (n *Inspections) category(text string) (category string, listed, ok bool) {
	text = strings.TrimSpace(text)
	if system, code, coded := strings.Cut(text, ":"); coded {
		if list, known := n.s.o.Codes.List(system); known {
			_, listed = list.Entry(code)
			return text, listed, listed || list.Open
		}
	}
	list, known := n.s.o.Codes.List(categories)
	if !known {
		return text, false, true
	}
	folded := plain.Text(text)
	found, _ := list.Search(codes.Query{Words: text, Limit: 10})
	for _, e := range found {
		named := plain.Text(e.Code) == folded || slices.ContainsFunc(e.Names, func(n codes.Name) bool { return plain.Text(n.Text) == folded })
		if named {
			return categories + ":" + e.Code, true, true
		}
	}
	return text, false, true
}
