//go:build !race

package protocol

const sparse = false
