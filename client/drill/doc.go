// Package drill runs a federation of real nodes on one machine: it mints an
// office's authority, keys and peer card for each, exchanges the cards, and
// starts one spsd process per office on loopback. The demo, the tests that kill
// processes, and the benchmarks stand on it.
//
// Everything lies below one folder, so that it can be looked at afterwards:
//
//	VN/                 what the office of Viet Nam has, keys and all
//	VN/spsd.yaml        its node's configuration
//	VN/web.pem          what its node shows at its web listener
//	VN/spsd.log         what its node wrote, over all restarts
//	VN/data/            its node's store
//	VN/people/          one certificate for each role that speaks to the node
//	VN/peers/           the cards of the others
//
// The keys are as real as any, and worth nothing: they are made anew each time
// and removed at the end.
package drill
