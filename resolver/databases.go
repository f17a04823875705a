package resolver

import (
	"io"
	"log/slog"

	"github.com/usernet-stack/usernet/resolver/files"
	"github.com/usernet-stack/usernet/resolver/iana"
)

// Where the databases of services(5) and protocols(5) are.
const (
	servicesFile  = "/etc/services"
	protocolsFile = "/etc/protocols"
)

func services(c *Config) func() *files.Services {
	if c.Services != nil {
		return func() *files.Services { return c.Services }
	}
	return fileOr(c.Logger, files.NewFile(servicesFile, files.ParseServices), iana.Services)
}

func protocols(c *Config) func() *files.Protocols {
	if c.Protocols != nil {
		return func() *files.Protocols { return c.Protocols }
	}
	return fileOr(c.Logger, files.NewFile(protocolsFile, files.ParseProtocols), iana.Protocols)
}

// order is the order of the sources for hosts.
func order(c *Config) func() []files.Service {
	if c.Order != nil {
		return func() []files.Service { return c.Order }
	}
	byDefault := func() []files.Service { return files.ParseOrder(DefaultOrder) }
	if c.OrderFile == "" {
		fixed := byDefault()
		return func() []files.Service { return fixed }
	}
	return fileOr(c.Logger, files.NewFile(c.OrderFile, func(r io.Reader) ([]files.Service, error) {
		conf, err := files.ParseNSSwitch(r)
		if hosts, ok := conf["hosts"]; ok || err != nil {
			return hosts, err
		}
		return byDefault(), nil
	}), byDefault)
}

// fileOr is what a file has, or something else when it cannot be read.
func fileOr[T any](logger *slog.Logger, file *files.File[T], other func() T) func() T {
	return func() T {
		v, err := file.Get()
		if err == nil {
			return v
		}
		if logger != nil {
			logger.Debug("file cannot be read", slog.Any("error", err))
		}
		return other()
	}
}

// GetProtoByName implements Resolver.
func (s *Switch) GetProtoByName(name string) (int, error) {
	if n, ok := s.setUp().protocols().Number(name); ok {
		return n, nil
	}
	return 0, ErrProtocol
}

// GetServByName implements Resolver.
func (s *Switch) GetServByName(name, proto string) (int, error) {
	if port, ok := s.setUp().services().Port(name, proto); ok {
		return port, nil
	}
	return 0, ErrService
}

// GetServByPort implements Resolver.
func (s *Switch) GetServByPort(port int, proto string) (string, error) {
	if name, ok := s.setUp().services().Name(port, proto); ok {
		return name, nil
	}
	return "", ErrPort
}
