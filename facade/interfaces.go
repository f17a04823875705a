package facade

import (
	"net"
	"strconv"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// Interface is an entry of IfNameIndex.
type Interface struct {
	// Index is 1 or more.
	Index int
	Name  string
}

// IfNameIndex wraps if_nameindex(3): the links of the stack, or the host's when
// the kernel carries every socket.
func (m *Module) IfNameIndex() ([]Interface, error) {
	const op = "if_nameindex"
	if m == nil {
		return nil, errnoError(op, nil, endpoint.EBADF)
	}
	var all []Interface
	if m.onKernel() {
		interfaces, err := net.Interfaces()
		if err != nil {
			return nil, errnoError(op, nil, endpoint.ENOBUFS)
		}
		for _, i := range interfaces {
			all = append(all, Interface{i.Index, i.Name})
		}
		return all, nil
	}
	s, errno := m.stack()
	if errno != 0 {
		return nil, errnoError(op, nil, errno)
	}
	for _, l := range s.Links() {
		all = append(all, Interface{l.Index, l.Name})
	}
	return all, nil
}

// IfNameToIndex wraps if_nametoindex(3): ENODEV for a name that is unknown.
func (m *Module) IfNameToIndex(name string) (int, error) {
	return m.interfaceIndex("if_nametoindex", name)
}

func (m *Module) interfaceIndex(op, name string) (int, error) {
	if index := m.interfaceByName(name); index != 0 {
		return index, nil
	}
	return 0, errnoError(op, nil, endpoint.ENODEV)
}

// IfIndexToName wraps if_indextoname(3): ENXIO for an index that is unknown.
func (m *Module) IfIndexToName(index int) (string, error) {
	if name := m.interfaceByIndex(index); name != "" {
		return name, nil
	}
	return "", errnoError("if_indextoname", nil, endpoint.ENXIO)
}

// interfaceByIndex is "" for an index that is unknown.
func (m *Module) interfaceByIndex(index int) string {
	if m == nil {
		return ""
	}
	if m.onKernel() {
		if i, err := net.InterfaceByIndex(index); err == nil {
			return i.Name
		}
	} else if s, errno := m.stack(); errno == 0 {
		if l, err := s.LinkByIndex(index); err == nil {
			return l.Name
		}
	}
	return ""
}

// interfaceByName is 0 for a name that is unknown.
func (m *Module) interfaceByName(name string) int {
	if m == nil {
		return 0
	}
	if m.onKernel() {
		if i, err := net.InterfaceByName(name); err == nil {
			return i.Index
		}
	} else if s, errno := m.stack(); errno == 0 {
		if l, err := s.LinkByName(name); err == nil {
			return l.Index
		}
	}
	return 0
}

// zone names an interface as in "fe80::1%eth0"; by number when it has no name.
func (m *Module) zone(index uint32) string {
	if index == 0 {
		return ""
	}
	if name := m.interfaceByIndex(int(index)); name != "" {
		return name
	}
	return strconv.Itoa(int(index))
}

// scopeID is the inverse of zone; 0 for a name that is unknown.
func (m *Module) scopeID(zone string) uint32 {
	if zone == "" {
		return 0
	}
	if index := m.interfaceByName(zone); index != 0 {
		return uint32(index)
	}
	n, err := strconv.ParseUint(zone, 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}
