package netstack

import (
	"encoding/binary"
	"net"
	"net/netip"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/stack"
)

// ifreq is struct ifreq of netdevice(7): a name of 16 bytes, then a union of 24.
type ifreq []byte

func (r ifreq) name() string { return cString(r[:endpoint.IFNAMSIZ]) }

// data is the union, blank for the answer.
func (r ifreq) data() []byte {
	d := r[endpoint.IFNAMSIZ:endpoint.SizeofIfreq]
	clear(d)
	return d
}

func (r ifreq) setName(name string) {
	clear(r[:endpoint.IFNAMSIZ])
	copy(r[:endpoint.IFNAMSIZ-1], name)
}

func (r ifreq) setInt(v int) { binary.NativeEndian.PutUint32(r.data(), uint32(int32(v))) }

// setAddr answers with a sockaddr_in.
func (r ifreq) setAddr(a netip.Addr) {
	sa := endpoint.SockaddrInet4(a, 0)
	copy(r.data(), sa.Bytes())
}

// ifGetters answer about the link that an ifreq names.
var ifGetters = map[uint]func(*stack.Link, ifreq){
	endpoint.SIOCGIFINDEX:  func(l *stack.Link, r ifreq) { r.setInt(l.Index) },
	endpoint.SIOCGIFMTU:    func(l *stack.Link, r ifreq) { r.setInt(l.MTU) },
	endpoint.SIOCGIFMETRIC: func(_ *stack.Link, r ifreq) { r.setInt(0) }, // as on Linux
	endpoint.SIOCGIFTXQLEN: func(_ *stack.Link, r ifreq) { r.setInt(txQueueLen) },
	endpoint.SIOCGIFMAP:    func(_ *stack.Link, r ifreq) { r.data() },
	endpoint.SIOCGIFFLAGS: func(l *stack.Link, r ifreq) {
		binary.NativeEndian.PutUint16(r.data(), linkFlags(l))
	},
	endpoint.SIOCGIFHWADDR: func(l *stack.Link, r ifreq) {
		d := r.data()
		binary.NativeEndian.PutUint16(d, hardwareType(l))
		copy(d[2:], hardwareAddress(l))
	},
}

// txQueueLen is what SIOCGIFTXQLEN answers: no queue but the link's own, which
// says nothing of its length.
const txQueueLen = 0

// flagBits are the kernel's bits for the flags of a link.
var flagBits = map[net.Flags]uint16{
	net.FlagUp:           endpoint.IFF_UP,
	net.FlagRunning:      endpoint.IFF_RUNNING,
	net.FlagBroadcast:    endpoint.IFF_BROADCAST,
	net.FlagLoopback:     endpoint.IFF_LOOPBACK,
	net.FlagPointToPoint: endpoint.IFF_POINTOPOINT | endpoint.IFF_NOARP,
	net.FlagMulticast:    endpoint.IFF_MULTICAST,
}

func linkFlags(l *stack.Link) uint16 {
	var bits uint16
	for flag, bit := range flagBits {
		if l.Flags&flag != 0 {
			bits |= bit
		}
	}
	return bits
}

// ifAddresses answer about the first IPv4 address of a link.
var ifAddresses = map[uint]func(netip.Prefix, *stack.Link) netip.Addr{
	endpoint.SIOCGIFADDR:    func(p netip.Prefix, _ *stack.Link) netip.Addr { return p.Addr() },
	endpoint.SIOCGIFDSTADDR: func(p netip.Prefix, _ *stack.Link) netip.Addr { return p.Addr() },
	endpoint.SIOCGIFNETMASK: func(p netip.Prefix, _ *stack.Link) netip.Addr { return netmask(p) },
	endpoint.SIOCGIFBRDADDR: broadcast,
}

func netmask(p netip.Prefix) netip.Addr {
	var a [4]byte
	copy(a[:], net.CIDRMask(p.Bits(), 32))
	return netip.AddrFrom4(a)
}

// broadcast is the last address of a link's prefix: none on a loopback, nor of a
// prefix that is too short for one (RFC 3021).
func broadcast(p netip.Prefix, l *stack.Link) netip.Addr {
	if l.Loopback || p.Bits() > 30 {
		return netip.IPv4Unspecified()
	}
	return lastAddress(p)
}

