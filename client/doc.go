// Package client speaks to the node of one's own office: it issues statements,
// reads statements and cases, and watches what the node records.
//
// A connection is mutual TLS. The node is believed only if its certificate
// stands for the node of the office that was asked for and chains to a root on
// that office's own peer card; what the caller may do follows from the identity
// in the caller's certificate alone.
//
// # Errors
//
// Every error that a node answered with, from the methods of [Client] and from
// the generated clients alike, is an [*Error]. It carries the gRPC code, the
// reason of the published table, and every problem of the request by field:
//
//	var e *client.Error
//	if errors.As(err, &e) && e.Reason == "ID_CONFLICT" {
//		// the request ID was used before, for another statement
//	}
//
// # Calls that are tried again
//
// A call that ends as UNAVAILABLE is tried again a few times, and nothing else
// is. That is safe for every method: reads change nothing, and an issue
// carries a request ID under which a node issues at most once. A caller that
// gives up for another reason MUST use the same request ID when it tries again.
//
// [Client.Watch] goes on by itself after any break, for as long as its context
// lives, from the last cursor that the caller has dealt with.
package client
