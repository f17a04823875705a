package facade

// GetProtoByName returns the number of a protocol, such as "icmp", for Socket. An
// unknown one is an *Error: resolver.ErrProtocol.
func (m *Module) GetProtoByName(protocolName string) (int, error) {
	const op = "getprotobyname"
	r, err := m.resolver(op)
	if err != nil {
		return 0, err
	}
	n, err := r.GetProtoByName(protocolName)
	return n, databaseError(op, err)
}

// GetServByName returns the port of a service. protocolName is "tcp" or "udp", or
// "" for any. An unknown one is an *Error: resolver.ErrService.
func (m *Module) GetServByName(serviceName, protocolName string) (int, error) {
	const op = "getservbyname"
	r, err := m.resolver(op)
	if err != nil {
		return 0, err
	}
	port, err := r.GetServByName(serviceName, protocolName)
	return port, databaseError(op, err)
}

// GetServByPort returns the service that has a port, 0 to 65535. protocolName is
// "tcp" or "udp", or "" for any. An unknown one is an *Error: resolver.ErrPort.
func (m *Module) GetServByPort(port int, protocolName string) (string, error) {
	const op = "getservbyport"
	r, err := m.resolver(op)
	if err != nil {
		return "", err
	}
	if err := checkPort(op, port); err != nil {
		return "", err
	}
	name, err := r.GetServByPort(port, protocolName)
	return name, databaseError(op, err)
}

func databaseError(op string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Op: op, sentinel: err}
}
