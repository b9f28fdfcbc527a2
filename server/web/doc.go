// Package web is the REST face of a node: every method of its services over
// HTTPS and JSON, the OpenAPI file that describes them, and a page to read it.
//
// It holds no rules of its own about who may do what. A request is
// authenticated here, by a bearer token or by the verified client certificate
// of the connection, and then made again by grpc-gateway as a gRPC call over an
// [access.InMemory] connection, where the guard treats it like any other. Of
// the headers of a request nothing reaches the service but Accept-Language and
// If-Match.
//
// # JSON
//
// Names are camelCase and every field is shown, also one without a value;
// 64-bit integers are strings. A request may write names as the proto does. A
// field or query parameter that the contract does not have is refused.
//
// # Problems
//
// Every answer that is no success is a Problem (RFC 9457,
// application/problem+json): the HTTP status that belongs to the gRPC code, a
// reason for programs, and everything that is wrong by field.
//
//	{"type":"urn:spsalert:reason:INVALID","title":"Bad Request","status":400,"detail":"…",
//	 "code":"INVALID_ARGUMENT","reason":"INVALID","domain":"spsalert","metadata":{},
//	 "violations":[{"field":"statement.status","reason":"ENUM_NOT_IN","sentence":"give a value"}],"language":"en"}
//
// Sentences are in the language that suits Accept-Language best, which language
// and Content-Language name.
//
// Only what is no HTTP, and headers above 256 KiB, net/http answers itself, in
// a line of text.
//
// # Streams
//
// A method that streams answers with one record a line (application/x-ndjson),
// or, if the request accepts text/event-stream, with one event a record: its id
// is the record's cursor, its name what the record carries (statement, receipt,
// heartbeat). A Last-Event-ID header stands above the cursor parameter, so that
// an EventSource resumes by itself. The last record carries an end, the problem
// or an OK. A connection that ended without one was cut, and the caller resumes
// from its last cursor in either case.
//
// # Entity tags
//
// An answer to GET that is no stream has a strong ETag: the resource's own if
// it has one, else a digest of the answer; of a case its own and, behind a
// point, the digest, since more is shown of it than what was said. If-None-Match gets 304 if it is
// still the same. A compressed answer has the tag as a weak one. If-Match
// stands for the etag of a request that has one, where a mismatch is 412, and
// is refused elsewhere.
package web
