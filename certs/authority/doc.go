// Package authority mints what package certs checks: an office's own
// certificate authority, the certificates of its node and people, its keys and
// its peer card. Offices use it through spsctl; drills and tests use it to
// make whole federations. Nothing that a node runs imports it, so that no node
// can issue certificates.
package authority
