// Package facade is the socket module on a userspace stack: CPython's documented
// socket API, spelled in Go, and the face of package net, over one and the same
// endpoints.
//
//	s, _ := stack.New(stack.Config{})
//	m := facade.New(facade.Config{Stack: s})
//	srv, err := m.Socket(facade.AF_INET, facade.SOCK_STREAM, 0)
//	conn, err := m.DialContext(ctx, "tcp", "127.0.0.1:80")
//
// Nothing is global: a Module is a socket module of its own, with its default
// timeout, its stack and its policy towards the kernel. Setting Config.Kernel to
// KernelAlways runs the same program on the kernel's network.
//
// # Errors
//
// A Socket returns *Error for what a socket answers, *ArgumentError for arguments
// that are refused before any I/O, and *GAIError for names. The face of package net returns
// *net.OpError, shaped as package net shapes it. Both satisfy errors.Is for the
// syscall.Errno and for net.ErrClosed and os.ErrDeadlineExceeded.
package facade
