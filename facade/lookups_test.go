package facade_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/resolver"
	"github.com/usernet-stack/usernet/resolver/files"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

// patient is a source that answers when its context ends.
type patient struct{ asked chan struct{} }

func (p patient) HostByName(ctx context.Context, _ resolver.Query) (resolver.HostEnt, error) {
	p.asked <- struct{}{}
	<-ctx.Done()
	return resolver.HostEnt{}, resolver.TRY_AGAIN
}

func (p patient) HostByAddr(ctx context.Context, _ netip.Addr) (resolver.HostEnt, error) {
	return p.HostByName(ctx, resolver.Query{})
}

// TestCloseEndsLookups: whatever waits for a name ends with its module.
func TestCloseEndsLookups(t *testing.T) {
	for name, call := range map[string]func(m *facade.Module) error{
		"GetAddrInfo": func(m *facade.Module) error {
			_, err := m.GetAddrInfo(context.Background(), "a.test", "", facade.AddrInfoHints{})
			return err
		},
		"GetHostByNameEx": func(m *facade.Module) error {
			_, err := m.GetHostByNameEx(context.Background(), "a.test")
			return err
		},
		"GetHostByAddr": func(m *facade.Module) error {
			_, err := m.GetHostByAddr(context.Background(), "192.0.2.1")
			return err
		},
		"GetNameInfo": func(m *facade.Module) error {
			_, _, err := m.GetNameInfo(context.Background(), facade.InetAddr{Host: "192.0.2.1"}, 0)
			return err
		},
		"Dial": func(m *facade.Module) error {
			_, err := m.Dial("tcp", "a.test:80")
			return err
		},
		"Dial UDP": func(m *facade.Module) error {
			_, err := m.Dial("udp", "a.test:80")
			return err
		},
		"Listen": func(m *facade.Module) error {
			_, err := m.Listen("tcp", "a.test:80")
			return err
		},
		"CreateConnection": func(m *facade.Module) error {
			_, err := m.CreateConnection(context.Background(), "a.test", 80, facade.ConnectionConfig{})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			testenv.LeakCheck(t)
			p := patient{make(chan struct{}, 1)}
			m := facade.New(facade.Config{Names: &resolver.Config{
				Order: files.ParseOrder("patient"), Sources: map[string]resolver.Source{"patient": p},
			}})
			over := make(chan error)
			go func() { over <- call(m) }()
			<-p.asked
			must(t, m.Close())
			select {
			case err := <-over:
				if err == nil {
					t.Error("no error")
				}
			case <-time.After(patience):
				t.Fatal("still waiting")
			}
		})
	}
}

// wireHost is a host whose name server is a function, with a clock and a seed.
type wireHost struct {
	m     *facade.Module
	clock *manualClock
	ids   []uint16 // of queries
	ports []int
}

// newWireHost has a server at 10.0.0.2 that knows every name as two addresses: one of
// IPv4 that there is no route to, and one of IPv6 that there is one to.
func newWireHost(t *testing.T) *wireHost {
	t.Helper()
	h := &wireHost{clock: newManualClock()}
	a, b := link.NewCable(link.CableConfig{})
	h.m = hostOn(t, a, stack.Config{Clock: h.clock, Rand: rand.NewChaCha8([32]byte{7})}, facade.Config{Names: &resolver.Config{
		DNS: files.ResolvConf{Servers: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.2:53")}},
	}}, "10.0.0.1/24", "fd00::1/64")
	server := hostOn(t, b, stack.Config{}, facade.Config{}, "10.0.0.2/24")
	conn, err := server.ListenPacket("udp", "10.0.0.2:53")
	must(t, err)
	over := make(chan struct{})
	t.Cleanup(func() {
		conn.Close()
		<-over
	})
	go func() {
		defer close(over)
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			h.ids = append(h.ids, binary.BigEndian.Uint16(buf))
			h.ports = append(h.ports, int(netip.MustParseAddrPort(from.String()).Port()))
			conn.WriteTo(bothFamilies(t, buf[:n]), from)
		}
	}()
	return h
}

// bothFamilies is an answer that is good for a minute.
func bothFamilies(t *testing.T, query []byte) []byte {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil {
		t.Errorf("query: %v", err)
	}
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	h := dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Class: dnsmessage.ClassINET, TTL: 60}
	var body dnsmessage.ResourceBody = &dnsmessage.AResource{A: [4]byte{192, 0, 2, 9}}
	if m.Questions[0].Type == dnsmessage.TypeAAAA {
		body = &dnsmessage.AAAAResource{AAAA: netip.MustParseAddr("fd00::2").As16()}
	}
	m.Answers = []dnsmessage.Resource{{Header: h, Body: body}}
	packed, err := m.Pack()
	if err != nil {
		t.Errorf("answer: %v", err)
	}
	return packed
}

func (h *wireHost) resolve(t *testing.T) string {
	t.Helper()
	infos, err := h.m.GetAddrInfo(t.Context(), "name.test", "80", facade.AddrInfoHints{Type: facade.SOCK_STREAM})
	must(t, err)
	var b bytes.Buffer
	for _, i := range infos {
		fmt.Fprint(&b, i.Addr, " ")
	}
	return b.String()
}

// TestNamesUseTheStacksOwn clock, randomness and routes.
func TestNamesUseTheStacksOwn(t *testing.T) {
	testenv.LeakCheck(t)
	first, second := newWireHost(t), newWireHost(t)
	for _, h := range []*wireHost{first, second} {
		// RFC 6724's first rule: an address that there is no way to comes last.
		if got, want := h.resolve(t), "[fd00::2]:80 192.0.2.9:80 "; got != want {
			t.Errorf("%q, want %q", got, want)
		}
		h.resolve(t)
		h.clock.Advance(59 * time.Second)
		h.resolve(t)
		if len(h.ids) != 2 {
			t.Errorf("%d queries within the TTL, want 2", len(h.ids))
		}
		h.clock.Advance(time.Second)
		h.resolve(t)
		if len(h.ids) != 4 {
			t.Errorf("%d queries after the TTL, want 4", len(h.ids))
		}
	}
	if fmt.Sprint(first.ids, first.ports) != fmt.Sprint(second.ids, second.ports) {
		t.Errorf("ids and ports %v %v, and %v %v from the same seed", first.ids, first.ports, second.ids, second.ports)
	}
	var gai *facade.GAIError
	must(t, first.m.Close())
	if _, err := first.m.GetHostByName(t.Context(), "other.test"); !errors.As(err, &gai) {
		t.Errorf("after Close: %v", err)
	}
}
