package resolver

import (
	"context"
	"log/slog"
	"slices"
	"sync"

	"github.com/usernet-stack/usernet/resolver/addrselect"
	"github.com/usernet-stack/usernet/resolver/dns"
	"github.com/usernet-stack/usernet/resolver/files"
)

// The sources that a Switch has, by their names in nsswitch.conf(5).
const (
	// SourceFiles is the table of hosts(5).
	SourceFiles = "files"
	// SourceMyHostName is localhost and the host's own name: nss-myhostname(8).
	SourceMyHostName = "myhostname"
	// SourceDNS asks name servers.
	SourceDNS = "dns"
)

// DefaultOrder is the order of the sources when none is configured. The host's own
// name comes before DNS, as nss-myhostname(8) recommends: no server is asked for it.
const DefaultOrder = SourceFiles + " " + SourceMyHostName + " " + SourceDNS

// Config sets up a Switch. The zero value knows addresses, port numbers, localhost,
// and the protocols and services of the machine's files or of IANA's registries.
type Config struct {
	// Host is the host whose names, addresses and interfaces count, and through which
	// servers are asked. A facade.Module puts itself here.
	Host Host
	// Order is the hosts line of nsswitch.conf(5), as files.ParseOrder reads it.
	// Sources that the Switch does not have are unavailable. Nil is DefaultOrder.
	Order []files.Service
	// OrderFile is the path of an nsswitch.conf(5) that is read instead when Order is
	// nil. Default none.
	OrderFile string
	// Sources are sources by the names that the order has for them; they also replace
	// those of the Switch. Default none.
	Sources map[string]Source
	// Hosts is the table of the source "files". Default none.
	Hosts *files.Hosts
	// HostsFile is the path of a hosts(5) that is looked into after Hosts. Default none.
	HostsFile string
	// DNS is what resolv.conf(5) says of servers and search lists. Without servers
	// nobody is asked.
	DNS files.ResolvConf
	// DNSFile is the path of a resolv.conf(5) that counts instead of DNS. If it has no
	// servers, that on 127.0.0.1 is asked, as the manual says. Default none.
	DNSFile string
	// CacheBytes bounds what is kept of DNS's answers. 0 is 1 MiB, and a negative one
	// keeps nothing.
	CacheBytes int
	// Policy is the table of RFC 6724 section 2.1. Nil is the one given there.
	Policy []addrselect.Row
	// Services and Protocols are the databases of services(5) and protocols(5). Nil is
	// the machine's file in /etc, or, where there is none, IANA's registry, which is
	// embedded.
	Services  *files.Services
	Protocols *files.Protocols
	// Logger is told, at debug level, of sources and servers that fail. Nil is silent.
	Logger *slog.Logger
}

// System is the configuration of the machine: /etc/hosts, /etc/resolv.conf and
// /etc/nsswitch.conf. Files are read when a name is asked for, and again when they have
// changed; one that is missing counts as empty.
func System() Config {
	return Config{OrderFile: "/etc/nsswitch.conf", HostsFile: "/etc/hosts", DNSFile: "/etc/resolv.conf"}
}

// Switch is a Resolver: a name service switch, which asks its sources in the order that
// nsswitch.conf(5) describes. It is safe for concurrent use; it keeps no goroutine and
// no socket between calls. The zero value is New's for the zero Config.
type Switch struct {
	config Config

	once      sync.Once
	order     func() []files.Service
	sources   map[string]Source
	dns       *dnsSource
	services  func() *files.Services
	protocols func() *files.Protocols
}

var _ Resolver = (*Switch)(nil)

// New returns a Switch. It reads no file before it is asked.
func New(c Config) *Switch { return &Switch{config: c} }

// setUp makes the sources, with the first call.
func (s *Switch) setUp() *Switch {
	s.once.Do(func() {
		c := &s.config
		s.dns = newDNSSource(c)
		s.sources = map[string]Source{
			SourceFiles:      newFilesSource(c),
			SourceMyHostName: ownSource{c.Host},
			SourceDNS:        s.dns,
		}
		for name, source := range c.Sources {
			s.sources[name] = source
		}
		s.order, s.services, s.protocols = order(c), services(c), protocols(c)
	})
	return s
}

// SetDNS changes the servers and search lists, instead of Config.DNS and
// Config.DNSFile. Calls under way end with those that they began with; the cache is
// emptied.
func (s *Switch) SetDNS(c files.ResolvConf) { s.setUp().dns.set(c) }

// DNS returns the servers and search lists in force. They are the caller's.
func (s *Switch) DNS() files.ResolvConf {
	c := s.setUp().dns.conf()
	c.Servers, c.Search = slices.Clone(c.Servers), slices.Clone(c.Search)
	return c
}

// Stats counts what was asked of name servers, and what came back.
func (s *Switch) Stats() dns.Stats { return s.setUp().dns.client.Stats() }

// Query asks the name servers for the records of a type that an absolute name has; of
// addresses in other sources it knows nothing. A chain of CNAMEs is followed. Its errors
// hold an HErrno, and mostly a *dns.Error. It waits until ctx ends.
func (s *Switch) Query(ctx context.Context, name string, typ dns.Type) (dns.Answer, error) {
	return s.setUp().dns.query(ctx, name, typ)
}
