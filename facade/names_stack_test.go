package facade_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/resolver"
	"github.com/usernet-stack/usernet/resolver/files"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

// namedHosts are a host and a name server on a cable: 10.0.0.1 and 10.0.0.2, fd00::1
// and fd00::2. What the name server is asked goes to asked.
type namedHosts struct {
	client, server *facade.Module
	asked          *journal[string]
}

const namedTable = `
10.0.0.2  server.example.test www.example.test
fd00::2   server.example.test www.example.test
10.0.0.1  client.example.test
fd00::1   client.example.test
`

func newNamedHosts(t *testing.T, names resolver.Config) *namedHosts {
	t.Helper()
	testenv.LeakCheck(t)
	table, err := files.ParseHosts(strings.NewReader(namedTable))
	must(t, err)
	h := &namedHosts{asked: newJournal[string]()}
	a, b := link.NewCable(link.CableConfig{MTU: 1500})
	h.client = hostOn(t, a, stack.Config{}, facade.Config{Names: &names}, "10.0.0.1/24", "fd00::1/64")
	h.server = hostOn(t, b, stack.Config{}, facade.Config{Names: &resolver.Config{Hosts: table}}, "10.0.0.2/24", "fd00::2/64")
	for _, address := range []string{"10.0.0.2:53", "[fd00::2]:53"} {
		h.serve(t, address)
	}
	return h
}

// serve answers DNS on the server, by UDP with at most 512 bytes and by TCP, until the
// test ends.
func (h *namedHosts) serve(t *testing.T, address string) {
	t.Helper()
	udp, err := h.server.ListenPacket("udp", address)
	must(t, err)
	tcp, err := h.server.Listen("tcp", address)
	must(t, err)
	over := make(chan struct{}, 2)
	t.Cleanup(func() {
		udp.Close()
		tcp.Close()
		<-over
		<-over
	})
	go func() {
		defer func() { over <- struct{}{} }()
		b := make([]byte, 1500)
		for {
			n, from, err := udp.ReadFrom(b)
			if err != nil {
				return
			}
			h.asked.add("udp " + address)
			answer := h.server.Names().Respond(context.Background(), b[:n])
			if bytes.Contains(b[:n], []byte("\x03www")) {
				answer = append(append([]byte{}, b[:2]...), 0x82, 0, 0, 1, 0, 0, 0, 0, 0, 0) // truncated
				answer = append(answer, b[12:bytes.IndexByte(b[12:n], 0)+12+5]...)
			}
			udp.WriteTo(answer, from)
		}
	}()
	go func() {
		defer func() { over <- struct{}{} }()
		for {
			conn, err := tcp.Accept()
			if err != nil {
				return
			}
			h.asked.add("tcp " + address)
			h.serveStream(conn)
		}
	}()
}

func (h *namedHosts) serveStream(conn net.Conn) {
	defer conn.Close()
	for {
		var length [2]byte
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(conn, query); err != nil {
			return
		}
		answer := h.server.Names().Respond(context.Background(), query)
		conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
	}
}

func dnsAt(servers ...string) resolver.Config {
	c := resolver.Config{DNS: files.ResolvConf{Search: []string{"example.test"}}}
	for _, s := range servers {
		c.DNS.Servers = append(c.DNS.Servers, netip.MustParseAddrPort(s))
	}
	return c
}

// TestNamesOverTheStack: queries travel through the stack to a server behind a cable.
func TestNamesOverTheStack(t *testing.T) {
	for _, server := range []string{"10.0.0.2:53", "[fd00::2]:53"} {
		t.Run(server, func(t *testing.T) {
			h := newNamedHosts(t, dnsAt(server))
			ip, err := h.client.GetHostByName(t.Context(), "server")
			if ip != "10.0.0.2" || err != nil {
				t.Errorf("gethostbyname: %s, %v", ip, err)
			}
			if asked := fmt.Sprint(h.asked.get()); asked != "[udp "+server+"]" {
				t.Errorf("asked were %s", asked)
			}
			infos, err := h.client.GetAddrInfo(t.Context(), "server.example.test", "80", facade.AddrInfoHints{Type: facade.SOCK_STREAM})
			if err != nil || len(infos) != 2 || infos[0].Addr != (facade.InetAddr{Host: "10.0.0.2", Port: 80}) {
				t.Errorf("getaddrinfo: %+v, %v", infos, err)
			}
			ent, err := h.client.GetHostByAddr(t.Context(), "fd00::2")
			if ent.Name != "server.example.test" || err != nil {
				t.Errorf("gethostbyaddr: %+v, %v", ent, err)
			}
			if fqdn, err := h.client.GetFQDN(t.Context(), "10.0.0.2"); fqdn != "server.example.test" || err != nil {
				t.Errorf("getfqdn: %s, %v", fqdn, err)
			}
			if _, err := h.client.GetHostByName(t.Context(), "nosuch"); !errors.Is(err, facade.EAI_NONAME) {
				t.Errorf("nosuch: %v", err)
			}
		})
	}
}

