package stack

import gstack "gvisor.dev/gvisor/pkg/tcpip/stack"

// Netstack hands the gVisor stack to tests, which speak through gonet.
func (s *Stack) Netstack() *gstack.Stack { return s.gs }

// ZeroWindows hands what is tested packet by packet to tests.
type ZeroWindows = zeroWindows

func (z *zeroWindows) Sent(pkt *gstack.PacketBuffer)     { z.sent(pkt) }
func (z *zeroWindows) Received(pkt *gstack.PacketBuffer) { z.received(pkt) }
func (z *zeroWindows) Evicted() uint64                   { return z.evicted.Load() }
func (z *zeroWindows) Rewritten() uint64                 { return z.rewritten.Load() }
