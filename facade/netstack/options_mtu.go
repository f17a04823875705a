package netstack

import (
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// mtuStrategies are gVisor's strategies by the values of IP_MTU_DISCOVER. All that
// they decide is the bit that forbids routers to fragment: gVisor takes no path
// MTU from ICMP for datagrams, so that INTERFACE and OMIT, which ignore it, are
// what DONT is, and it fragments locally even where Linux answers EMSGSIZE.
var mtuStrategies = [...]tcpip.PMTUDStrategy{
	endpoint.IP_PMTUDISC_DONT:      tcpip.PMTUDiscoveryDont,
	endpoint.IP_PMTUDISC_WANT:      tcpip.PMTUDiscoveryWant,
	endpoint.IP_PMTUDISC_DO:        tcpip.PMTUDiscoveryDo,
	endpoint.IP_PMTUDISC_PROBE:     tcpip.PMTUDiscoveryProbe,
	endpoint.IP_PMTUDISC_INTERFACE: tcpip.PMTUDiscoveryDont,
	endpoint.IP_PMTUDISC_OMIT:      tcpip.PMTUDiscoveryDont,
}

// mtuDiscover is IP_MTU_DISCOVER.
var mtuDiscover = kept{
	name:  endpoint.IP_MTU_DISCOVER,
	fresh: endpoint.IP_PMTUDISC_WANT,
	accept: func(_ *Endpoint, c *core, value int) (int, endpoint.Errno) {
		if value < 0 || value >= len(mtuStrategies) {
			return 0, endpoint.EINVAL
		}
		return value, toErrno(c.SetSockOptInt(tcpip.MTUDiscoverOption, int(mtuStrategies[value])))
	},
}.option(optionKey{endpoint.IPPROTO_IP, endpoint.IP_MTU_DISCOVER})

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
	peer, err := c.GetRemoteAddress()
	if err != nil {
		return 0, endpoint.ENOTCONN
	}
	index := int(peer.NIC)
	if index == 0 {
		index = e.localLink(c)
	}
	link, lost := e.p.stack.LinkByIndex(index)
	if lost != nil {
		return 0, endpoint.ENOTCONN // the link was removed, and its routes with it
	}
	return link.MTU, 0
}

// localLink is the link that has the socket's own address: gVisor tells the link of
// a stream only if its address named one. 0 if there is none.
func (e *Endpoint) localLink(c *core) int {
	local, err := c.GetLocalAddress()
	if err != nil {
		return 0
	}
	addr, _ := netip.AddrFromSlice(local.Addr.AsSlice())
	for _, a := range e.p.stack.Addresses() {
		if a.Prefix.Addr() == addr || a.Prefix.Addr().IsLoopback() && a.Prefix.Contains(addr) {
			return a.Link
		}
	}
	return 0
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
