package facade_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

// The reference's echo server and client, on a stack of their own.
func Example() {
	m := facade.New(facade.Config{})
	defer m.Close()
	server, _ := m.Socket(facade.AF_INET, facade.SOCK_STREAM, 0)
	server.Bind(facade.InetAddr{Host: "", Port: 50007})
	server.Listen(1)
	go func() {
		conn, _, _ := server.Accept()
		data, _ := conn.Recv(1024)
		conn.SendAll(data)
		conn.Close()
	}()

	client, _ := m.Socket(facade.AF_INET, facade.SOCK_STREAM, 0)
	client.Connect(facade.InetAddr{Host: "127.0.0.1", Port: 50007})
	client.SendAll([]byte("Hello, world"))
	data, _ := client.Recv(1024)
	client.Close()
	fmt.Printf("Received %q\n", data)
	// Output: Received "Hello, world"
}

// The face of package net: anything that takes a dial function or a listener
// runs on the stack.
func ExampleModule_DialContext() {
	m := facade.New(facade.Config{})
	defer m.Close()
	l, _ := m.Listen("tcp", "127.0.0.1:80")
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "no kernel was asked")
	}))

	client := &http.Client{Transport: &http.Transport{DialContext: m.DialContext}}
	response, err := client.Get("http://127.0.0.1/")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	fmt.Printf("%s\n", body)
	// Output: no kernel was asked
}

// One value puts the same program on the kernel's network.
func ExampleConfig_kernel() {
	echo := func(m *facade.Module) string {
		defer m.Close()
		p, err := m.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			return err.Error()
		}
		c, _ := m.DialContext(context.Background(), "udp", p.LocalAddr().String())
		c.Write([]byte("same code"))
		b := make([]byte, 100)
		n, _, _ := p.ReadFrom(b)
		return string(b[:n])
	}
	fmt.Println(echo(facade.New(facade.Config{})))
	fmt.Println(echo(facade.New(facade.Config{Kernel: facade.KernelAlways})))
	// Output:
	// same code
	// same code
}

// A Socket and a net.Conn are two faces of one socket.
func ExampleSocket_Conn() {
	m := facade.New(facade.Config{})
	defer m.Close()
	l, _ := m.Listen("tcp", "127.0.0.1:0")
	go func() {
		c, _ := l.Accept()
		io.Copy(c, c)
	}()
	s, _ := m.Socket(facade.AF_INET, facade.SOCK_STREAM, 0)
	s.Connect(facade.InetAddr{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port})
	conn, _ := s.Conn()
	fmt.Fprint(conn, "written by the Conn")
	b, _ := s.Recv(100)
	fmt.Printf("received by the Socket: %q\n", b)
	// Output: received by the Socket: "written by the Conn"
}

// Two hosts on a cable, each a stack of its own.
func Example_twoHosts() {
	a, b := link.NewCable(link.CableConfig{MTU: 1500})
	host := func(end *link.CableEnd, address string) *facade.Module {
		s, err := stack.New(stack.Config{Links: []stack.LinkConfig{
			{Endpoint: end, Addresses: []netip.Prefix{netip.MustParsePrefix(address)}},
		}})
		if err != nil {
			panic(err)
		}
		return facade.New(facade.Config{Stack: s})
	}
	client, server := host(a, "10.0.0.1/24"), host(b, "10.0.0.2/24")
	l, _ := server.Listen("tcp", "10.0.0.2:80")
	go func() {
		c, _ := l.Accept()
		fmt.Fprintf(c, "hello, %s", c.RemoteAddr().(*net.TCPAddr).IP)
		c.Close()
	}()
	c, err := client.Dial("tcp", "10.0.0.2:80")
	if err != nil {
		fmt.Println(err)
		return
	}
	data, _ := io.ReadAll(c)
	fmt.Printf("%s\n", data)
	// Output: hello, 10.0.0.1
}
