package drill

// WithPick returns options with another way to pick addresses.
func WithPick(o Options, pick func(free func() (string, error)) (string, error)) Options {
	o.pick = func() (string, error) { return pick(freeAddress) }
	return o
}
