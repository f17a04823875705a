package files

import (
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"
)

// What a resolv.conf(5) is cut down to.
const (
	// MaxServers is the most name servers (MAXNS).
	MaxServers = 3
	// MaxSearch is the most domains of a search list; glibc has no limit.
	MaxSearch = 32
	// MaxNDots is the largest number of dots (RES_MAXNDOTS).
	MaxNDots = 15
	// MaxTimeout is the longest timeout (RES_MAXRETRANS).
	MaxTimeout = 30 * time.Second
	// MaxAttempts is the largest number of attempts (RES_MAXRETRY).
	MaxAttempts = 5
)

// NoDots is an NDots that says that no dot is needed, ndots:0 in the file.
const NoDots = -1

// ResolvConf is resolv.conf(5). Its zero value is an empty file; WithDefaults
// fills in what glibc takes for what is not said. "sortlist" is not read: addresses
// are ordered by RFC 6724. Nor are the variables RES_OPTIONS and LOCALDOMAIN of the
// environment.
type ResolvConf struct {
	// Servers are the name servers in the order of the file, with port 53 and the
	// zone of a link-local address. glibc asks 127.0.0.1 where there are none.
	Servers []netip.AddrPort
	// Search are the domains that follow a name that is not complete: those of the
	// last "domain" or "search", as written. glibc takes the domain of the host's
	// name where there are none.
	Search []string
	// NDots is how many dots a name has that is tried as it is first: 0 is the
	// default, 1; NoDots is none.
	NDots int
	// Timeout is how long one server is waited for: 0 is the default, 5 s.
	Timeout time.Duration
	// Attempts is how many times the list of servers is gone through: 0 is the
	// default, 2.
	Attempts int

	// Rotate starts each query with the next server.
	Rotate bool
	// UseVC asks over TCP.
	UseVC bool
	// SingleRequest asks for A and AAAA one after the other.
	SingleRequest bool
	// SingleRequestReopen does so too, from a new port each, once a server has
	// answered only one of the two.
	SingleRequestReopen bool
	// NoAAAA suppresses AAAA queries that stem from an address lookup.
	NoAAAA bool
	// NoTLDQuery does not try a name without dots as a top-level domain.
	NoTLDQuery bool
	// EDNS0 asks for an OPT record in queries (RFC 6891). It has no effect: there is one,
	// unless a server does not know it.
	EDNS0 bool
	// TrustAD asks for the AD bit of answers. It has no effect: nothing here relies on
	// that bit.
	TrustAD bool
}

// ParseResolvConf reads resolv.conf(5), up to 1 MiB. Unlike glibc, it reads a name
// server's IPv4 address as inet_pton(3) does, not in the other forms of inet(3),
// and a carriage return as white space.
func ParseResolvConf(r io.Reader) (ResolvConf, error) {
	var c ResolvConf
	err := eachLine(r, maxSize, func(line []byte) error {
		c.parse(string(line))
		return nil
	})
	if err != nil {
		return ResolvConf{}, err
	}
	return c, nil
}

// parse reads a line. The keyword is at its very start.
func (c *ResolvConf) parse(line string) {
	end := strings.IndexAny(line, " \t")
	if end < 0 {
		return
	}
	values := words(line[end:])
	if len(values) == 0 {
		return
	}
	switch line[:end] {
	case "nameserver":
		c.addServer(values[0])
	case "domain":
		c.Search = values[:1]
	case "search":
		c.Search = values[:min(len(values), MaxSearch)]
	case "options":
		for _, o := range values {
			c.option(o)
		}
	}
}

func (c *ResolvConf) addServer(text string) {
	addr, err := netip.ParseAddr(text)
	if err == nil && len(c.Servers) < MaxServers {
		c.Servers = append(c.Servers, netip.AddrPortFrom(addr.Unmap(), dnsPort))
	}
}

const dnsPort = 53

