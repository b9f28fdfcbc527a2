package ucum_test

import (
	"math/big"
	"strings"
	"testing"

	"github.com/spsalert/spsalert/server/finding/ucum"
)

func TestParse(t *testing.T) {
	for _, unit := range []string{
		"mg/kg", "ug/kg", "[CFU]/g", "[CFU]/(10.g)", "/(25.g)", "mmol/L", "mg/kg{dry}", "{MPN}/(100.mL)", "%", "[ppm]", "Cel", "1", "10*3/mL", "MBq/kg",
		"m[IU]/mL", "mg/dm2", "kJ/(100.g)", "meq/kg", "mPa.s", "mg/l", "[pH]", "kg.m-2", "uS/cm", "[arb'U]/g",
	} {
		if _, ok := ucum.Parse(unit); !ok {
			t.Errorf("%q is no unit, want one", unit)
		}
	}
	for _, unit := range []string{
		"", "/", "MG/KG", "banana!!", "Mg/kg", "ppm", "µg/kg", "ug/kg ", "25", "/25", "mg//kg", "mg/(kg", "mg/kg)", "((g))", "100mL", "g.", "mg/kg{}", "CFU/g",
		strings.Repeat("g.", 30) + "g", "km0", "mcg/kg",
	} {
		if _, ok := ucum.Parse(unit); ok {
			t.Errorf("%q is a unit, want none", unit)
		}
	}
}

func TestCompare(t *testing.T) {
	const not = "not comparable"
	for _, tc := range []struct{ one, in, want string }{
		{"ug/L", "mg/L", "1/1000"},
		{"mg/l", "mg/L", "1"},
		{"[CFU]/(10.g)", "[CFU]/g", "1/10"},
		{"mg/dm3", "mg/L", "1"},
		{"kcal/(100.g)", "kJ/g", "523/12500"},
		{"mg/kg{dry}", "ug/kg{dry}", "1000"},
		{"m[IU]/mL", "[iU]/L", "1"},
		{"10*3.[CFU]/g", "[CFU]/g", "1000"},
		{"g/kg.s", "mg.s/g", "1"},
		{"mg/L", "mg/kg", not},
		{"mL/L", "g/kg", not},
		{"%", "g/kg", not},
		{"[ppm]", "mg/kg", not},
		{"[ppb]", "[ppm]", not},
		{"mg/kg{dry}", "mg/kg", not},
		{"{MPN}/g", "[CFU]/g", not},
		{"Cel", "K", not},
		{"mg/kg", "banana", not},
	} {
		one, _ := ucum.Parse(tc.one)
		in, _ := ucum.Parse(tc.in)
		got := not
		if one.Comparable(in) {
			got = new(big.Rat).Quo(one.Of(big.NewRat(1, 1)), in.Of(big.NewRat(1, 1))).RatString()
		}
		if got != tc.want {
			t.Errorf("1 %s is %s %s, want %s", tc.one, got, tc.in, tc.want)
		}
	}
}

func TestRead(t *testing.T) {
	for writing, want := range map[string]string{
		"µg/kg": "ug/kg", "μg / kg": "ug/kg", "MG/KG": "mg/kg", "mg/Kg": "mg/kg", "Ug/KG": "ug/kg", "mg/l": "mg/L", "มก./กก.": "mg/kg", "cfu/10g": "[CFU]/(10.g)", "mg/kg": "mg/kg", "kg/m²": "kg/m2",
		"Mg/kg": ucum.Doubted, "ppt": ucum.Doubted, "banana!!": "", "": "",
	} {
		if got := ucum.Read(writing); got != want {
			t.Errorf("%q is %q, want %q", writing, got, want)
		}
	}
	for writing, unit := range ucum.Writings() {
		if _, ok := ucum.Parse(unit); unit != ucum.Doubted && !ok || writing != strings.ToLower(strings.Join(strings.Fields(writing), "")) {
			t.Errorf("writings.yaml: %s is %s, want a unit of UCUM for a writing in small letters", writing, unit)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"mg/kg", "[CFU]/(10.g)", "10*9.g9.g9", "/(25.g)", "µg/kg", "MG/KG", "{a}/{b}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, writing string) {
		unit := ucum.Read(writing)
		if unit == "" || unit == ucum.Doubted {
			return
		}
		if u, ok := ucum.Parse(unit); !ok || !u.Comparable(u) || u.Of(big.NewRat(1, 1)).Sign() <= 0 {
			t.Errorf("%q is read as %q, which is no unit", writing, unit)
		}
	})
}
