package stack

import gstack "gvisor.dev/gvisor/pkg/tcpip/stack"

// Netstack hands the gVisor stack to tests, which speak through gonet.
func (s *Stack) Netstack() *gstack.Stack { return s.gs }
