package resolver

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/resolver/dns"
	"github.com/usernet-stack/usernet/resolver/files"
)

// localServer is the name server that resolv.conf(5) stands for if it names none.
var localServer = netip.AddrPortFrom(loopback4, 53)

// dnsSource is the source that asks name servers.
type dnsSource struct {
	host   Host
	client *dns.Client
	logger *slog.Logger

	mu sync.Mutex
	// file is nil once set was called.
	file *files.File[files.ResolvConf]
	// current is in force. loaded is what the file had when it was last read.
	current files.ResolvConf
	loaded  string
}

func newDNSSource(c *Config) *dnsSource {
	d := &dnsSource{host: c.Host, logger: c.Logger, client: dns.New(dns.Config{
		Dial: c.Host.Dial, Now: c.Host.Now, Rand: c.Host.Rand, CacheBytes: c.CacheBytes, Logger: c.Logger,
	})}
	d.set(c.DNS)
	if c.DNSFile != "" {
		d.file = files.NewFile(c.DNSFile, files.ParseResolvConf)
	}
	return d
}

func (d *dnsSource) set(c files.ResolvConf) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.file = nil
	d.useLocked(c)
}

func (d *dnsSource) useLocked(c files.ResolvConf) {
	c.Servers, c.Search = slices.Clone(c.Servers), slices.Clone(c.Search)
	d.current = c
	c = c.WithDefaults()
	d.client.SetServers(dns.Servers{
		Addrs: c.Servers, Timeout: c.Timeout, Attempts: c.Attempts,
		Rotate: c.Rotate, UseTCP: c.UseVC, SingleRequest: c.SingleRequest || c.SingleRequestReopen,
	})
}

// conf returns what is in force, after a look at the file.
func (d *dnsSource) conf() files.ResolvConf {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.file == nil {
		return d.current
	}
	c, err := d.file.Get()
	if err != nil && d.logger != nil {
		d.logger.Debug("resolv.conf cannot be read", slog.Any("error", err))
	}
	if len(c.Servers) == 0 {
		c.Servers = []netip.AddrPort{localServer}
	}
	if text := c.String(); text != d.loaded {
		d.loaded = text
		d.useLocked(c)
	}
	return d.current
}

// HostByName implements Source.
func (d *dnsSource) HostByName(ctx context.Context, q Query) (HostEnt, error) {
	conf := d.conf()
	if len(conf.Servers) == 0 || !inDNS(q.Name) || !isHostName(q.Name) {
		return HostEnt{}, HOST_NOT_FOUND
	}
	var types []dns.Type
	if q.Family != endpoint.AF_INET6 {
		types = append(types, dns.TypeA)
	}
	if q.Family != endpoint.AF_INET && !conf.NoAAAA {
		types = append(types, dns.TypeAAAA)
	}
	if len(types) == 0 {
		return HostEnt{}, NO_DATA
	}
	return search(d.searchList(conf), q.Name, func(name string) (HostEnt, error) {
		return d.addrs(ctx, name, types, q.Partial)
	})
}

// searchList fills in the defaults of resolv.conf(5): the search list is the domain of
// the host's own name.
func (d *dnsSource) searchList(conf files.ResolvConf) files.ResolvConf {
	conf = conf.WithDefaults()
	if _, domain, ok := strings.Cut(d.host.name(), "."); ok && len(conf.Search) == 0 {
		conf.Search = []string{domain}
	}
	return conf
}

// inDNS tells whether a name is one that servers may be asked for. RFC 6761 sections
// 6.3 and 6.4 keep localhost and invalid from them, and RFC 7686 section 2 onion.
func inDNS(name string) bool {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	last := name[strings.LastIndexByte(name, '.')+1:]
	return last != localhost && last != "invalid" && last != "onion"
}

// addrs asks for the addresses of an absolute name. Those of IPv4 come first.
func (d *dnsSource) addrs(ctx context.Context, name string, types []dns.Type, partial func(HostEnt)) (HostEnt, error) {
	ents := make([]HostEnt, len(types))
	var failed error
	d.client.Lookup(ctx, name, types, func(i int, a dns.Answer, err error) {
		if err == nil {
			ents[i], err = hostOf(a)
		}
		switch {
		case err != nil:
			failed = worse(failed, dnsFailure(err))
		case partial != nil:
			partial(ents[i])
		}
	})
	var all HostEnt
	for _, ent := range ents {
		if all.Name == "" {
			all.Name, all.Aliases = ent.Name, ent.Aliases
		}
		all.Addrs = append(all.Addrs, ent.Addrs...)
	}
	if len(all.Addrs) == 0 {
		return HostEnt{}, failed
	}
	return all, nil
}

