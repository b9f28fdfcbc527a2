// Package federation runs the nodes of several offices in one process, over a
// network of its own whose lines can be slow, cut or dead, for tests that read
// as stories:
//
//	synctest.Test(t, func(t *testing.T) {
//		f := federation.New(t, "CN", "TH", "VN")
//		f.Start("CN", "TH", "VN")
//		f.Network.Cut("CN", "VN")
//		f.Node("CN").Issue(2000, "VN")
//		time.Sleep(time.Hour)
//		f.Network.Heal("CN", "VN")
//		f.Settle()
//		f.WantSame()
//	})
//
// It works inside a synctest bubble, so that weeks pass in moments: every wait
// of the network is by package time, and certificates are minted by the clock
// of the bubble. Files are real, and waited for: tests run side by side.
package federation
