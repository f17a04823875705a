// Command usernet shows the userspace socket stack at work.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130 // 128 + SIGINT, as shells have it
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run runs the command: data goes to stdout, diagnostics to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var failed *failure
	switch {
	case err == nil:
		return exitOK
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "usernet: interrupted")
		return exitInterrupted
	case errors.As(err, &failed):
		fmt.Fprintln(stderr, "usernet:", err)
		return exitFailed
	}
	fmt.Fprintf(stderr, "usernet: %v\nRun 'usernet --help' for usage.\n", err)
	return exitUsage
}

// failure is an error of the work that was asked for; every other error is one
// of usage.
type failure struct{ error }

func (f *failure) Unwrap() error { return f.error }

func fail(err error) error {
	if err == nil {
		return nil
	}
	return &failure{err}
}

// noFile is the completion of verbs that take no file names.
var noFile = cobra.NoFileCompletions

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "usernet",
		Short: "A TCP/IP stack in this process, with the socket API",
		Long: `usernet runs socket code on a TCP/IP stack of its own, in this process, without
privileges.

Exit status: 0 done, 1 failed, 2 bad usage, 130 interrupted.`,
		Example: `  usernet demo
  usernet demo --path kernel
  usernet demo --json --pcap demo.pcapng
  usernet resolve example.com --type mx`,
		Args:          cobra.NoArgs,
		RunE:          func(*cobra.Command, []string) error { return errors.New("a verb is needed, such as demo") },
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetHelpTemplate(helpTemplate)
	root.AddCommand(newDemo(), newResolve())
	return root
}

// helpTemplate has the examples first.
const helpTemplate = `{{if .HasExample}}Examples:
{{.Example}}

{{end}}{{with (or .Long .Short)}}{{. | trimTrailingWhitespaces}}

{{end}}Usage:{{if .Runnable}}
  {{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}
  {{.CommandPath}} VERB

Verbs:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}
`