// hostOf reads the addresses of an answer.
func hostOf(a dns.Answer) (HostEnt, error) {
	if !isHostName(a.Name) {
		return HostEnt{}, &failure{code: NO_RECOVERY, err: errors.New("malformed host name in the answer")}
	}
	ent := HostEnt{Name: a.Name}
	for _, alias := range a.Aliases {
		if isHostName(alias) {
			ent.Aliases = append(ent.Aliases, alias)
		}
	}
	for _, r := range a.Records {
		switch body := r.Body.(type) {
		case *dnsmessage.AResource:
			ent.Addrs = append(ent.Addrs, netip.AddrFrom4(body.A))
		case *dnsmessage.AAAAResource:
			ent.Addrs = append(ent.Addrs, netip.AddrFrom16(body.AAAA))
		}
	}
	return ent, nil
}

// HostByAddr implements Source. Names that are no host names are left out, as programs
// trust them.
func (d *dnsSource) HostByAddr(ctx context.Context, a netip.Addr) (HostEnt, error) {
	if len(d.conf().Servers) == 0 {
		return HostEnt{}, HOST_NOT_FOUND
	}
	ent, failed := HostEnt{Addrs: []netip.Addr{a}}, error(NO_DATA)
	d.client.Lookup(ctx, ReverseName(a), []dns.Type{dns.TypePTR}, func(_ int, answer dns.Answer, err error) {
		if err != nil {
			failed = dnsFailure(err)
		}
		for _, r := range answer.Records {
			body, ok := r.Body.(*dnsmessage.PTRResource)
			if !ok {
				continue
			}
			name := strings.TrimSuffix(body.PTR.String(), ".")
			switch {
			case !isHostName(name):
			case ent.Name == "":
				ent.Name = name
			default:
				ent.Aliases = append(ent.Aliases, name)
			}
		}
	})
	if ent.Name == "" {
		return HostEnt{}, failed
	}
	return ent, nil
}

// dnsFailure gives an error of package dns its code.
func dnsFailure(err error) error {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	switch {
	case errors.Is(err, dns.ErrNotFound), errors.Is(err, dns.ErrName):
		return &failure{code: HOST_NOT_FOUND, err: err}
	case errors.Is(err, dns.ErrNoData):
		return &failure{code: NO_DATA, err: err}
	case errors.Is(err, dns.ErrRefused):
		return &failure{NO_RECOVERY, true, err}
	}
	// No server could tell, because it fails or does not answer: as in glibc that is all
	// the same, and the source counts as unavailable.
	return &failure{TRY_AGAIN, true, err}
}

// What is not asked of servers.
var (
	errNoServer = errors.New("no name server is configured")
	errSpecial  = errors.New("a name that servers are not asked for (RFC 6761, RFC 7686)")
	errObsolete = errors.New("a type whose records cannot be passed on (RFC 3597 section 4)")
)

// compressible are types of RFC 1035 whose records may point into their message, and
// that dnsmessage does not read: MD, MF, MB, MG, MR and MINFO.
var compressible = map[dns.Type]bool{3: true, 4: true, 7: true, 8: true, 9: true, 14: true}

// query asks servers for one type of an absolute name.
func (d *dnsSource) query(ctx context.Context, name string, typ dns.Type) (answer dns.Answer, err error) {
	switch {
	case !inDNS(name):
		return dns.Answer{}, &failure{code: HOST_NOT_FOUND, err: errSpecial}
	case compressible[typ]:
		return dns.Answer{}, &failure{code: NO_RECOVERY, err: errObsolete}
	case len(d.conf().Servers) == 0:
		return dns.Answer{}, &failure{TRY_AGAIN, true, errNoServer}
	}
	d.client.Lookup(ctx, name, []dns.Type{typ}, func(_ int, a dns.Answer, failed error) {
		if answer = a; failed != nil {
			err = dnsFailure(failed)
		}
	})
	return answer, err
}
