// Package proxy carries TCP connections between real nodes over a line that can
// be slow, late, lossy, silent, cut or full, where package federation is for
// nodes in one process. It needs neither root nor namespaces:
//
//	p, err := proxy.Listen(target)
//	p.Shape(proxy.Line{Rate: 8000, Delay: 400 * time.Millisecond, Loss: 5})
//	p.Silence()
package proxy
