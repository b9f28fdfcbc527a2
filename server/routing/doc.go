// Package routing says to which units of an office something goes, and who is on
// duty. It is pure: no store, no clock.
//
// A unit deals with what is routed to it or to a unit below it. What no rule
// matches goes to the units of otherwise, or only to the focal point, which
// sees everything; a finding goes to the unit above its laboratory. What was
// routed stays with its units: rules that change, and what is learned later,
// may add units and take none away. Only a person does that, with a reason.
package routing
