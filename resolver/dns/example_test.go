package dns_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/usernet-stack/usernet/resolver/dns"
)

// A and AAAA side by side.
func ExampleClient_Lookup() {
	n := newNetworkOf(good) // in memory; new(net.Dialer).DialContext and time.Now ask real servers
	c := dns.New(dns.Config{Dial: n.Dial, Now: n.Now})
	c.SetServers(dns.Servers{Addrs: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:53")}})
	types := []dns.Type{dns.TypeA, dns.TypeAAAA}
	c.Lookup(context.Background(), "www.example.com", types, func(i int, a dns.Answer, err error) {
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, r := range a.Records {
			switch b := r.Body.(type) {
			case *dnsmessage.AResource:
				fmt.Println(a.Name, dns.TypeName(types[i]), net.IP(b.A[:]))
			case *dnsmessage.AAAAResource:
				fmt.Println(a.Name, dns.TypeName(types[i]), net.IP(b.AAAA[:]))
			}
		}
	})
	// Output:
	// www.example.com A 10.0.0.1
	// www.example.com AAAA fd00::1
}
