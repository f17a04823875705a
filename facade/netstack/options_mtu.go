package netstack

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// mtuStrategies are gVisor's strategies by the values of IP_MTU_DISCOVER. All that
// they decide is the bit that forbids routers to fragment: gVisor takes no path
// MTU from ICMP for datagrams, so that INTERFACE and OMIT, which ignore it, are
// what DONT is.
var mtuStrategies = [...]tcpip.PMTUDStrategy{
	endpoint.IP_PMTUDISC_DONT:      tcpip.PMTUDiscoveryDont,
	endpoint.IP_PMTUDISC_WANT:      tcpip.PMTUDiscoveryWant,
	endpoint.IP_PMTUDISC_DO:        tcpip.PMTUDiscoveryDo,
	endpoint.IP_PMTUDISC_PROBE:     tcpip.PMTUDiscoveryProbe,
	endpoint.IP_PMTUDISC_INTERFACE: tcpip.PMTUDiscoveryDont,
	endpoint.IP_PMTUDISC_OMIT:      tcpip.PMTUDiscoveryDont,
}

// neverFragment are the values under which a datagram that is longer than the MTU
// is EMSGSIZE (ip_sk_ignore_df, ip6_sk_ignore_df of the kernel).
var neverFragment = [len(mtuStrategies)]bool{
	endpoint.IP_PMTUDISC_DO:        true,
	endpoint.IP_PMTUDISC_PROBE:     true,
	endpoint.IP_PMTUDISC_INTERFACE: true,
}

// What forbids to fragment datagrams, as bits of Endpoint.whole.
const (
	wholeIPv4 = 1 << iota
	wholeIPv6
	wholeDontFrag // IPV6_DONTFRAG
)

// keepWhole sets or clears a bit of Endpoint.whole.
func (e *Endpoint) keepWhole(bit uint32, on bool) {
	if on {
		e.whole.Or(bit)
	} else {
		e.whole.And(^bit)
	}
}

// mtuDiscover is IP_MTU_DISCOVER.
func mtuDiscover(e *Endpoint, c *core, value int) (int, endpoint.Errno) {
	if value < 0 || value >= len(mtuStrategies) {
		return 0, endpoint.EINVAL
	}
	e.keepWhole(wholeIPv4, neverFragment[value])
	return value, toErrno(c.SetSockOptInt(tcpip.MTUDiscoverOption, int(mtuStrategies[value])))
}

// mtuDiscover6 is IPV6_MTU_DISCOVER: no router fragments IPv6.
func mtuDiscover6(e *Endpoint, _ *core, value int) (int, endpoint.Errno) {
	if value < 0 || value >= len(mtuStrategies) {
		return 0, endpoint.EINVAL
	}
	e.keepWhole(wholeIPv6, neverFragment[value])
	return value, 0
}

// dontFragment is IPV6_DONTFRAG.
func dontFragment(e *Endpoint, _ *core, value int) (int, endpoint.Errno) {
	e.keepWhole(wholeDontFrag, value != 0)
	return boolInt(value != 0), 0
}

// tooLong tells of a datagram that is to stay whole and does not fit the link
// towards its destination; gVisor fragments whatever the socket asks for.
func (e *Endpoint) tooLong(c *core, p *payload) bool {
	whole := e.whole.Load()
	if whole == 0 {
		return false
	}
	to := p.to
	if to.Addr.Len() == 0 {
		if to = c.peer(); to.Addr.Len() == 0 {
			return false // the send tells
		}
	}
	headers, bits := header.IPv6MinimumSize, uint32(wholeIPv6|wholeDontFrag)
	if isIPv4(to.Addr) {
		headers, bits = header.IPv4MinimumSize, wholeIPv4
	}
	switch {
	case whole&bits == 0:
		return false
	case e.isUDP():
		headers += header.UDPMinimumSize
	case c.SocketOptions().GetHeaderIncluded():
		headers = 0
	}
	if to.NIC == 0 {
		to.NIC = tcpip.NICID(c.SocketOptions().GetBindToDevice())
	}
	mtu := e.p.mtuToward(to)
	return mtu != 0 && headers+p.size > mtu
}

// mtuToward is the MTU of the link by which packets to an address leave, 0 if none
// does. As on Linux, what is for the host itself goes by the loopback.
func (p *Provider) mtuToward(to tcpip.FullAddress) int {
	index := int(to.NIC)
	if index == 0 {
		addr := fromAddress(to.Addr).Unmap()
		if p.isLocal(addr, 0) {
			index = loopbackIndex
		} else if from, err := p.stack.SourceFor(addr); err == nil {
			index = p.linkOf(from, 0)
		}
	}
	link, err := p.stack.LinkByIndex(index)
	if err != nil {
		return 0
	}
	if isIPv4(to.Addr) {
		return min(link.MTU, maxIPPacket) // IP_MAX_MTU of the kernel
	}
	return link.MTU
}

// loopbackIndex is that of lo on every stack that has it.
const loopbackIndex = 1

// getMTU is IP_MTU and IPV6_MTU of a connected socket.
func getMTU(e *Endpoint, c *core, v []byte) (int, endpoint.Errno) {
	mtu, errno := e.linkMTU(c)
	if errno != 0 {
		return 0, errno
	}
	return getInt(v, mtu)
}

// linkMTU is the MTU of the link towards the peer. gVisor keeps none of the path.
func (e *Endpoint) linkMTU(c *core) (int, endpoint.Errno) {
	peer := c.peer()
	if peer.Addr.Len() == 0 {
		return 0, endpoint.ENOTCONN
	}
	mtu := e.p.mtuToward(peer)
	if mtu == 0 {
		return 0, endpoint.ENOTCONN // the link was removed, and its routes with it
	}
	return mtu, 0
}

// setFragmentSize takes the size of fragments of IPV6_MTU, 0 for the default. The
// stack cuts them to the MTU of the link.
func setFragmentSize(_ *Endpoint, _ *core, v []byte) endpoint.Errno {
	size, errno := setInt(v)
	if errno != 0 {
		return errno
	}
	if size != 0 && size < header.IPv6MinimumMTU {
		return endpoint.EINVAL
	}
	return 0
}
