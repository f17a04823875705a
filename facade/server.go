package facade

// ServerConfig sets up CreateServer. The zero value is a server as create_server
// of the reference implementation makes it.
type ServerConfig struct {
	// Backlog of Listen. 0 is SOMAXCONN.
	Backlog int
	// ReusePort sets SO_REUSEPORT.
	ReusePort bool
	// DualStack has an AF_INET6 server take IPv4 connections too. Other families
	// refuse it.
	DualStack bool
}

// CreateServer makes a SOCK_STREAM socket of address's family that is bound to it
// and listens, with SO_REUSEADDR. An AF_INET6 server is IPV6_V6ONLY unless
// DualStack.
func (m *Module) CreateServer(address Addr, c ServerConfig) (*Socket, error) {
	const op = "create_server"
	if isNil(address) {
		return nil, badArgument(op, "address is nil")
	}
	family := address.Family()
	if c.DualStack && family != AF_INET6 {
		return nil, badArgument(op, "dual-stack wants an AF_INET6 address")
	}
	s, err := m.Socket(family, SOCK_STREAM, 0)
	if err != nil {
		return nil, err
	}
	if err := s.serve(address, c); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Socket) serve(address Addr, c ServerConfig) error {
	type option struct{ level, name, value int }
	options := []option{{SOL_SOCKET, SO_REUSEADDR, 1}}
	if c.ReusePort {
		options = append(options, option{SOL_SOCKET, SO_REUSEPORT, 1})
	}
	if address.Family() == AF_INET6 {
		options = append(options, option{IPPROTO_IPV6, IPV6_V6ONLY, boolInt(!c.DualStack)})
	}
	for _, o := range options {
		if err := s.SetSockOpt(o.level, o.name, o.value); err != nil {
			return err
		}
	}
	if err := s.Bind(address); err != nil {
		return err
	}
	backlog := c.Backlog
	if backlog == 0 {
		backlog = SOMAXCONN
	}
	return s.Listen(backlog)
}

// HasDualstackIPv6 tells whether CreateServer can make a dual-stack server.
func (m *Module) HasDualstackIPv6() bool {
	s, err := m.Socket(AF_INET6, SOCK_STREAM, 0)
	if err != nil {
		return false
	}
	defer s.Close()
	return s.SetSockOpt(IPPROTO_IPV6, IPV6_V6ONLY, 0) == nil
}
