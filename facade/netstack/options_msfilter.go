package netstack

import (
	"encoding/binary"
	"net/netip"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// filter is a whole filter of a membership: IP_MSFILTER and MCAST_MSFILTER.
type filter struct {
	groupRequest
	mode    int
	sources []netip.Addr
}

// setFilter4 takes struct ip_msfilter: group, address of the link, mode, number of
// sources, sources.
func setFilter4(e *Endpoint, c *core, v []byte) endpoint.Errno {
	if len(v) < sizeofMSFilter {
		return endpoint.EINVAL
	}
	n := binary.NativeEndian.Uint32(v[12:])
	if n > maxSources4 {
		return endpoint.ENOBUFS
	}
	if sizeofMSFilter+int(n)*sizeofInAddr > len(v) {
		return endpoint.EINVAL
	}
	f := filter{groupRequest: groupRequest{group: netip.AddrFrom4([4]byte(v)), address: netip.AddrFrom4([4]byte(v[4:]))}}
	f.mode = int(binary.NativeEndian.Uint32(v[8:]))
	for i := range int(n) {
		f.sources = append(f.sources, netip.AddrFrom4([4]byte(v[sizeofMSFilter+i*sizeofInAddr:])))
	}
	return e.setFilter(c, f)
}

// setGroupFilter takes struct group_filter: interface index, group, mode, number of
// sources, sources.
func setGroupFilter(family int) func(*Endpoint, *core, []byte) endpoint.Errno {
	return func(e *Endpoint, c *core, v []byte) endpoint.Errno {
		if len(v) < sizeofGroupFilter {
			return endpoint.EINVAL
		}
		n := binary.NativeEndian.Uint32(v[sizeofGroupFilter-4:])
		if n > uint32(maxSources(family == endpoint.AF_INET)) {
			return endpoint.ENOBUFS
		}
		if sizeofGroupFilter+int(n)*endpoint.SizeofSockaddrStorage > len(v) {
			return endpoint.EINVAL
		}
		group, ok := storage(v[8:], family)
		if !ok {
			return endpoint.EADDRNOTAVAIL
		}
		f := filter{groupRequest: groupRequest{
			group: group, link: int(int32(binary.NativeEndian.Uint32(v))), address: netip.IPv4Unspecified(),
		}}
		f.mode = int(binary.NativeEndian.Uint32(v[sizeofGroupFilter-8:]))
		for i := range int(n) {
			source, ok := storage(v[sizeofGroupFilter+i*endpoint.SizeofSockaddrStorage:], family)
			if !ok {
				return endpoint.EADDRNOTAVAIL
			}
			f.sources = append(f.sources, source)
		}
		return e.setFilter(c, f)
	}
}

// setFilter is ip_mc_msfilter and ip6_mc_msfilter.
func (e *Endpoint) setFilter(c *core, f filter) endpoint.Errno {
	if !isGroupAddress(f.group) || f.mode != endpoint.MCAST_INCLUDE && f.mode != endpoint.MCAST_EXCLUDE {
		return endpoint.EINVAL
	}
	return e.changeGroups(c, func(g *groups) endpoint.Errno {
		link := e.p.linkForGroup(f.group, f.link, f.address)
		if link == 0 {
			return endpoint.ENODEV
		}
		if f.mode == endpoint.MCAST_INCLUDE && len(f.sources) == 0 {
			return e.leave(c, g, &f.groupRequest)
		}
		m := g.exactly(&f.groupRequest, link)
		if m == nil {
			return endpoint.EINVAL
		}
		m.mode, m.sources = f.mode, f.sources
		return 0
	})
}

// exactly finds a membership by the link of an IPv4 request, and by just the index
// that an IPv6 request names, so that 0 finds none (ip6_mc_msfilter).
func (g *groups) exactly(r *groupRequest, link int) *membership {
	if r.group.Is6() {
		link = r.link
	}
	if link == 0 {
		return nil
	}
	return g.find(r.group, link)
}

// getFilter4 is ip_mc_msfget: v names the group and has room for so many sources.
func getFilter4(e *Endpoint, _ *core, v []byte) (n int, errno endpoint.Errno) {
	if len(v) < sizeofMSFilter {
		return 0, endpoint.EINVAL
	}
	r := groupRequest{group: netip.AddrFrom4([4]byte(v)), address: netip.AddrFrom4([4]byte(v[4:]))}
	if !isGroupAddress(r.group) {
		return 0, endpoint.EINVAL
	}
	link := e.p.linkForGroup(r.group, 0, r.address)
	if link == 0 {
		return 0, endpoint.ENODEV
	}
	e.readGroups(func(g *groups) {
		m := g.find(r.group, link)
		if m == nil {
			errno = endpoint.EADDRNOTAVAIL
			return
		}
		n = m.encode(v, 8, sizeofMSFilter, sizeofInAddr)
	})
	return n, errno
}

// getGroupFilter is ip_mc_gsfget and ip6_mc_msfget.
func getGroupFilter(family int) func(*Endpoint, *core, []byte) (int, endpoint.Errno) {
	return func(e *Endpoint, _ *core, v []byte) (n int, errno endpoint.Errno) {
		if len(v) < sizeofGroupFilter {
			return 0, endpoint.EINVAL
		}
		group, ok := storage(v[8:], family)
		if !ok && family == endpoint.AF_INET6 {
			return 0, endpoint.EADDRNOTAVAIL
		}
		if !ok || !isGroupAddress(group) {
			return 0, endpoint.EINVAL
		}
		link := int(int32(binary.NativeEndian.Uint32(v)))
		e.readGroups(func(g *groups) {
			m := g.exactly(&groupRequest{group: group, link: link}, link)
			if m == nil {
				errno = endpoint.EADDRNOTAVAIL
				return
			}
			n = m.encode(v, sizeofGroupFilter-8, sizeofGroupFilter, endpoint.SizeofSockaddrStorage)
		})
		return n, errno
	}
}

// encode writes mode and number of sources at an offset of v, and from list on as
// many sources as v has asked for in the number's place, and has room for. It
// returns the length of all.
func (m *membership) encode(v []byte, at, list, size int) int {
	room := min(uint64(binary.NativeEndian.Uint32(v[at+4:])), uint64(len(v)-list)/uint64(size))
	n := min(len(m.sources), int(room))
	binary.NativeEndian.PutUint32(v[at:], uint32(m.mode))
	binary.NativeEndian.PutUint32(v[at+4:], uint32(len(m.sources)))
	for i, source := range m.sources[:n] {
		to := v[list+i*size:][:size]
		if size == sizeofInAddr {
			copy(to, source.AsSlice())
			continue
		}
		clear(to)
		sa := endpoint.SockaddrInet6(source, 0, 0, 0)
		if source.Is4() {
			sa = endpoint.SockaddrInet4(source, 0)
		}
		copy(to, sa.Bytes())
	}
	return list + n*size
}
