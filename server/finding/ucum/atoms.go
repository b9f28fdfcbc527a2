package ucum

import (
	"math/big"
	"strings"
)

// atom is a unit without its prefix.
type atom struct {
	counts   string // what it counts; empty for a plain number
	power    int
	scale    *big.Rat
	prefixes string // that laboratories put before it, of those of UCUM
	amount   bool   // less than nothing of it means nothing
}

// Prefixes. A million grams or litres is left out: Mg is written by who means mg.
const (
	none  = ""
	all   = "kdcmunpf"
	large = all + "MG"
)

// atoms are the units of UCUM that laboratories use.
var atoms = map[string]atom{
	"g": {"g", 1, rat("1"), all, true}, "t": {"g", 1, rat("1000000"), none, true},
	"L": {"m", 3, rat("0.001"), all, true}, "l": {"m", 3, rat("0.001"), all, true},
	"m":   {"m", 1, rat("1"), all, false},
	"mol": {"mol", 1, rat("1"), all, true}, "eq": {"eq", 1, rat("1"), all, true},
	"kat": {"kat", 1, rat("1"), all, true}, "U": {"U", 1, rat("1"), all, true},
	"Bq": {"Bq", 1, rat("1"), large, true}, "Sv": {"Sv", 1, rat("1"), all, true}, "Gy": {"Gy", 1, rat("1"), all, true},
	"[CFU]": {"[CFU]", 1, rat("1"), none, true}, "[PFU]": {"[PFU]", 1, rat("1"), none, true},
	"[IU]": {"[IU]", 1, rat("1"), "kmuM", true}, "[iU]": {"[IU]", 1, rat("1"), "kmuM", true},
	"[arb'U]": {"[arb'U]", 1, rat("1"), none, true},

	"J": {"J", 1, rat("1"), large, false}, "cal": {"J", 1, rat("4.184"), "k", false},
	"Pa": {"Pa", 1, rat("1"), "khmM", false}, "bar": {"Pa", 1, rat("100000"), "m", false},
	"N": {"N", 1, rat("1"), "km", false}, "V": {"V", 1, rat("1"), "mu", false}, "S": {"S", 1, rat("1"), "mu", false},
	"s": {"s", 1, rat("1"), "munp", false}, "min": {"s", 1, rat("60"), none, false}, "h": {"s", 1, rat("3600"), none, false},
	"d": {"s", 1, rat("86400"), none, false}, "wk": {"s", 1, rat("604800"), none, false},
	"mo": {"s", 1, rat("2629800"), none, false}, "a": {"s", 1, rat("31557600"), none, false},
	"K": {"K", 1, rat("1"), none, false}, "Cel": {"Cel", 1, rat("1"), none, false}, "[degF]": {"[degF]", 1, rat("1"), none, false},
	"deg": {"deg", 1, rat("1"), none, false}, "[pH]": {"[pH]", 1, rat("1"), none, false},

	// Parts of which is not said what they are parts of.
	"%": {"%", 1, rat("1"), none, false}, "[ppth]": {"[ppth]", 1, rat("1"), none, false}, "[ppm]": {"[ppm]", 1, rat("1"), none, true},
	"[ppb]": {"[ppb]", 1, rat("1"), none, true}, "[pptr]": {"[pptr]", 1, rat("1"), none, true},

	"10*": {"", 0, rat("10"), none, false}, "10^": {"", 0, rat("10"), none, false},
}

// prefixes are those of UCUM, by their letter.
var prefixes = map[byte]*big.Rat{
	'G': rat("1e9"), 'M': rat("1e6"), 'k': rat("1e3"), 'h': rat("1e2"), 'd': rat("1e-1"), 'c': rat("1e-2"), 'm': rat("1e-3"),
	'u': rat("1e-6"), 'n': rat("1e-9"), 'p': rat("1e-12"), 'f': rat("1e-15"),
}

// atomOf returns a unit by its name, and the prefix that it has there.
func atomOf(name string) (atom, *big.Rat, bool) {
	if a, ok := atoms[name]; ok {
		return a, rat("1"), true
	}
	if name == "" {
		return atom{}, nil, false
	}
	a, ok := atoms[name[1:]]
	return a, prefixes[name[0]], ok && strings.IndexByte(a.prefixes, name[0]) >= 0
}

func rat(decimal string) *big.Rat {
	r, _ := new(big.Rat).SetString(decimal)
	return r
}
