package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/resolver"
	"github.com/usernet-stack/usernet/resolver/dns"
	"github.com/usernet-stack/usernet/resolver/files"
)

// resolveOptions are the flags of usernet resolve.
type resolveOptions struct {
	typ     string
	servers []string
	json    bool
}

func newResolve() *cobra.Command {
	var o resolveOptions
	c := &cobra.Command{
		Use:   "resolve NAME",
		Short: "The addresses of a name, the names of an address, or records of DNS",
		Long: `resolve asks as programs do that call getaddrinfo(3): /etc/hosts, the host's own
name, and the servers of /etc/resolv.conf, in the order of /etc/nsswitch.conf. It
prints addresses, the best first; for an address, its names.

With --server only that server is asked. With --type it prints the records that
servers have of the name, which is not searched for, in the form of a zone file.

Queries travel over this machine's own network.`,
		Example: `  usernet resolve localhost
  usernet resolve 192.0.2.1
  usernet resolve example.com --type mx
  usernet resolve example.com --server 192.0.2.53 --server '[2001:db8::53]:5353'
  usernet resolve example.com --json | jq -r '.addresses[0]'`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: noFile,
		RunE: func(c *cobra.Command, args []string) error {
			q, err := o.question(args[0])
			if err != nil {
				return err
			}
			return fail(q.run(c.Context(), c.OutOrStdout()))
		},
	}
	f := c.Flags()
	f.StringVar(&o.typ, "type", "", "print the records of this `type`: A, AAAA, CNAME, MX, NS, PTR, SOA, SRV, TXT, or TYPE and a number")
	f.StringArrayVar(&o.servers, "server", nil, "ask this `address` or address:port only; may be given again")
	f.BoolVar(&o.json, "json", false, "print JSON")
	types := []string{"A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"}
	c.RegisterFlagCompletionFunc("type", cobra.FixedCompletions(types, cobra.ShellCompDirectiveNoFileComp))
	c.RegisterFlagCompletionFunc("server", noFile)
	return c
}

// question is what is to be resolved.
type question struct {
	name    string
	typ     dns.Type // 0: addresses, or names
	servers []netip.AddrPort
	json    bool
}

func (o *resolveOptions) question(name string) (question, error) {
	q := question{name: name, json: o.json}
	for _, text := range o.servers {
		server, err := parseServer(text)
		if err != nil {
			return q, err
		}
		q.servers = append(q.servers, server)
	}
	var err error
	if o.typ != "" {
		if q.typ, err = dns.ParseType(o.typ); err != nil {
			return q, fmt.Errorf("--type: %w", err)
		}
	}
	return q, nil
}

// parseServer reads an address, with a port or without.
func parseServer(text string) (netip.AddrPort, error) {
	if ap, err := netip.ParseAddrPort(text); err == nil {
		return ap, nil
	}
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("--server %q is no address", text)
	}
	return netip.AddrPortFrom(a, 53), nil
}

// run asks, and prints the answer.
func (q question) run(ctx context.Context, stdout io.Writer) error {
	config := resolver.System()
	if q.servers != nil {
		config.Order = files.ParseOrder(resolver.SourceDNS)
	}
	m := facade.New(facade.Config{Kernel: facade.KernelAlways, Names: &config})
	defer m.Close()
	if q.servers != nil {
		conf := m.Names().DNS()
		conf.Servers = q.servers
		m.Names().SetDNS(conf)
	}
	r, err := q.ask(ctx, m)
	if err != nil {
		return err
	}
	if q.json {
		e := json.NewEncoder(stdout)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	return r.print(stdout)
}

func (q question) ask(ctx context.Context, m *facade.Module) (*Resolved, error) {
	if q.typ != 0 {
		return q.askRecords(ctx, m)
	}
	r := &Resolved{Name: q.name}
	if _, err := netip.ParseAddr(q.name); err == nil {
		ent, err := m.GetHostByAddr(ctx, q.name)
		r.Names = append([]string{ent.Name}, ent.Aliases...)
		return r, err
	}
	infos, err := m.GetAddrInfo(ctx, q.name, "", facade.AddrInfoHints{Type: facade.SOCK_STREAM, Flags: facade.AI_CANONNAME})
	if err != nil {
		return nil, err
	}
	if canonical := infos[0].CanonName; !strings.EqualFold(canonical, q.name) {
		r.Canonical = canonical
	}
	for _, i := range infos {
		switch a := i.Addr.(type) {
		case facade.InetAddr:
			r.Addresses = append(r.Addresses, a.Host)
		case facade.Inet6Addr:
			r.Addresses = append(r.Addresses, withZone(m, a))
		}
	}
	return r, nil
}

// withZone is an address with the name of its interface.
func withZone(m *facade.Module, a facade.Inet6Addr) string {
	if a.ScopeID == 0 {
		return a.Host
	}
	name, err := m.IfIndexToName(int(a.ScopeID))
	if err != nil {
		return fmt.Sprintf("%s%%%d", a.Host, a.ScopeID)
	}
	return a.Host + "%" + name
}

// askRecords asks servers for the type. The name of an address is its reverse name.
func (q question) askRecords(ctx context.Context, m *facade.Module) (*Resolved, error) {
	name := q.name
	if a, err := netip.ParseAddr(name); err == nil && q.typ == dns.TypePTR {
		name = resolver.ReverseName(a)
	}
	answer, err := m.Names().Query(ctx, name, q.typ)
	if err != nil {
		return nil, err
	}
	return resolvedRecords(q, answer), nil
}
