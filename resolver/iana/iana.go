// Package iana has the services and protocols that IANA has assigned, for a host
// that has no services(5) and protocols(5) of its own.
//
// Of the services it lists those of TCP, UDP, SCTP and DCCP that have a name and a
// port. A port with several names has the first of the registry as its name, but for
// a few better known ones, and the others as aliases. Protocols are spelt as protocols(5)
// spells them: in lower case, with the registry's spelling as an alias.
package iana

import (
	_ "embed"
	"strings"
	"sync"

	"github.com/usernet-stack/usernet/resolver/files"
)

// IANA is the folder of the registries' CSV files.
//
//go:generate go run ../../internal/iana -from $IANA -services "2026-09; further names of one port 2015-07" -protocols "assignments up to 147"

//go:embed services
var servicesText string

//go:embed protocols
var protocolsText string

// Services returns the Service Name and Transport Protocol Port Number Registry. It
// is read at the first call.
func Services() *files.Services { return services() }

// Protocols returns the Assigned Internet Protocol Numbers. They are read at the
// first call.
func Protocols() *files.Protocols { return protocols() }

// The texts are those of this package: they parse.
var (
	services = sync.OnceValue(func() *files.Services {
		s, _ := files.ParseServices(strings.NewReader(servicesText))
		return s
	})
	protocols = sync.OnceValue(func() *files.Protocols {
		p, _ := files.ParseProtocols(strings.NewReader(protocolsText))
		return p
	})
)
