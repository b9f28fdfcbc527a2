package casebook

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// MostPending is how far the cases are counted that are not worked out yet.
const MostPending = 1000

// CodeQuestion asks how a site code stands.
type CodeQuestion struct {
	Code     string
	Origin   string             // country or area that gave it; "" for any
	Kind     spsv1.SiteCodeKind // 0 for any
	Market   *spsv1.Area
	Product  *spsv1.Concept // see [statement.GoodsOf]; nil for all goods under the code
	From, To time.Time      // see [Day]
	Who      []string       // as whom it is asked, see [CodeQuery.As]; nil sees everything
}

// CodeGood is the answer.
type CodeGood struct {
	Answer spsv1.CodeAnswer
	// Partly is true if it is not good only for a part of what was asked about, or
	// of the sites that have this code.
	Partly bool
	// Statuses are those of what was asked about, of each site, then those of parts
	// that are suspended where the whole is not.
	Statuses []*spsv1.CodeStatus
	// Pending is how many cases are not counted in yet, at most [MostPending].
	Pending int
}

// Day returns the span of a day by UTC, such as 2026-11-20, or of an instant of
// RFC 3339; of now if text is empty.
func Day(text string, now time.Time) (from, to time.Time, wrong *statement.Problem) {
	if text == "" {
		return now, now, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, at, nil
	}
	first, last, err := span(text)
	if err != nil {
		wrong = &statement.Problem{
			Field: "day", Reason: "DAY", Sentence: `give a day such as "2026-03-31" or an instant such as "2026-03-31T08:00:00Z"`,
		}
	}
	return time.UnixMilli(first), time.UnixMilli(last), wrong
}

// Good answers whether goods under a code may go to a market: "is my code good
// today?" It tells what this office holds, whoever asks; what of it an exporter
// is shown is the caller's to decide.
func (b *Book) Good(ctx context.Context, q CodeQuestion) (*CodeGood, error) {
	sites, err := b.sites(ctx, q.Code, q.Origin, q.Kind)
	if err != nil {
		return nil, err
	}
	g := &CodeGood{Answer: spsv1.CodeAnswer_CODE_ANSWER_UNKNOWN}
	var parts []*spsv1.CodeStatus
	for _, said := range sites {
		whole := statement.CodeStatusOf(said, statement.CodeScope{Market: q.Market, Product: q.Product}, q.From, q.To)
		g.Statuses = append(g.Statuses, whole)
		parts = append(parts, statement.CodeParts(said, whole, q.From, q.To)...)
	}
	for _, s := range g.Statuses {
		g.Partly = g.Partly || len(parts) > 0 || s.GetAnswer() != g.Statuses[0].GetAnswer()
	}
	g.Statuses = append(g.Statuses, parts...)
	g.Answer = statement.WorstCode(g.Statuses)
	err = b.o.Store.View(ctx, func(r store.Reader) error { return b.blindStatuses(r, q.Who, g.Statuses...) })
	if err != nil {
		return nil, err
	}
	g.Pending, err = b.CountMarked(ctx, MostPending)
	return g, err
}

// CodeHistory returns all that was said of a code, the last issued first.
func (b *Book) CodeHistory(ctx context.Context, q CodeQuestion) ([]*spsv1.CodeStatement, error) {
	sites, err := b.sites(ctx, q.Code, q.Origin, q.Kind)
	if err != nil {
		return nil, err
	}
	seen := make(map[*spsv1.CodeStatement]bool)
	var all []*spsv1.CodeStatement
	for _, said := range sites {
		for _, one := range said {
			market := statement.CodeScope{Market: one.GetMarket()}
			if !seen[one] && (q.Market == nil || market.Meets(statement.CodeScope{Market: q.Market})) {
				seen[one] = true
				all = append(all, one)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *spsv1.CodeStatement) int { return statement.CompareCodeSaid(b, a) })
	return all, b.blindHistory(ctx, q.Who, all)
}

// sites returns what is said of each site that a code may mean, by who gave it
// and what it names. What is said of a code of which nobody knows who gave it is
// said of each.
func (b *Book) sites(ctx context.Context, code, origin string, kind spsv1.SiteCodeKind) ([][]*spsv1.CodeStatement, error) {
	type what struct {
		origin string
		kind   spsv1.SiteCodeKind
	}
	var by map[what][]*spsv1.CodeStatement
	err := b.o.Store.View(ctx, func(r store.Reader) error {
		by = make(map[what][]*spsv1.CodeStatement)
		for _, fold := range statement.FoldsOf(code, origin) {
			prefix := append([]byte(fold), 0)
			for row, err := range r.Scan(tableCodes, prefix, store.PrefixEnd(prefix), false) {
				if err != nil {
					return err
				}
				one, err := readCode(row.Value)
				if err != nil {
					return err
				}
				if statement.MeansCode(code, origin, one) && (kind == 0 || one.GetCode().GetKind() == kind) {
					key := what{one.GetOrigin(), one.GetCode().GetKind()}
					by[key] = append(by[key], one)
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("what is said of code %q: %w", code, err)
	}
	for key, said := range maps.Clone(by) {
		if key.origin != "" {
			continue
		}
		joined := false
		for other := range by {
			if other.origin != "" && other.kind == key.kind {
				by[other], joined = append(by[other], said...), true
			}
		}
		if joined {
			delete(by, key)
		}
	}
	var all [][]*spsv1.CodeStatement
	for _, key := range slices.SortedFunc(maps.Keys(by), func(a, b what) int {
		return cmp.Or(cmp.Compare(a.origin, b.origin), cmp.Compare(a.kind, b.kind))
	}) {
		all = append(all, by[key])
	}
	return all, nil
}
