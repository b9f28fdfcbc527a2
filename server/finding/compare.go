package finding

import (
	"math/big"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// scales are the units of UCUM that can be compared with each other: parts of a
// whole by mass, in parts of 1e12. Units that are not here are compared with
// themselves only: nobody converts litres into kilograms for a laboratory.
var scales = map[string]int64{
	"g/kg": 1e9, "mg/g": 1e9, "mg/kg": 1e6, "ug/g": 1e6, "[ppm]": 1e6, "ug/kg": 1e3, "ng/g": 1e3, "[ppb]": 1e3, "ng/kg": 1, "pg/g": 1,
	"%": 1e10, "g/(100.g)": 1e10, "mg/(100.g)": 1e7,
}

// compare compares two quantities of UCUM; false if their units cannot be
// compared, or one of them has no number.
func compare(a, b *spsv1.Quantity) (int, bool) {
	v, ok := statement.Number(a)
	if !ok {
		return 0, false
	}
	return compareNumber(v, a.GetUcum(), b)
}

// compareNumber compares a number in a unit of UCUM with a quantity. It may
// change the number.
func compareNumber(v *big.Rat, unit string, q *spsv1.Quantity) (int, bool) {
	w, ok := statement.Number(q)
	if !ok || unit == "" || q.GetUcum() == "" {
		return 0, false
	}
	if unit == q.GetUcum() {
		return v.Cmp(w), true
	}
	from, known := scales[unit]
	to, alsoKnown := scales[q.GetUcum()]
	if !known || !alsoKnown {
		return 0, false
	}
	return v.Mul(v, new(big.Rat).SetInt64(from)).Cmp(w.Mul(w, new(big.Rat).SetInt64(to))), true
}

// above reports whether a is certainly above b.
func above(a, b *spsv1.Quantity) bool {
	order, ok := compare(a, b)
	return ok && order > 0
}
