package facade_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/resolver"
)

// TestDialByName: localhost by name, on the stack and on the kernel, with a port
// number and with a service.
func TestDialByName(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		for _, network := range []string{"tcp", "tcp4", "tcp6"} {
			l, err := m.Listen(network, "localhost:0")
			must(t, err)
			_, port, err := net.SplitHostPort(l.Addr().String())
			must(t, err)
			c, err := m.Dial(network, "localhost:"+port)
			must(t, err)
			if got, want := c.RemoteAddr().String(), l.Addr().String(); got != want {
				t.Errorf("%s: connected to %s, want %s", network, got, want)
			}
			must(t, c.Close())
			must(t, l.Close())
		}
		c, err := m.Dial("udp", "localhost:Domain")
		must(t, err)
		if got := c.RemoteAddr().String(); got != "[::1]:53" {
			t.Errorf("udp: %s", got)
		}
		must(t, c.Close())
	})
}

// TestListenByName takes the first IPv4 address of a name, as package net does, or
// that of the network's version.
func TestListenByName(t *testing.T) {
	h := newHappyHosts(t, always("2001:db8::1", "192.0.2.1", "127.0.0.1"))
	for network, want := range map[string]string{
		"tcp": "192.0.2.1:80", "tcp4": "192.0.2.1:80", "tcp6": "[2001:db8::1]:80",
	} {
		l, err := h.client.Listen(network, "host.example:http")
		must(t, err)
		if got := l.Addr().String(); got != want {
			t.Errorf("%s: %s, want %s", network, got, want)
		}
		must(t, l.Close())
	}
	for network, want := range map[string]string{
		"udp": "192.0.2.1:53", "udp4": "192.0.2.1:53", "udp6": "[2001:db8::1]:53",
	} {
		p, err := h.client.ListenPacket(network, "host.example:domain")
		must(t, err)
		if got := p.LocalAddr().String(); got != want {
			t.Errorf("%s: %s, want %s", network, got, want)
		}
		must(t, p.Close())
	}
}

// TestListenNowhere: no address is a wildcard and a free port, as in package net.
func TestListenNowhere(t *testing.T) {
	onPaths(t, func(t *testing.T, m *facade.Module) {
		l, err := m.Listen("tcp", "")
		must(t, err)
		defer l.Close()
		if a := l.Addr().(*net.TCPAddr); !a.IP.IsUnspecified() || a.Port == 0 {
			t.Errorf("%v", a)
		}
	})
}

// TestDialUDPInOrder: the first address that can be connected to counts, and if none
// can, the first error.
func TestDialUDPInOrder(t *testing.T) {
	h := newHappyHosts(t, always("2001:db9::1", "192.0.2.66", server6))
	h.connects(t, h.dial(t.Context(), "udp", "host.example:9"), "192.0.2.66")

	h = newHappyHosts(t, always("2001:db9::1", "198.51.100.1"))
	err := finish(t, h.dial(t.Context(), "udp", "host.example:9")).err
	wantOpError(t, err, "[2001:db9::1]:9", "dial udp [2001:db9::1]:9: connect: network is unreachable", false)
	h.wantNoSockets(t)
}

// TestZoneByName: a link-local address is dialled with the name of a link.
func TestZoneByName(t *testing.T) {
	for _, address := range []string{"[fe80::2%eth0]:80", "host.example:80"} {
		h := newHappyHosts(t, always("fe80::2%2")) // the index of eth0
		ctx, cancel := context.WithCancel(t.Context())
		result := h.dial(ctx, "tcp", address)
		h.sent(t, 1)
		cancel()
		err := finish(t, result).err
		wantOpError(t, err, "[fe80::2%eth0]:80", "dial tcp [fe80::2%eth0]:80: operation was canceled", false)
		h.wantSYNs(t, syn{"fe80::2", 0})
		h.wantNoSockets(t)
	}
}

// TestDNSErrors: what a resolver answers has package net's form.
func TestDNSErrors(t *testing.T) {
	lame := errors.New("lame server")
	for _, c := range []struct {
		code                         resolver.EAI
		cause                        error
		text                         string
		timeout, temporary, notFound bool
	}{
		{resolver.EAI_NONAME, nil, "no such host", false, false, true},
		{resolver.EAI_NODATA, nil, "no such host", false, false, true},
		{resolver.EAI_AGAIN, nil, "Temporary failure in name resolution", false, true, false},
		{resolver.EAI_AGAIN, lame, "Temporary failure in name resolution: lame server", false, true, false},
		{resolver.EAI_AGAIN, context.DeadlineExceeded, "i/o timeout", true, true, false},
		{resolver.EAI_FAIL, nil, "Non-recoverable failure in name resolution", false, false, false},
	} {
		fail := func(context.Context, string, func(...string)) ([]string, error) {
			return nil, &resolver.GAIError{Op: "getaddrinfo", Name: "host.example", Code: c.code, Err: c.cause}
		}
		m := facade.New(facade.Config{Resolver: scripted{lookup: fail}})
		closeAtEnd(t, m)
		for op, call := range map[string]func() error{
			"dial tcp":   func() error { _, err := m.Dial("tcp", "host.example:80"); return err },
			"dial udp":   func() error { _, err := m.Dial("udp", "host.example:80"); return err },
			"listen tcp": func() error { _, err := m.Listen("tcp", "host.example:80"); return err },
			"listen udp": func() error { _, err := m.ListenPacket("udp", "host.example:80"); return err },
		} {
			err := call()
			var e *net.OpError
			var d *net.DNSError
			if !errors.As(err, &e) || !errors.As(err, &d) || e.Err != error(d) || e.Addr != nil || d.Name != "host.example" ||
				d.IsTimeout != c.timeout || d.IsTemporary != c.temporary || d.IsNotFound != c.notFound || !errors.Is(err, c.code) {
				t.Errorf("%s: %v: %#v", op, c.code, d)
			}
			if want := op + ": lookup host.example: " + c.text; err.Error() != want {
				t.Errorf("%v, want %s", err, want)
			}
		}
	}
}

