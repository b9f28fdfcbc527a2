package rasff

import "github.com/spsalert/spsalert/certs"

// Office is the office that states what RASFF notifies.
const Office certs.Office = "EU"

// Options say how rows become statements.
type Options struct {
	// Members are the offices of the federation that have a node, named as their
	// areas are. Office may be among them.
	Members []certs.Office
}
