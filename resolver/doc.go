// Package resolver is names: hosts, services and protocols, as getaddrinfo(3),
// getnameinfo(3) and their older kin give them, and the text of addresses, as in
// inet(3).
//
// It is given what it needs of a host and imports no stack. The facade's
// functions, and the host names that its sockets take, need the Resolver
// interface only.
//
// Numeric is the Resolver that asks nobody: it knows addresses, port numbers, the
// host's own name, localhost, and a handful of protocols and services.
package resolver