// TestDialOfNoModule: a nil module and a closed one say so.
func TestDialOfNoModule(t *testing.T) {
	closed := facade.New(facade.Config{})
	must(t, closed.Close())
	for _, m := range []*facade.Module{nil, closed} {
		for _, address := range []string{"localhost:80", "127.0.0.1:80"} {
			for _, network := range []string{"tcp", "udp"} {
				if _, err := m.Dial(network, address); !errors.Is(err, syscall.EBADF) {
					t.Errorf("%s %s: %v", network, address, err)
				}
			}
		}
	}
}

// TestHTTPByName has net/http ask a host by name, over two stacks.
func TestHTTPByName(t *testing.T) {
	h := newHappyHosts(t, func(_ context.Context, name string, _ func(...string)) ([]string, error) {
		if name != "www.example" {
			return nil, &resolver.GAIError{Name: name, Code: resolver.EAI_NONAME}
		}
		return []string{server6, server4}, nil
	})
	l, err := h.server.Listen("tcp", server4+":80")
	must(t, err)
	server := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Host)
	})}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	transport := &http.Transport{DialContext: h.client.DialContext}
	client := &http.Client{Transport: transport}
	response, err := client.Get("http://www.example/")
	must(t, err)
	body, err := io.ReadAll(response.Body)
	if err != nil || string(body) != "www.example" {
		t.Errorf("%q, %v", body, err)
	}
	must(t, response.Body.Close())
	_, err = client.Get("http://other.example/")
	var d *net.DNSError
	if !errors.As(err, &d) || !d.IsNotFound {
		t.Errorf("%v", err)
	}
	transport.CloseIdleConnections()
	must(t, server.Close())
	<-served
}

// create runs CreateConnection, with a deadline by the stack's clock.
func (h *happyHosts) create(t *testing.T, left time.Duration, c facade.ConnectionConfig) <-chan error {
	result := make(chan error, 1)
	ctx := byClock{t.Context(), h.clock.Now().Add(left)}
	go func() {
		s, err := h.client.CreateConnection(ctx, "host.example", 80, c)
		result <- errors.Join(err, s.Close())
	}()
	return result
}

// TestCreateConnectionShares: addresses that do not answer leave time for the next.
func TestCreateConnectionShares(t *testing.T) {
	h := newHappyHosts(t, always("2001:db8::dead", "192.0.2.66", server4))
	h.listen(t, server4+":80")
	result := h.create(t, 9*time.Second, facade.ConnectionConfig{})
	h.armed(t, 1, 3*time.Second)
	h.clock.Advance(3 * time.Second)
	h.armed(t, 2, 3*time.Second)
	h.clock.Advance(3 * time.Second)
	must(t, <-result)
	h.wantSYNs(t, syn{"2001:db8::dead", 0}, syn{"192.0.2.66", 3 * time.Second}, syn{server4, 6 * time.Second})
	h.wantNoSockets(t)
}

// TestCreateConnectionLeastShare: no attempt has less than 2 s, if there is as much,
// and what the resolver took is gone.
func TestCreateConnectionLeastShare(t *testing.T) {
	var h *happyHosts
	h = newHappyHosts(t, func(context.Context, string, func(...string)) ([]string, error) {
		h.clock.Advance(7 * time.Second)
		return []string{"2001:db8::dead", "192.0.2.66", server4}, nil
	})
	result := h.create(t, 10*time.Second, facade.ConnectionConfig{AllErrors: true})
	h.armed(t, 1, 2*time.Second)
	h.clock.Advance(2 * time.Second)
	h.sent(t, 2)
	h.clock.Advance(time.Second)
	err := <-result
	h.wantSYNs(t, syn{"2001:db8::dead", 7 * time.Second}, syn{"192.0.2.66", 9 * time.Second})
	want := "connect [2001:db8::dead]:80: timed out\nconnect 192.0.2.66:80: timed out"
	if err.Error() != want || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want %s", err, want)
	}
	h.wantNoSockets(t)
}

// TestCreateConnectionTimeoutIsEachAttempts, as in CPython.
func TestCreateConnectionTimeoutIsEachAttempts(t *testing.T) {
	h := newHappyHosts(t, always("2001:db8::dead", "192.0.2.66"))
	result := h.create(t, time.Hour, facade.ConnectionConfig{Timeout: 5 * time.Second})
	for i := range 2 {
		h.armed(t, i+1, 5*time.Second)
		h.clock.Advance(5 * time.Second)
	}
	if err := <-result; err.Error() != "connect 192.0.2.66:80: timed out" {
		t.Errorf("%v", err)
	}
	h.wantNoSockets(t)
}
