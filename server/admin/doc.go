// Package admin is NodeService: how a node and its links to its peers stand,
// who may call it and who did, for those who run it and those who want to know.
package admin
