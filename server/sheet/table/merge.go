package table

import (
	"slices"
	"strings"
)

// merge is a merged cell: rows from 1, columns from 0, all included.
type merge struct{ top, left, bottom, right int }

// merges are those of a sheet.
type merges struct {
	all     []merge
	columns [][]merge // those that cover a column, from the top
}

// mostMerges is how many merged cells there are at most, each counted for every
// column that it covers.
const mostMerges = 1 << 16

// parseMerge returns the merge of a range such as A1:C2; false if it is none.
func parseMerge(text string) (merge, bool) {
	from, to, ok := strings.Cut(text, ":")
	if !ok {
		return merge{}, false
	}
	top, left, ok := place(from)
	bottom, right, also := place(to)
	return merge{top, left, bottom, right}, ok && also && top <= bottom && left <= right
}

// newMerges puts merges in order. They are damaged if they cover each other, and
// too many if looking them up would take long.
func newMerges(all []merge, width int) (merges, error) {
	m := merges{all: all, columns: make([][]merge, width)}
	count := 0
	for _, one := range all {
		for column := one.left; column <= min(one.right, width-1); column++ {
			if count++; count > mostMerges {
				return merges{}, whole("TABLE_MERGED", "undo the merging of cells: there are too many merged ones")
			}
			m.columns[column] = append(m.columns[column], one)
		}
	}
	for _, column := range m.columns {
		slices.SortFunc(column, func(a, b merge) int { return a.top - b.top })
		for i := 1; i < len(column); i++ {
			if column[i].top <= column[i-1].bottom {
				return merges{}, damaged("<mergeCells>")
			}
		}
	}
	return m, nil
}

// at returns the merged cell that covers a place.
func (m merges) at(row, column int) (merge, bool) {
	if column >= len(m.columns) {
		return merge{}, false
	}
	in := m.columns[column]
	i, exact := slices.BinarySearchFunc(in, row, func(a merge, row int) int { return a.top - row })
	if !exact {
		i--
	}
	if i < 0 || in[i].bottom < row {
		return merge{}, false
	}
	return in[i], true
}
