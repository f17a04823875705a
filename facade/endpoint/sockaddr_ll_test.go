package endpoint_test

import (
	"bytes"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

func TestLinklayer(t *testing.T) {
	for name, l := range map[string]endpoint.Linklayer{
		"empty":         {},
		"Ethernet":      {Protocol: endpoint.ETH_P_IP, Ifindex: 7, Hatype: endpoint.ARPHRD_ETHER, Pkttype: endpoint.PACKET_OUTGOING, Addr: []byte{1, 2, 3, 4, 5, 6}},
		"no hardware":   {Protocol: endpoint.ETH_P_ALL, Ifindex: -1, Hatype: endpoint.ARPHRD_NONE},
		"eight bytes":   {Addr: []byte{1, 2, 3, 4, 5, 6, 7, 8}},
		"loopback of 0": {Hatype: endpoint.ARPHRD_LOOPBACK, Addr: make([]byte, 6)},
	} {
		t.Run(name, func(t *testing.T) {
			sa := endpoint.SockaddrLinklayer(l)
			got, ok := sa.Linklayer()
			if !ok || sa.Family() != endpoint.AF_PACKET || sa.Len() != endpoint.SizeofSockaddrLinklayer ||
				got.Protocol != l.Protocol || got.Ifindex != l.Ifindex || got.Hatype != l.Hatype || got.Pkttype != l.Pkttype || !bytes.Equal(got.Addr, l.Addr) {
				t.Errorf("% x reads as %+v", sa.Bytes(), got)
			}
			if _, ok := sa.AddrPort(); ok {
				t.Error("has an address and port")
			}
		})
	}
	t.Run("longer addresses are cut", func(t *testing.T) {
		sa := endpoint.SockaddrLinklayer(endpoint.Linklayer{Addr: make([]byte, 20)})
		if l, ok := sa.Linklayer(); !ok || len(l.Addr) != 8 {
			t.Errorf("%+v", l)
		}
	})
}

func TestLinklayersThatAreNone(t *testing.T) {
	for name, raw := range map[string]string{
		"too short":         "\x11\x00\x08\x00\x01\x00\x00\x00\x00\x00\x00",
		"another family":    "\x02\x00\x08\x00\x01\x00\x00\x00\x00\x00\x00\x00",
		"address too long":  "\x11\x00\x08\x00\x01\x00\x00\x00\x00\x00\x00\x09aaaaaaaaaaa",
		"address not there": "\x11\x00\x08\x00\x01\x00\x00\x00\x00\x00\x00\x06aaaaa",
	} {
		sa, _ := endpoint.SockaddrFromBytes([]byte(raw))
		if l, ok := sa.Linklayer(); ok {
			t.Errorf("%s: %+v", name, l)
		}
	}
}

func FuzzLinklayer(f *testing.F) {
	f.Add([]byte("\x11\x00\x08\x00\x01\x00\x00\x00\x00\x00\x00\x06aaaaaa\x00\x00"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		sa, ok := endpoint.SockaddrFromBytes(raw)
		if !ok {
			return
		}
		l, ok := sa.Linklayer()
		if !ok {
			return
		}
		again := endpoint.SockaddrLinklayer(l)
		if n := endpoint.OffsetofLinklayerAddr + len(l.Addr); !bytes.Equal(again.Bytes()[:n], raw[:n]) {
			t.Errorf("% x reads as %+v", raw, l)
		}
	})
}
