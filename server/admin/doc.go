// Package admin is NodeService: how a node and its links to its peers stand,
// for those who run it and those who want to know.
package admin
