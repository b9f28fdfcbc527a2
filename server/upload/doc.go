// Package upload receives files that callers send in pieces, within limits of
// number and pace, so that nobody holds room that others need.
//
// The first message of such a call says what is known of the file, and has no
// bytes; all others have nothing else:
//
//	leave, err := desk.Enter(caller)
//	defer leave()
//	content := upload.Receive(stream, pace)
//	defer content.Close()
//	first, err := content.First()
//	_, err = io.Copy(file, content)
package upload
