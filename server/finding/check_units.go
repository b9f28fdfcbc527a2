package finding

import (
	"fmt"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/finding/ucum"
	"github.com/spsalert/spsalert/server/statement"
)

// units checks that every quantity of a laboratory has a unit of UCUM, that the
// uncertainty has that of the number, and that none is less than nothing where that
// means nothing.
func (c *checker) units(path string, r *spsv1.LabResult) {
	c.unit(path+".value", r.GetValue())
	for _, of := range []struct {
		field string
		q     *spsv1.Quantity
	}{
		{"detected_in", r.GetDetectedIn()},
		{"uncertainty", r.GetUncertainty()},
		{"detection_limit", r.GetDetectionLimit()},
		{"quantification_limit", r.GetQuantificationLimit()},
	} {
		c.unit(path+"."+of.field, of.q)
		if u, _ := ucum.Parse(of.q.GetUcum()); !u.Amount() {
			c.negative(path+"."+of.field, of.q)
		}
	}
	if u, v := r.GetUncertainty(), r.GetValue(); u.GetUcum() != "" && v.GetUcum() != "" && u.GetUcum() != v.GetUcum() {
		c.add(path+".uncertainty.ucum", "UNIT_DIFFERS", "give the uncertainty in the unit of the number, "+v.GetUcum())
	}
	for i, l := range r.GetLimits() {
		c.unit(fmt.Sprintf("%s.limits[%d].value", path, i), l.GetValue())
	}
}

// unit checks that a quantity has a unit of UCUM, and is no less than nothing of an
// amount.
func (c *checker) unit(path string, q *spsv1.Quantity) {
	if q == nil {
		return
	}
	u, ok := ucum.Parse(q.GetUcum())
	switch meant := ucum.Read(q.GetUcum()); {
	case ok && u.Amount():
		c.negative(path, q)
	case ok:
	case meant != "" && meant != ucum.Doubted:
		c.add(path+".ucum", "UNIT_UCUM", fmt.Sprintf("write %s: what is written is no unit of UCUM", meant))
	default:
		c.add(path+".ucum", "UNIT_UCUM", "give the unit in UCUM, such as mg/kg, ug/kg or [CFU]/g")
	}
}

func (c *checker) negative(path string, q *spsv1.Quantity) {
	if v, ok := statement.Number(q); ok && v.Sign() < 0 {
		c.add(path+".value", "QUANTITY_NEGATIVE", "give zero or more")
	}
}