// ifSetters are the requests that would change a link. A socket may not: the
// stack belongs to the program, which has its methods.
var ifSetters = map[uint]bool{
	endpoint.SIOCSIFFLAGS: true, endpoint.SIOCSIFADDR: true, endpoint.SIOCSIFDSTADDR: true,
	endpoint.SIOCSIFBRDADDR: true, endpoint.SIOCSIFNETMASK: true, endpoint.SIOCSIFMETRIC: true,
	endpoint.SIOCSIFMTU: true, endpoint.SIOCSIFNAME: true, endpoint.SIOCSIFHWADDR: true,
	endpoint.SIOCSIFTXQLEN: true, endpoint.SIOCSIFMAP: true,
}

// ifIoctl answers the requests about links.
func (e *Endpoint) ifIoctl(req uint, arg []byte) endpoint.Errno {
	if req == endpoint.SIOCGIFCONF {
		return e.ifConf(arg)
	}
	getter, isGetter := ifGetters[req]
	address, isAddress := ifAddresses[req]
	switch {
	case isAddress && e.family == endpoint.AF_INET6:
		return endpoint.ENOTTY // inet6_ioctl has none of them
	case !isGetter && !isAddress && !ifSetters[req] && req != endpoint.SIOCGIFNAME:
		return endpoint.ENOTTY
	case len(arg) < endpoint.SizeofIfreq:
		return endpoint.EINVAL
	case ifSetters[req]:
		return endpoint.EPERM
	}
	r := ifreq(arg)
	if req == endpoint.SIOCGIFNAME {
		link, err := e.p.stack.LinkByIndex(int(int32(binary.NativeEndian.Uint32(r[endpoint.IFNAMSIZ:]))))
		if err != nil {
			return endpoint.ENODEV
		}
		r.setName(link.Name)
		return 0
	}
	link, err := e.p.stack.LinkByName(r.name())
	if err != nil {
		return endpoint.ENODEV
	}
	if isGetter {
		getter(&link, r)
		return 0
	}
	prefixes := e.addresses(link.Index)
	if len(prefixes) == 0 {
		return endpoint.EADDRNOTAVAIL
	}
	r.setAddr(address(prefixes[0], &link))
	return 0
}

// addresses are the IPv4 addresses of a link.
func (e *Endpoint) addresses(link int) []netip.Prefix {
	var all []netip.Prefix
	for _, a := range e.p.stack.Addresses() {
		if a.Link == link && a.Prefix.Addr().Is4() {
			all = append(all, a.Prefix)
		}
	}
	return all
}

// struct ifconf of netdevice(7) is an int, the length in bytes of a buffer, and
// at 8 a pointer to it.
const (
	sizeofIfconf     = 16
	offsetofIfconfTo = 8
)

// ifConf is SIOCGIFCONF: an ifreq with name and address for each IPv4 address.
// The contract has no pointers, so the buffer is in arg itself: what the kernel
// takes for a pointer is its offset there, of 16 at least. 0 is the null pointer,
// which only asks for the length. Whole entries are written, and the length set
// to what they take.
func (e *Endpoint) ifConf(arg []byte) endpoint.Errno {
	if len(arg) < sizeofIfconf {
		return endpoint.EINVAL
	}
	length := int(int32(binary.NativeEndian.Uint32(arg)))
	offset := binary.NativeEndian.Uint64(arg[offsetofIfconfTo:])
	var area []byte
	if offset != 0 {
		if offset < sizeofIfconf || offset > uint64(len(arg)) || length < 0 || length > len(arg)-int(offset) {
			return endpoint.EFAULT
		}
		area = arg[offset:][:length]
	}
	used := 0
	for _, l := range e.p.stack.Links() {
		for _, p := range e.addresses(l.Index) {
			if offset != 0 && used+endpoint.SizeofIfreq > len(area) {
				break
			}
			if offset != 0 {
				r := ifreq(area[used:][:endpoint.SizeofIfreq])
				r.setName(l.Name)
				r.setAddr(p.Addr())
			}
			used += endpoint.SizeofIfreq
		}
	}
	binary.NativeEndian.PutUint32(arg, uint32(used))
	return 0
}
