package facade_test

import (
	"bytes"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/facade/endpoint"
)

// raw is the memory of one of the kernel's sockaddr structures.
func raw[T any](v *T, n int) []byte { return unsafe.Slice((*byte)(unsafe.Pointer(v)), n) }

// TestAddressLayout compares the addresses of every family with the kernel's
// structures, both ways.
func TestAddressLayout(t *testing.T) {
	m := facade.New(facade.Config{})
	closeAtEnd(t, m)
	device := [6]uint8{0x55, 0x44, 0x33, 0x22, 0x11, 0x00}
	for _, c := range []struct {
		addr  facade.Addr
		proto int
		want  []byte
	}{
		{facade.UnixAddr{Path: "a/b"}, 0, []byte("\x01\x00a/b\x00")},
		{facade.UnixAddr{Path: "\x00ab\x00c"}, 0, []byte("\x01\x00\x00ab\x00c")},
		{facade.UnixAddr{}, 0, []byte{1, 0}},
		{facade.NetlinkAddr{PID: 77, Groups: 5}, 0,
			raw(&unix.RawSockaddrNetlink{Family: unix.AF_NETLINK, Pid: 77, Groups: 5}, unix.SizeofSockaddrNetlink)},
		{facade.PacketAddr{Interface: "lo", Protocol: 0x0800, PacketType: 4, HardwareType: 772, HardwareAddress: "abcdef"}, 0,
			raw(&unix.RawSockaddrLinklayer{
				Family: unix.AF_PACKET, Protocol: 0x0008, Ifindex: 1, Hatype: 772, Pkttype: 4, Halen: 6,
				Addr: [8]uint8{'a', 'b', 'c', 'd', 'e', 'f'},
			}, unix.SizeofSockaddrLinklayer)},
		{facade.VsockAddr{CID: 3, Port: 1024}, 0,
			raw(&unix.RawSockaddrVM{Family: unix.AF_VSOCK, Cid: 3, Port: 1024}, unix.SizeofSockaddrVM)},
		{facade.L2CAPAddr{Device: "00:11:22:33:44:55", PSM: 0x1001, CID: 4, DeviceType: 1}, facade.BTPROTO_L2CAP,
			raw(&unix.RawSockaddrL2{Family: unix.AF_BLUETOOTH, Psm: 0x1001, Bdaddr: device, Cid: 4, Bdaddr_type: 1}, unix.SizeofSockaddrL2)},
		{facade.RFCOMMAddr{Device: "00:11:22:33:44:55", Channel: 9}, facade.BTPROTO_RFCOMM,
			raw(&unix.RawSockaddrRFCOMM{Family: unix.AF_BLUETOOTH, Bdaddr: device, Channel: 9}, unix.SizeofSockaddrRFCOMM)},
		{facade.HCIAddr{Device: 1, Channel: 2}, facade.BTPROTO_HCI,
			raw(&unix.RawSockaddrHCI{Family: unix.AF_BLUETOOTH, Dev: 1, Channel: 2}, unix.SizeofSockaddrHCI)},
		{facade.SCOAddr{Device: "00:11:22:33:44:55"}, facade.BTPROTO_SCO,
			append([]byte{unix.AF_BLUETOOTH, 0}, device[:]...)},
		{facade.TIPCAddr{Type: facade.TIPC_ADDR_NAMESEQ, V1: 18888, V2: 1, V3: 9, Scope: 2}, 0, tipc(1, 2, 18888, 1, 9)},
		{facade.TIPCAddr{Type: facade.TIPC_ADDR_NAME, V1: 18888, V2: 17, Scope: -3}, 0, tipc(2, -3, 18888, 17, 0)},
		{facade.TIPCAddr{Type: facade.TIPC_ADDR_ID, V1: 0x1001001, V2: 77}, 0, tipc(3, 0, 77, 0x1001001, 0)},
	} {
		sa, err := facade.SockaddrOf(m, c.addr, c.proto)
		if err != nil {
			t.Errorf("%#v: %v", c.addr, err)
			continue
		}
		if !bytes.Equal(sa.Bytes(), c.want) {
			t.Errorf("%#v is %x, want %x", c.addr, sa.Bytes(), c.want)
		}
		if back := facade.AddrOf(m, sa, c.proto); back != c.addr {
			t.Errorf("%#v comes back as %#v", c.addr, back)
		}
		if c.addr.String() == "" && c.addr != (facade.UnixAddr{}) || c.addr.Network() == "" {
			t.Errorf("%#v has no text", c.addr)
		}
	}
}

// tipc is struct sockaddr_tipc.
func tipc(typ uint8, scope int8, words ...uint32) []byte {
	r := unix.RawSockaddrTIPC{Family: unix.AF_TIPC, Addrtype: typ, Scope: scope}
	b := raw(&r, unix.SizeofSockaddrTIPC)
	copy(b[4:], unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), 4*len(words)))
	return b
}

// FuzzAddr decodes whatever a kernel or a peer may call an address.
func FuzzAddr(f *testing.F) {
	for _, family := range []uint8{0, 1, 2, 10, 16, 17, 30, 31, 40, 99} {
		for _, n := range []int{0, 1, 6, 10, 18, 30} {
			f.Add(append([]byte{family, 0}, make([]byte, n)...), n%4)
		}
	}
	m := facade.New(facade.Config{})
	f.Cleanup(func() { m.Close() })
	f.Fuzz(func(t *testing.T, b []byte, proto int) {
		sa, ok := endpoint.SockaddrFromBytes(b)
		if !ok {
			return
		}
		a := facade.AddrOf(m, sa, proto)
		if a == nil {
			t.Fatal("no address")
		}
		_ = a.String()
		again, err := facade.SockaddrOf(m, a, proto)
		if err != nil {
			return // an interface that there is not, say
		}
		if facade.AddrOf(m, again, proto) != a {
			t.Errorf("%x is %#v, which comes back as %#v", b, a, facade.AddrOf(m, again, proto))
		}
	})
}
