// Command optiondocs prints the table of socket options to a file.
package main

import (
	"fmt"
	"os"

	"github.com/usernet-stack/usernet/facade/netstack/optiontable"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: optiondocs FILE")
		os.Exit(2)
	}
	if err := os.WriteFile(os.Args[1], optiontable.Markdown(), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "optiondocs:", err)
		os.Exit(1)
	}
}
