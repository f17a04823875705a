package dns

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	defaultCacheBytes = 1 << 20
	defaultTimeout    = 5 * time.Second
	defaultAttempts   = 2
	maxTimeout        = time.Hour
	maxAttempts       = 16
	maxShift          = 16
	defaultPort       = 53
	maxMessage        = 1<<16 - 1
)

// Config is what a Client works with. Its zero value has no way to a server.
type Config struct {
	// Dial connects to "udp" or "tcp" at a numeric "address:port". Its context
	// ends with that of the lookup. Its Deadline is also the end of the attempt, by
	// the clock of Now: Dial has to see to that by itself, as net.Dialer does,
	// because Done does not tell of it. A message is one Write and one
	// Read of a "udp" connection. Nil is an error of every lookup.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Now is the clock of the deadlines of connections, and of the cache. It is
	// safe for concurrent use. Nil is time.Now.
	Now func() time.Time
	// Rand is where ids come from, two bytes each. Reads don't overlap. Nil is
	// crypto/rand.Reader.
	Rand io.Reader
	// CacheBytes bounds the memory of the cache. 0 is 1 MiB; less is no cache.
	CacheBytes int
	// Logger is told, at debug level, of what is ignored and of servers that
	// fail. Nil is silent.
	Logger *slog.Logger
}

// Servers are whom to ask, and how: what resolv.conf(5) says. The zero value has
// nobody to ask.
type Servers struct {
	// Addrs are tried in order. Port 0 is 53.
	Addrs []netip.AddrPort
	// Timeout is how long the first server may take, with TCP where that is needed. The
	// one at index i has Timeout<<i
	// divided by the number of servers, but at least a second: res_send.c of glibc. 0
	// is 5 s; more than an hour is an hour.
	Timeout time.Duration
	// Attempts is how often the whole list is gone through. 0 is 2; more than 16
	// is 16.
	Attempts int
	// Rotate lets each lookup begin with the server after that of the last one.
	Rotate bool
	// UseTCP never asks by UDP.
	UseTCP bool
	// SingleRequest asks for one type after the other, each from a port of its
	// own, instead of side by side.
	SingleRequest bool
	// NoEDNS0 leaves out the OPT record (RFC 6891), so that answers by UDP are at
	// most 512 bytes long.
	NoEDNS0 bool
}

func (s Servers) withDefaults() Servers {
	s.Addrs = slices.Clone(s.Addrs)
	for i, a := range s.Addrs {
		if a.Port() == 0 {
			s.Addrs[i] = netip.AddrPortFrom(a.Addr(), defaultPort)
		}
	}
	if s.Timeout <= 0 {
		s.Timeout = defaultTimeout
	}
	if s.Attempts <= 0 {
		s.Attempts = defaultAttempts
	}
	s.Timeout = min(s.Timeout, maxTimeout)
	s.Attempts = min(s.Attempts, maxAttempts)
	return s
}

// wait is how long the server at an index may take.
func (s Servers) wait(index int) time.Duration {
	if index == 0 {
		return s.Timeout
	}
	return max(s.Timeout<<min(index, maxShift)/time.Duration(len(s.Addrs)), time.Second)
}

// Client asks DNS servers. It is safe for concurrent use.
type Client struct {
	config  Config
	random  sync.Mutex // held to read config.Rand
	servers atomic.Pointer[epoch]
	buffers sync.Pool // of *[maxMessage]byte
	stats   counters
	slots   chan struct{} // full of the lookups that ask
}

// epoch is what belongs to one setting of the servers. A lookup stays in the one
// that it began in, so what it learns of old servers never reaches a new cache.
type epoch struct {
	Servers
	cache   *cache
	flights flights
	rotate  atomic.Uint32
}

// New returns a client that has no servers yet.
func New(config Config) *Client {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Rand == nil {
		config.Rand = rand.Reader
	}
	if config.CacheBytes == 0 {
		config.CacheBytes = defaultCacheBytes
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Client{config: config, slots: make(chan struct{}, maxFlights)}
	c.buffers.New = func() any { return new([maxMessage]byte) }
	c.SetServers(Servers{})
	return c
}

// SetServers is for lookups from then on; those under way go on with the servers
// that they began with. It empties the cache. It does not block.
func (c *Client) SetServers(s Servers) {
	c.servers.Store(&epoch{Servers: s.withDefaults(), cache: newCache(c.config.CacheBytes)})
}

// Servers returns what was set, with the defaults filled in. The caller owns it.
func (c *Client) Servers() Servers {
	s := c.servers.Load().Servers
	s.Addrs = slices.Clone(s.Addrs)
	return s
}
