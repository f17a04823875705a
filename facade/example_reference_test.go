package facade_test

import (
	"context"
	"fmt"
	"log"
	"net/netip"
	"os"

	. "github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

// The programs at the end of the reference, line by line. Where Python raises,
// these end with check; where Python prints an address, so do these, but for the
// client's port, which no two runs share.

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// printPeer prints "Connected by" without the port.
func printPeer(addr Addr) {
	switch a := addr.(type) {
	case InetAddr:
		fmt.Println("Connected by", a.Host)
	case Inet6Addr:
		fmt.Println("Connected by", a.Host)
	}
}

// echoServer is the first program: an echo server, IPv4 only.
func echoServer(socket *Module, listening chan<- struct{}) {
	const HOST = ""    // Symbolic name meaning all available interfaces
	const PORT = 50007 // Arbitrary non-privileged port
	s, err := socket.Socket(AF_INET, SOCK_STREAM, 0)
	check(err)
	check(s.Bind(InetAddr{HOST, PORT}))
	check(s.Listen(1))
	close(listening)
	conn, addr, err := s.Accept()
	check(err)
	printPeer(addr)
	for {
		data, err := conn.Recv(1024)
		check(err)
		if len(data) == 0 {
			break
		}
		_, err = conn.Send(data)
		check(err)
	}
	conn.Close()
}

// echoClient is the second program: the client of the first.
func echoClient(socket *Module, HOST string) {
	const PORT = 50007 // The same port as used by the server
	s, err := socket.Socket(AF_INET, SOCK_STREAM, 0)
	check(err)
	check(s.Connect(InetAddr{HOST, PORT}))
	_, err = s.Send([]byte("Hello, world"))
	check(err)
	data, err := s.Recv(1024)
	check(err)
	s.Close()
	fmt.Printf("Received %q\n", data)
}

// echoServer6 is the third program: an echo server on the first address family
// there is.
func echoServer6(socket *Module, listening chan<- struct{}) {
	const HOST = ""      // None: Symbolic name meaning all available interfaces
	const PORT = "50007" // Arbitrary non-privileged port
	var s *Socket
	infos, err := socket.GetAddrInfo(context.Background(), HOST, PORT,
		AddrInfoHints{Family: AF_UNSPEC, Type: SOCK_STREAM, Flags: AI_PASSIVE})
	check(err)
	for _, res := range infos {
		if s, err = socket.Socket(res.Family, res.Type, res.Proto); err != nil {
			s = nil
			continue
		}
		if err = s.Bind(res.Addr); err == nil {
			err = s.Listen(1)
		}
		if err != nil {
			s.Close()
			s = nil
			continue
		}
		break
	}
	if s == nil {
		fmt.Println("could not open socket")
		os.Exit(1)
	}
	close(listening)
	conn, addr, err := s.Accept()
	check(err)
	printPeer(addr)
	for {
		data, err := conn.Recv(1024)
		check(err)
		if len(data) == 0 {
			break
		}
		_, err = conn.Send(data)
		check(err)
	}
	conn.Close()
}

// echoClient6 is the fourth program: it tries every address of the server.
func echoClient6(socket *Module, HOST string) {
	const PORT = "50007" // The same port as used by the server
	var s *Socket
	infos, err := socket.GetAddrInfo(context.Background(), HOST, PORT,
		AddrInfoHints{Family: AF_UNSPEC, Type: SOCK_STREAM})
	check(err)
	for _, res := range infos {
		if s, err = socket.Socket(res.Family, res.Type, res.Proto); err != nil {
			s = nil
			continue
		}
		if err = s.Connect(res.Addr); err != nil {
			s.Close()
			s = nil
			continue
		}
		break
	}
	if s == nil {
		fmt.Println("could not open socket")
		os.Exit(1)
	}
	_, err = s.Send([]byte("Hello, world"))
	check(err)
	data, err := s.Recv(1024)
	check(err)
	s.Close()
	fmt.Printf("Received %q\n", data)
}

// together runs a server and its client.
func together(socket *Module, server func(*Module, chan<- struct{}), client func(*Module, string)) {
	listening, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		server(socket, listening)
	}()
	<-listening
	client(socket, "localhost")
	<-done
}

// The reference's first two examples: an echo server and its client.
func Example_echo() {
	socket := New(Config{})
	defer socket.Close()
	together(socket, echoServer, echoClient)
	// Output:
	// Connected by 127.0.0.1
	// Received "Hello, world"
}

// The reference's next two examples: the same, for IPv4 and IPv6.
func Example_echoDualStack() {
	socket := New(Config{})
	defer socket.Close()
	together(socket, echoServer6, echoClient6)
	// Output:
	// Connected by 127.0.0.1
	// Received "Hello, world"
}

// The reference's last example: a network sniffer. It sees a datagram that a host
// at the other end of a cable sends.
func Example_sniffer() {
	a, b := link.NewCable(link.CableConfig{})
	host, err := stack.New(stack.Config{HostName: "sniffer", Links: []stack.LinkConfig{
		{Endpoint: a, Addresses: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/24")}}}})
	check(err)
	defer host.Close()
	other, err := stack.New(stack.Config{Links: []stack.LinkConfig{
		{Endpoint: b, Addresses: []netip.Prefix{netip.MustParsePrefix("192.0.2.2/24")}}}})
	check(err)
	defer other.Close()
	socket := New(Config{Stack: host})
	defer socket.Close()

	// the public network interface
	name, err := socket.GetHostName()
	check(err)
	HOST, err := socket.GetHostByName(context.Background(), name)
	check(err)

	// create a raw socket and bind it to the public interface
	s, err := socket.Socket(AF_INET, SOCK_RAW, IPPROTO_IP)
	check(err)
	check(s.Bind(InetAddr{HOST, 0}))

	// Include IP headers
	check(s.SetSockOpt(IPPROTO_IP, IP_HDRINCL, 1))

	// receive all packages
	_, err = s.IoctlInt(SIO_RCVALL, RCVALL_ON)
	check(err)

	check(sendDatagram(other, HOST))

	// receive a package
	packet, from, err := s.RecvFrom(65565)
	check(err)
	fmt.Printf("%d bytes of protocol %d, %q, from %v\n", len(packet), packet[9], packet[28:], from)

	// disabled promiscuous mode
	_, err = s.IoctlInt(SIO_RCVALL, RCVALL_OFF)
	check(err)
	// Output: 33 bytes of protocol 17, "hello", from 192.0.2.2:0
}

// sendDatagram sends "hello" from a host to port 9 of another.
func sendDatagram(from *stack.Stack, to string) error {
	m := New(Config{Stack: from})
	defer m.Close()
	s, err := m.Socket(AF_INET, SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer s.Close()
	_, err = s.SendTo([]byte("hello"), InetAddr{to, 9})
	return err
}
