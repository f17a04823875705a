package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"gvisor.dev/gvisor/pkg/tcpip"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/stack"
	"github.com/usernet-stack/usernet/stack/link"
)

// The paths of --path.
const (
	pathStack  = "stack"
	pathKernel = "kernel"
)

// demoOptions are the flags of usernet demo.
type demoOptions struct {
	path string
	pcap string
	port int
	json bool
}

func newDemo() *cobra.Command {
	var o demoOptions
	c := &cobra.Command{
		Use:   "demo",
		Short: "An echo server and its client, over IPv4 and IPv6",
		Long: `demo runs the two echo examples of CPython's socket module: one over IPv4, and
one that walks the addresses of IPv6 and IPv4. Server and client sit on a
loopback of their own inside this process. It needs no privileges and no set-up,
and prints what each side said, their addresses, the round trip, and the
throughput of a short transfer.

With --path kernel the same code runs on this machine's own loopback.`,
		Example: `  usernet demo
  usernet demo --path kernel
  usernet demo --pcap demo.pcapng && tshark -r demo.pcapng
  usernet demo --json | jq '.exchanges[].round_trip_ns'`,
		Args:              cobra.NoArgs,
		ValidArgsFunction: noFile,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			return fail(o.run(c.Context(), c.OutOrStdout()))
		},
	}
	f := c.Flags()
	f.StringVar(&o.path, "path", pathStack, `what carries the sockets: "stack" or "kernel"`)
	f.StringVar(&o.pcap, "pcap", "", "write what crosses the stack to this `file`, as pcapng")
	f.IntVar(&o.port, "port", 50007, "port of the server; 0 is a free one")
	f.BoolVar(&o.json, "json", false, "print JSON")
	c.RegisterFlagCompletionFunc("path", cobra.FixedCompletions([]string{pathStack, pathKernel}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func (o *demoOptions) check() error {
	switch {
	case o.path != pathStack && o.path != pathKernel:
		return fmt.Errorf("--path is %q, not \"stack\" or \"kernel\"", o.path)
	case o.path == pathKernel && o.pcap != "":
		return errors.New("--pcap shows what crosses the stack: it does not go with --path kernel")
	case o.port < 0 || o.port > 65535:
		return fmt.Errorf("--port is %d, not 0 to 65535", o.port)
	}
	return nil
}

// transferSize is what the short transfer moves; a capture keeps it small.
func (o *demoOptions) transferSize() int {
	if o.pcap != "" {
		return 1 << 20
	}
	return 64 << 20
}

func (o *demoOptions) run(ctx context.Context, stdout io.Writer) (err error) {
	m, cleanUp, err := o.module()
	if err != nil {
		return err
	}
	d := demo{ctx: ctx, m: m, port: o.port, size: o.transferSize()}
	report := Report{Path: o.path}
	report.Exchanges, err = d.exchanges()
	if e := cleanUp(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	if o.pcap != "" {
		report.Capture = o.pcap
	}
	if o.json {
		e := json.NewEncoder(stdout)
		e.SetIndent("", "  ")
		return e.Encode(report)
	}
	return report.print(stdout)
}

// module makes the socket module that the demo runs on. cleanUp closes it with
// all that belongs to it.
func (o *demoOptions) module() (m *facade.Module, cleanUp func() error, err error) {
	if o.path == pathKernel {
		m = facade.New(facade.Config{Kernel: facade.KernelAlways})
		return m, m.Close, nil
	}
	if o.pcap == "" {
		m = facade.New(facade.Config{})
		return m, m.Close, nil
	}
	file, err := os.Create(o.pcap)
	if err != nil {
		return nil, nil, err
	}
	clock := tcpip.NewStdClock()
	lo, err := link.NewCapture(link.NewLoopback(), file, clock, "lo")
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	s, err := stack.New(stack.Config{Loopback: lo, Clock: clock})
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	m = facade.New(facade.Config{Stack: s})
	return m, func() error { return errors.Join(m.Close(), s.Close(), lo.Err(), file.Close()) }, nil
}
