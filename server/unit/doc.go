// Package unit is UnitService: the units of offices, and the routing rules and
// the duty rota of the own one.
package unit
