package casebook

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.einride.tech/aip/filtering"
	expr "google.golang.org/genproto/googleapis/api/expr/v1alpha1"
)

// parseFilter reads a filter of AIP-160 and checks it against some fields. The
// error says to a person what to do. What is read is the library's business;
// types are checked here and not by its checker, because that knows neither the
// values of our lists nor what was meant by a name that it does not know. units are
// those of this office that the filter names, each whole.
func (l Limits) parseFilter(filter string, of []Field) (whole test, units []string, err error) {
	if strings.TrimSpace(filter) == "" {
		return test{}, nil, nil
	}
	if len(filter) > l.Size { // a megabyte keeps the parser busy for seconds
		return test{}, nil, fmt.Errorf("write it in at most %d bytes", l.Size)
	}
	var p filtering.Parser
	p.Init(filter)
	parsed, err := p.Parse()
	if err != nil {
		return test{}, nil, fmt.Errorf("%s; put values that are not a single word in quotes", lastLine(err))
	}
	c := compiler{left: l.Terms, fields: of}
	whole, err = c.expression(parsed.GetExpr())
	if err == nil && c.left < 0 {
		err = fmt.Errorf("compare at most %d times; each value of a field counts", l.Terms)
	}
	return whole, c.units, err
}

// lastLine returns what the innermost error of the parser says, without the
// filter and the levels of the grammar around it.
func lastLine(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
	last := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(lines[len(lines)-1]), "^"))
	if last == "EOF" {
		return "it ends too early"
	}
	return last
}

// compiler turns expressions into tests.
type compiler struct {
	left   int // how many comparisons there may still be; below 0: too many
	fields []Field
	units  []string // of this office, that values name
}

// expression compiles what is true or false.
func (c *compiler) expression(e *expr.Expr) (test, error) {
	call := e.GetCallExpr()
	switch call.GetFunction() {
	case filtering.FunctionAnd, filtering.FunctionFuzzyAnd, filtering.FunctionOr, filtering.FunctionNot:
		return combine(call, c.expression)
	case filtering.FunctionEquals, filtering.FunctionNotEquals, filtering.FunctionHas, filtering.FunctionLessThan,
		filtering.FunctionLessEquals, filtering.FunctionGreaterThan, filtering.FunctionGreaterEquals:
		return c.restriction(call)
	}
	c.left--
	name, ok := nameOf(e)
	if !ok {
		return test{}, errors.New("compare a field with a value; words to search for go into query")
	}
	f, err := c.known(name)
	if err == nil && f.bare.holds == nil {
		err = fmt.Errorf(`compare %s with a value, or write %s:"*" for any; words to search for go into query`, name, name)
	}
	return f.bare, err
}

// combine compiles the arguments of AND, OR and NOT and combines them.
func combine(call *expr.Expr_Call, compile func(*expr.Expr) (test, error)) (test, error) {
	var of []test
	for _, e := range operands(call) {
		t, err := compile(e)
		if err != nil {
			return test{}, err
		}
		of = append(of, t)
	}
	switch call.GetFunction() {
	case filtering.FunctionNot:
		return not(true, of[0]), nil
	case filtering.FunctionOr:
		return anyOf(of...), nil
	}
	return allOf(of...), nil
}

// operands returns the arguments of a call, and in the place of one that is a
// call of the same function, as `b AND c` in `(b AND c) AND d`, its own.
func operands(call *expr.Expr_Call) []*expr.Expr {
	var all []*expr.Expr
	for _, arg := range call.GetArgs() {
		if inner := arg.GetCallExpr(); inner.GetFunction() == call.GetFunction() && call.GetFunction() != filtering.FunctionNot {
			all = append(all, operands(inner)...)
		} else {
			all = append(all, arg)
		}
	}
	return all
}

// restriction compiles the comparison of a field with a value, or with several
// as in `classification = (ALERT OR FRAUD)`.
func (c *compiler) restriction(call *expr.Expr_Call) (test, error) {
	operator := call.GetFunction()
	name, ok := nameOf(call.GetArgs()[0])
	if !ok {
		return test{}, errors.New("write the field on the left and its value on the right")
	}
	f, err := c.known(name)
	if err != nil {
		return test{}, err
	}
	if !slices.Contains(f.Operators, operator) {
		return test{}, fmt.Errorf("%s is not compared by %s, only by %s", name, operator, strings.Join(f.Operators, " "))
	}
	var compare func(*expr.Expr) (test, error)
	compare = func(arg *expr.Expr) (test, error) {
		switch call := arg.GetCallExpr(); call.GetFunction() {
		case filtering.FunctionAnd, filtering.FunctionFuzzyAnd, filtering.FunctionOr, filtering.FunctionNot:
			return combine(call, compare)
		}
		c.left--
		value, err := valueOf(arg)
		if err != nil {
			return test{}, fmt.Errorf("%s: %w", name, err)
		}
		t, err := f.test(operator, value)
		if err != nil {
			return test{}, fmt.Errorf("%s: %w", name, err)
		}
		if f.unit && operator != filtering.FunctionHas && !strings.Contains(value, "*") {
			c.units = append(c.units, value)
		}
		return t, nil
	}
	return compare(call.GetArgs()[1])
}

// known returns the field of a name.
func (c *compiler) known(name string) (Field, error) {
	all := make([]string, len(c.fields))
	for i, f := range c.fields {
		if all[i] = f.Name; f.Name == name {
			return f, nil
		}
	}
	if near := nearest(name, all); near != "" {
		return Field{}, fmt.Errorf("there is no field %q, did you mean %s", name, near)
	}
	return Field{}, fmt.Errorf("there is no field %q, only %s; words to search for go into query", name, strings.Join(all, ", "))
}

// nameOf returns the name of a field, such as external_reference.number.
func nameOf(e *expr.Expr) (string, bool) {
	switch kind := e.GetExprKind().(type) {
	case *expr.Expr_IdentExpr:
		return kind.IdentExpr.GetName(), true
	case *expr.Expr_SelectExpr:
		operand, ok := nameOf(kind.SelectExpr.GetOperand())
		return operand + "." + kind.SelectExpr.GetField(), ok
	}
	return "", false
}

// valueOf returns the text of a value: what is in quotes, a word, or what is in
// timestamp("…").
func valueOf(e *expr.Expr) (string, error) {
	if word, ok := nameOf(e); ok {
		return word, nil
	}
	if call := e.GetCallExpr(); call.GetFunction() == filtering.FunctionTimestamp && len(call.GetArgs()) == 1 {
		e = call.GetArgs()[0]
	}
	if c, ok := e.GetConstExpr().GetConstantKind().(*expr.Constant_StringValue); ok {
		return c.StringValue, nil
	}
	// A number has lost the zeros in front and behind by now.
	return "", errors.New("put the value in quotes")
}
