package facade

import (
	"net"
	"net/netip"
	"syscall"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// UDPConn is a datagram socket as package net shows it, with what users of
// *net.UDPConn look for.
type UDPConn struct{ netConn }

var (
	_ net.Conn       = (*UDPConn)(nil)
	_ net.PacketConn = (*UDPConn)(nil)
)

func (c *UDPConn) okUDP() bool { return c.common().ok() }

// ReadFrom implements net.PacketConn; the address is a *net.UDPAddr. What does
// not fit in b is lost.
func (c *UDPConn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, addr, err := c.ReadFromUDP(b)
	if addr == nil {
		return n, nil, err
	}
	return n, addr, err
}

// ReadFromUDP is ReadFrom with the type that it returns.
func (c *UDPConn) ReadFromUDP(b []byte) (int, *net.UDPAddr, error) {
	n, from, err := c.readFrom(b)
	if err != nil || from.IsZero() {
		return n, nil, err
	}
	addr, _ := c.e.m.netAddr(false, from).(*net.UDPAddr)
	return n, addr, nil
}

// ReadFromUDPAddrPort is ReadFrom without allocation.
func (c *UDPConn) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	n, from, err := c.readFrom(b)
	if err != nil {
		return n, netip.AddrPort{}, err
	}
	return n, c.e.m.addrPort(from), nil
}

func (c *UDPConn) readFrom(b []byte) (int, endpoint.Sockaddr, error) {
	if !c.okUDP() {
		return 0, noAddr, invalid
	}
	var from endpoint.Sockaddr
	n, r := c.e.recv(b, 0, &from, connStyle)
	if !r.ok() {
		return 0, noAddr, opError("read", c.network, c.local, c.remote, "recvfrom", r)
	}
	return n, from, nil
}

// ReadMsgUDPAddrPort wraps recvmsg(2): flags are those that come out, such as
// MSG_TRUNC.
func (c *UDPConn) ReadMsgUDPAddrPort(b, oob []byte) (n, oobn, flags int, addr netip.AddrPort, err error) {
	if !c.okUDP() {
		return 0, 0, 0, netip.AddrPort{}, invalid
	}
	o := newOp(c.e, opRecv)
	defer o.free()
	o.buffer(b, 0)
	o.msg.NeedAddr, o.msg.Control = true, oob
	c.e.rd.await(o, connStyle)
	c.e.settle()
	if r := o.result(); !r.ok() {
		return 0, 0, 0, netip.AddrPort{}, opError("read", c.network, c.local, c.remote, "recvmsg", r)
	}
	return o.n, len(o.msg.Control), o.msg.Flags, c.e.m.addrPort(o.msg.Addr), nil
}

// WriteTo implements net.PacketConn. The address is a *net.UDPAddr, or anything
// whose String is a numeric address and port; others are EINVAL.
func (c *UDPConn) WriteTo(b []byte, addr net.Addr) (int, error) {
	if !c.okUDP() {
		return 0, invalid
	}
	switch a := addr.(type) {
	case *net.UDPAddr:
		return c.WriteToUDP(b, a)
	case nil:
		return 0, c.refuse(nil, syscall.EINVAL)
	}
	ap, err := parseHostPort(addr.String())
	if err != nil {
		return 0, c.refuse(addr, syscall.EINVAL)
	}
	return c.writeTo(b, addr, ap)
}

// WriteToUDP is WriteTo for the address that it needs.
func (c *UDPConn) WriteToUDP(b []byte, addr *net.UDPAddr) (int, error) {
	if !c.okUDP() {
		return 0, invalid
	}
	if addr == nil {
		return 0, c.refuse(nil, syscall.EINVAL)
	}
	if n := len(addr.IP); addr.Port < 0 || addr.Port > 65535 || n != 0 && n != net.IPv4len && n != net.IPv6len {
		return 0, c.refuse(addr, syscall.EINVAL)
	}
	return c.writeTo(b, addr, addr.AddrPort())
}

// WriteToUDPAddrPort is WriteTo without allocation.
func (c *UDPConn) WriteToUDPAddrPort(b []byte, addr netip.AddrPort) (int, error) {
	if !c.okUDP() {
		return 0, invalid
	}
	return c.writeTo(b, nil, addr)
}

// writeTo sends; for is the address for an error, made from ap when nil.
func (c *UDPConn) writeTo(b []byte, addr net.Addr, ap netip.AddrPort) (int, error) {
	var r result
	n := 0
	if c.remote != nil {
		return 0, c.refuse(addr, net.ErrWriteToConnected)
	}
	to, ok := c.e.m.sockaddrOf(c.e.family, ap)
	if !ok {
		r = result{errno: endpoint.EAFNOSUPPORT}
	} else {
		n, r = c.e.send(b, 0, to, connStyle)
	}
	if r.ok() {
		return n, nil
	}
	if addr == nil {
		addr = net.UDPAddrFromAddrPort(ap)
	}
	return n, opError("write", c.network, c.local, addr, "sendto", r)
}

func (c *UDPConn) refuse(addr net.Addr, err error) error {
	return &net.OpError{Op: "write", Net: c.network, Source: c.local, Addr: addr, Err: err}
}
