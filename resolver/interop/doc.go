// Package interop holds the tests of names against programs that are not ours: a
// DNS server from Debian (nsd) that serves zones of ours, and the getaddrinfo(3)
// family of glibc, through Debian's CPython.
//
// The tests run in a network namespace of their own, where server N has the address
// 127.0.0.N and port 53: 2 is nsd, the others are servers that misbehave, each in
// its way. glibc asks them there. Our resolver asks 10.0.0.N from a stack: its
// queries cross a cable to a second stack, whose relay takes them to the kernel's
// loopback and counts them.
//
// glibc answers the same calls in the same environment (resolv.conf, hosts,
// nsswitch.conf, gai.conf) and is the judge. Where ours differs on purpose, a table
// says why, and a difference that has gone fails the test.
package interop
