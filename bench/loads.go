package bench

import (
	"io"
	"net"
	"testing"
)

// Load is one way to use a network.
type Load struct {
	Name string
	// Unit of what one operation is, for people.
	Unit string
	Run  func(*testing.B, Network)
}

// Loads are the loads that every target is measured with.
var Loads = []Load{
	{"stream", "64 KiB", stream},
	{"roundtrip", "1 byte there and back", roundTrip},
	{"connect", "connect, accept, close", connect},
	{"udp", "datagram of 1400 bytes", datagrams},
	{"udp-roundtrip", "datagram there and back", datagramRoundTrip},
}

// streamWrite is the size of a write and of a read buffer.
const streamWrite = 64 << 10

// pair connects two streams.
func pair(b *testing.B, n Network) (client, server net.Conn) {
	b.Helper()
	l, err := n.Listen()
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	if client, err = n.Dial(l.Addr().String()); err != nil {
		b.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		client.Close()
		server.Close()
	})
	return client, server
}

func stream(b *testing.B, n Network) {
	w, r := pair(b, n)
	b.SetBytes(streamWrite)
	b.ReportAllocs()
	b.ResetTimer()
	sent := make(chan error, 1)
	go func() {
		buf := make([]byte, streamWrite)
		for range b.N {
			if _, err := w.Write(buf); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	buf := make([]byte, streamWrite)
	for left := b.N * streamWrite; left > 0; {
		k, err := r.Read(buf)
		if err != nil {
			b.Fatal(err)
		}
		left -= k
	}
	if err := <-sent; err != nil {
		b.Fatal(err)
	}
}

func roundTrip(b *testing.B, n Network) {
	client, server := pair(b, n)
	go echo(server)
	buf := make([]byte, 1)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if _, err := client.Write(buf); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(client, buf); err != nil {
			b.Fatal(err)
		}
	}
}

// echo returns what it reads until the connection ends.
func echo(c net.Conn) {
	buf := make([]byte, 2048)
	for {
		k, err := c.Read(buf)
		if err != nil {
			return
		}
		if _, err := c.Write(buf[:k]); err != nil {
			return
		}
	}
}

// connect opens and closes connections; the client resets, so that no port is
// kept in TIME-WAIT.
func connect(b *testing.B, n Network) {
	l, err := n.Listen()
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	address := l.Addr().String()
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		client, err := n.Dial(address)
		if err != nil {
			b.Fatal(err)
		}
		server, err := l.Accept()
		if err != nil {
			b.Fatal(err)
		}
		server.Close()
		client.Close()
	}
}

// window is how many datagrams are under way at once: fewer than any receive
// buffer holds, so that none is lost.
const window = 32

func datagrams(b *testing.B, n Network) {
	from, to := packetPair(b, n)
	b.SetBytes(1400)
	b.ReportAllocs()
	room := make(chan struct{}, window)
	b.ResetTimer()
	go func() {
		buf := make([]byte, 1400)
		for range b.N {
			room <- struct{}{}
			if _, err := from.WriteTo(buf, to.LocalAddr()); err != nil {
				b.Error(err)
				return
			}
		}
	}()
	buf := make([]byte, 2048)
	for range b.N {
		if _, _, err := to.ReadFrom(buf); err != nil {
			b.Fatal(err)
		}
		<-room
	}
}

func packetPair(b *testing.B, n Network) (x, y net.PacketConn) {
	b.Helper()
	x, err := n.ListenPacket()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { x.Close() })
	if y, err = n.ListenPacket(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { y.Close() })
	return x, y
}

func datagramRoundTrip(b *testing.B, n Network) {
	x, y := packetPair(b, n)
	go func() {
		buf := make([]byte, 2048)
		for {
			k, from, err := y.ReadFrom(buf)
			if err != nil {
				return
			}
			if _, err := y.WriteTo(buf[:k], from); err != nil {
				return
			}
		}
	}()
	buf := make([]byte, 1)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if _, err := x.WriteTo(buf, y.LocalAddr()); err != nil {
			b.Fatal(err)
		}
		if _, _, err := x.ReadFrom(buf); err != nil {
			b.Fatal(err)
		}
	}
}
