package facade

import (
	"encoding/binary"
	"fmt"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// NetlinkAddr is the reference's pair (pid, groups) of AF_NETLINK: see
// netlink(7).
type NetlinkAddr struct {
	// PID is the port; 0 is the kernel, or a free one in a Bind.
	PID uint32
	// Groups is a mask of multicast groups.
	Groups uint32
}

// TIPCAddr is the reference's tuple (addr_type, v1, v2, v3, scope) of AF_TIPC.
type TIPCAddr struct {
	// Type is TIPC_ADDR_NAMESEQ, TIPC_ADDR_NAME or TIPC_ADDR_ID.
	Type int
	// V1, V2 and V3 are the service type, lower and upper instance of a
	// NAMESEQ; the service type, instance and 0 of a NAME; or the node,
	// reference and 0 of an ID.
	V1, V2, V3 uint32
	// Scope is TIPC_ZONE_SCOPE, TIPC_CLUSTER_SCOPE or TIPC_NODE_SCOPE. It is
	// negative in a Bind that unbinds.
	Scope int
}

// VsockAddr is the pair (CID, port) of AF_VSOCK: see vsock(7).
type VsockAddr struct{ CID, Port uint32 }

var (
	_ Addr = NetlinkAddr{}
	_ Addr = TIPCAddr{}
	_ Addr = VsockAddr{}
)

// Family returns AF_NETLINK.
func (NetlinkAddr) Family() Family { return AF_NETLINK }

// Network returns "netlink".
func (NetlinkAddr) Network() string { return "netlink" }

// String returns "pid groups 0x1".
func (a NetlinkAddr) String() string { return fmt.Sprintf("%d groups %#x", a.PID, a.Groups) }

// sizeofSockaddrNL is that of sockaddr_nl.
const sizeofSockaddrNL = 12

func (a NetlinkAddr) sockaddr(call) (endpoint.Sockaddr, error) {
	raw := appendFamily(make([]byte, 0, sizeofSockaddrNL), AF_NETLINK)
	raw = append(raw, 0, 0)
	raw = binary.NativeEndian.AppendUint32(raw, a.PID)
	raw = binary.NativeEndian.AppendUint32(raw, a.Groups)
	sa, _ := endpoint.SockaddrFromBytes(raw)
	return sa, nil
}

func decodeNetlink(_ *traffic, sa endpoint.Sockaddr) (Addr, bool) {
	raw := sa.Bytes()
	if len(raw) < sizeofSockaddrNL {
		return nil, false
	}
	return NetlinkAddr{
		PID: binary.NativeEndian.Uint32(raw[4:]), Groups: binary.NativeEndian.Uint32(raw[8:]),
	}, true
}

// Family returns AF_TIPC.
func (TIPCAddr) Family() Family { return AF_TIPC }

// Network returns "tipc".
func (TIPCAddr) Network() string { return "tipc" }

// String returns "{type v1 v2 v3 scope}".
func (a TIPCAddr) String() string {
	return fmt.Sprintf("{%d %d %d %d %d}", a.Type, a.V1, a.V2, a.V3, a.Scope)
}

// sizeofSockaddrTIPC is that of sockaddr_tipc.
const sizeofSockaddrTIPC = 16

func (a TIPCAddr) sockaddr(c call) (endpoint.Sockaddr, error) {
	values := [3]uint32{a.V1, a.V2, a.V3}
	switch {
	case a.Type < TIPC_ADDR_NAMESEQ || a.Type > TIPC_ADDR_ID:
		return endpoint.Sockaddr{}, c.refuse("addr_type is none of TIPC_ADDR_NAMESEQ, TIPC_ADDR_NAME, TIPC_ADDR_ID")
	case a.Scope < -128 || a.Scope > 127:
		return endpoint.Sockaddr{}, c.refuse("scope does not fit in 8 bits")
	case a.Type == TIPC_ADDR_ID:
		values = [3]uint32{a.V2, a.V1, 0} // struct tipc_socket_addr is reference, node
	}
	raw := appendFamily(make([]byte, 0, sizeofSockaddrTIPC), AF_TIPC)
	raw = append(raw, byte(a.Type), byte(int8(a.Scope)))
	for _, v := range values {
		raw = binary.NativeEndian.AppendUint32(raw, v)
	}
	sa, _ := endpoint.SockaddrFromBytes(raw)
	return sa, nil
}

func decodeTIPC(_ *traffic, sa endpoint.Sockaddr) (Addr, bool) {
	raw := sa.Bytes()
	if len(raw) < sizeofSockaddrTIPC {
		return nil, false
	}
	word := func(i int) uint32 { return binary.NativeEndian.Uint32(raw[4+4*i:]) }
	a := TIPCAddr{Type: int(raw[2]), V1: word(0), V2: word(1), V3: word(2), Scope: int(int8(raw[3]))}
	switch a.Type {
	case TIPC_ADDR_NAMESEQ, TIPC_ADDR_NAME:
		return a, true
	case TIPC_ADDR_ID:
		a.V1, a.V2, a.V3 = a.V2, a.V1, 0
		return a, true
	}
	return nil, false
}

// Family returns AF_VSOCK.
func (VsockAddr) Family() Family { return AF_VSOCK }

// Network returns "vsock".
func (VsockAddr) Network() string { return "vsock" }

// String returns "cid:port".
func (a VsockAddr) String() string { return fmt.Sprintf("%d:%d", a.CID, a.Port) }

// sizeofSockaddrVM is that of sockaddr_vm.
const sizeofSockaddrVM = 16

func (a VsockAddr) sockaddr(call) (endpoint.Sockaddr, error) {
	raw := appendFamily(make([]byte, 0, sizeofSockaddrVM), AF_VSOCK)
	raw = append(raw, 0, 0)
	raw = binary.NativeEndian.AppendUint32(raw, a.Port)
	raw = binary.NativeEndian.AppendUint32(raw, a.CID)
	raw = append(raw, 0, 0, 0, 0)
	sa, _ := endpoint.SockaddrFromBytes(raw)
	return sa, nil
}

func decodeVsock(_ *traffic, sa endpoint.Sockaddr) (Addr, bool) {
	raw := sa.Bytes()
	if len(raw) < sizeofSockaddrVM {
		return nil, false
	}
	return VsockAddr{Port: binary.NativeEndian.Uint32(raw[4:]), CID: binary.NativeEndian.Uint32(raw[8:])}, true
}

// appendFamily appends the two bytes that every address begins with.
func appendFamily(b []byte, f Family) []byte {
	return binary.NativeEndian.AppendUint16(b, uint16(f))
}