// TestTruncatedAnswerComesByTCP, over the stack as well.
func TestTruncatedAnswerComesByTCP(t *testing.T) {
	h := newNamedHosts(t, dnsAt("10.0.0.2:53"))
	ip, err := h.client.GetHostByName(t.Context(), "www.example.test")
	if ip != "10.0.0.2" || err != nil {
		t.Errorf("%s, %v", ip, err)
	}
	if asked := fmt.Sprint(h.asked.get()); asked != "[udp 10.0.0.2:53 tcp 10.0.0.2:53]" {
		t.Errorf("asked were %s", asked)
	}
}

// TestSocketsTakeNames: bind, connect and sendto, as the reference has them.
func TestSocketsTakeNames(t *testing.T) {
	h := newNamedHosts(t, dnsAt("10.0.0.2:53"))
	for _, family := range []facade.Family{facade.AF_INET, facade.AF_INET6} {
		addr := func(host string, port int) facade.Addr {
			if family == facade.AF_INET {
				return facade.InetAddr{Host: host, Port: port}
			}
			return facade.Inet6Addr{Host: host, Port: port}
		}
		server, err := h.server.Socket(family, facade.SOCK_DGRAM, 0)
		must(t, err)
		must(t, server.Bind(addr("server.example.test", 7)))
		client, err := h.client.Socket(family, facade.SOCK_DGRAM, 0)
		must(t, err)
		must(t, client.Bind(addr("client", 0)))
		_, err = client.SendTo([]byte("first"), addr("server", 7), 0)
		must(t, err)
		must(t, client.Connect(addr("server.example.test", 7)))
		must(t, client.SendAll([]byte("second")))
		for _, want := range []string{"first", "second"} {
			if got, err := server.Recv(10); string(got) != want || err != nil {
				t.Errorf("%v: %q, %v, want %q", family, got, err, want)
			}
		}
		var gai *facade.GAIError
		if err := client.Connect(addr("nosuch", 7)); !errors.As(err, &gai) || gai.Op != "connect" || gai.Code != facade.EAI_NONAME {
			t.Errorf("%v: connect to an unknown name: %v", family, err)
		}
		must(t, client.Close())
		must(t, server.Close())
	}
}

// TestHTTPByDNS: a client of package net/http, by name and service.
func TestHTTPByDNS(t *testing.T) {
	h := newNamedHosts(t, dnsAt("10.0.0.2:53"))
	l, err := h.server.Listen("tcp", ":http")
	must(t, err)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Host) })}
	over := make(chan struct{})
	go func() {
		defer close(over)
		server.Serve(l)
	}()
	transport := &http.Transport{DialContext: h.client.DialContext}
	response, err := (&http.Client{Transport: transport}).Get("http://www.example.test/")
	must(t, err)
	body, err := io.ReadAll(response.Body)
	if string(body) != "www.example.test" || err != nil {
		t.Errorf("%q, %v", body, err)
	}
	must(t, response.Body.Close())
	transport.CloseIdleConnections()
	must(t, server.Close())
	<-over
}

// TestServersChange while a module is in use, without a flow being dropped.
func TestServersChange(t *testing.T) {
	h := newNamedHosts(t, resolver.Config{})
	if _, err := h.client.GetHostByName(t.Context(), "server.example.test"); !errors.Is(err, facade.EAI_NONAME) {
		t.Errorf("without servers: %v", err)
	}
	h.client.Names().SetDNS(dnsAt("10.0.0.2:53").DNS)
	if ip, err := h.client.GetHostByName(t.Context(), "server.example.test"); ip != "10.0.0.2" || err != nil {
		t.Errorf("%s, %v", ip, err)
	}
	addrs, err := h.client.Names().NetResolver().LookupHost(t.Context(), "server.example.test.")
	if len(addrs) != 2 || err != nil {
		t.Errorf("by a net.Resolver: %v, %v", addrs, err)
	}
}

// TestNamesAfterClose: a closed module asks nobody.
func TestNamesAfterClose(t *testing.T) {
	h := newNamedHosts(t, dnsAt("10.0.0.2:53"))
	must(t, h.client.Close())
	if _, err := h.client.GetHostByName(t.Context(), "server.example.test"); !errors.Is(err, facade.EAI_AGAIN) {
		t.Errorf("%v", err)
	}
	if asked := h.asked.get(); len(asked) != 0 {
		t.Errorf("asked were %v", asked)
	}
}
