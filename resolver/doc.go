// Package resolver is names: hosts, services and protocols, as getaddrinfo(3),
// getnameinfo(3) and their older kin give them, and the text of addresses, as in
// inet(3).
//
// The facade's functions, and the host names that its sockets take, need the Resolver
// interface only. Switch is the Resolver: it asks a hosts table, the host itself and
// name servers, in the order of nsswitch.conf(5). It is given what it needs of a host,
// and so imports no stack: DNS queries travel by the host's own Dial.
package resolver
