//go:build !race

package evidence_test

const sparse = false
