// Package access decides who calls this node and what that caller may do.
//
// A [Caller] is whom the certificate of the connection says, which the handshake
// verified, and nobody else: metadata, headers and addresses are never looked
// at, and a call that says in them who makes it is refused. The one exception is
// an [InMemory] connection, whose near end vouches for the caller by [As] and
// authenticated that caller itself: by certificate, or by a token or account of
// the [Register].
//
// [Methods] is the one table of who may call what, on every listener; a method
// that is not in it is refused to everybody. A [Guard] holds the table, the
// limits of each caller and the scope of tokens at the gRPC servers, checks the
// field rules of requests, contains panics, logs each refusal once, and sees to
// the audit log: what changes something has its record in the same transaction
// ([Record]), readings and refusals have theirs within a second.
//
// Services return plain errors. [Status] is the one function that turns them
// into what goes over the wire: a code, a reason of the published table, a
// sentence that says what to do, and every violation of the request at once. An
// error that it does not know becomes Internal and shows nothing.
package access
