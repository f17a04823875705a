// Package capture records packets as pcapng, the format of Wireshark: one
// section with any number of interfaces, written to a file, to files that
// rotate, to a named pipe that Wireshark reads, or to an io.Writer.
//
// A Recorder never blocks who gives it packets. They wait, up to
// Config.Buffer, for a goroutine that writes them; what does not fit is
// counted, and the next packet that does says so in a comment.
//
// The middleware that records what crosses a link is link.Capture.
package capture
