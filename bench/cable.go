package bench

import (
	"errors"
	"net"
	"net/netip"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

// cableNetwork is two hosts on a cable: one dials, the other listens.
type cableNetwork struct {
	stacks  [2]*stack.Stack
	modules [2]*facade.Module
	packets int
}

// cableAddresses are those of the two ends.
var cableAddresses = [2]string{"10.0.0.1", "10.0.0.2"}

func newCable(mtu int) (Network, error) {
	n := &cableNetwork{}
	a, b := link.NewCable(link.CableConfig{MTU: mtu})
	for i, end := range []*link.CableEnd{a, b} {
		address := netip.PrefixFrom(netip.MustParseAddr(cableAddresses[i]), 24)
		s, err := stack.New(stack.Config{Links: []stack.LinkConfig{{Endpoint: end, Addresses: []netip.Prefix{address}}}})
		if err != nil {
			return nil, errors.Join(err, n.Close())
		}
		n.stacks[i], n.modules[i] = s, facade.New(facade.Config{Stack: s})
	}
	return n, nil
}

func (n *cableNetwork) Listen() (net.Listener, error) {
	return n.modules[1].Listen("tcp", cableAddresses[1]+":0")
}

func (n *cableNetwork) Dial(address string) (net.Conn, error) {
	return n.modules[0].Dial("tcp", address)
}

// ListenPacket takes the two ends in turn.
func (n *cableNetwork) ListenPacket() (net.PacketConn, error) {
	end := n.packets % 2
	n.packets++
	return n.modules[end].ListenPacket("udp", cableAddresses[end]+":0")
}

func (n *cableNetwork) Close() error {
	var err error
	for i, s := range n.stacks {
		if s != nil {
			err = errors.Join(err, n.modules[i].Close(), s.Close())
		}
	}
	return err
}
