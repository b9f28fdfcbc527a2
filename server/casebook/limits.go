package casebook

// Limits bound what a query may be, and so what it may cost.
type Limits struct {
	Rows  int // about how many rows are looked at for one page; see Page.Budget
	Size  int // bytes of a filter, and of a query of free text
	Words int // of a query of free text
	Terms int // comparisons in a filter, each value of a field counted
}

// DefaultLimits are those of a node that is not told otherwise.
func DefaultLimits() Limits {
	return Limits{Rows: 100_000, Size: 4 << 10, Words: 16, Terms: 64}
}
