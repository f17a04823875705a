package facade

import "github.com/usernet-stack/usernet/facade/endpoint"

// TableOf is the table of the sockets that carry AF_INET.
func TableOf(m *Module) *endpoint.Table {
	p, _ := m.provider(endpoint.AF_INET)
	return p.Table()
}