// option reads an option. As in glibc, one that begins with a known name is that
// one, a number ends where its digits do, and what is not known is nothing.
func (c *ResolvConf) option(o string) {
	if name, value, ok := strings.Cut(o, ":"); ok {
		n, ok := leadingNumber(value, int(MaxTimeout/time.Second))
		switch {
		case !ok:
		case name == "ndots":
			c.NDots = min(n, MaxNDots)
			if n == 0 {
				c.NDots = NoDots
			}
		case name == "timeout":
			c.Timeout = time.Duration(max(n, 1)) * time.Second
		case name == "attempts":
			c.Attempts = min(max(n, 1), MaxAttempts)
		}
	}
	for _, flag := range c.flags() {
		if strings.HasPrefix(o, flag.name) {
			*flag.is = true
			return
		}
	}
}

type flag struct {
	name string
	is   *bool
}

// flags are the options without a value. One that begins with another's name comes
// first.
func (c *ResolvConf) flags() []flag {
	return []flag{
		{"rotate", &c.Rotate},
		{"use-vc", &c.UseVC},
		{"single-request-reopen", &c.SingleRequestReopen},
		{"single-request", &c.SingleRequest},
		{"no-aaaa", &c.NoAAAA},
		{"no-tld-query", &c.NoTLDQuery},
		{"no_tld_query", &c.NoTLDQuery},
		{"edns0", &c.EDNS0},
		{"trust-ad", &c.TrustAD},
	}
}

// leadingNumber is atoi(3), with a largest; a negative number is none.
func leadingNumber(s string, largest int) (int, bool) {
	n := 0
	for i, c := range []byte(s) {
		if i == 0 && c == '-' {
			return 0, false
		}
		if c < '0' || c > '9' {
			break
		}
		n = min(10*n+int(c-'0'), largest)
	}
	return n, true
}

// WithDefaults returns c with glibc's defaults for the numbers that are 0, and with
// numbers over a limit cut down to it. Servers and Search stay as they are, however
// many, and so does NoDots: any name has more dots.
func (c ResolvConf) WithDefaults() ResolvConf {
	pick := func(n, def, largest int) int {
		if n == 0 {
			return def
		}
		return min(n, largest)
	}
	c.NDots = max(pick(c.NDots, 1, MaxNDots), NoDots)
	c.Attempts = max(pick(c.Attempts, 2, MaxAttempts), 1)
	if c.Timeout <= 0 {
		c.Timeout = 5 * time.Second
	}
	c.Timeout = min(c.Timeout, MaxTimeout)
	return c
}

// String is c as resolv.conf(5). The file has no ports: a server on another port
// is a comment. A Timeout is rounded up to seconds.
func (c ResolvConf) String() string {
	var b strings.Builder
	for _, s := range c.Servers {
		if s.Port() == dnsPort {
			fmt.Fprintf(&b, "nameserver %s\n", s.Addr())
		} else {
			fmt.Fprintf(&b, "# nameserver %s\n", s)
		}
	}
	if len(c.Search) > 0 {
		fmt.Fprintf(&b, "search %s\n", strings.Join(c.Search, " "))
	}
	if options := c.options(); len(options) > 0 {
		fmt.Fprintf(&b, "options %s\n", strings.Join(options, " "))
	}
	return b.String()
}

func (c *ResolvConf) options() []string {
	var all []string
	if c.NDots != 0 {
		all = append(all, fmt.Sprint("ndots:", max(c.NDots, 0)))
	}
	if c.Timeout > 0 {
		all = append(all, fmt.Sprint("timeout:", int64((c.Timeout+time.Second-1)/time.Second)))
	}
	if c.Attempts > 0 {
		all = append(all, fmt.Sprint("attempts:", c.Attempts))
	}
	for _, f := range c.flags() {
		if *f.is && f.name != "no_tld_query" {
			all = append(all, f.name)
		}
	}
	return all
}
