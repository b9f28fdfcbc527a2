// Package integration plays the system of an office that knows the network by
// its OpenAPI file alone: what speaks to the node is written with the standard
// library, and every path, parameter and field that it uses is looked up in
// gen/openapi/sps.swagger.json.
package integration
