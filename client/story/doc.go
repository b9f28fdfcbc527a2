// Package story plays the life of one case between Thailand, Viet Nam and China
// at the nodes of a running federation, and holds after each step that everybody
// whom it concerns is shown the same.
package story
