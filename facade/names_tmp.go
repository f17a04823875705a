package facade

import (
	"context"
	"net/netip"
)

func (m *Module) resolveHost(ctx context.Context, op, host string, family Family, typ Type) (netip.Addr, error) {
	return netip.Addr{}, badArgument(op, "host "+host+" is not numeric")
}
