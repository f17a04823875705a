// Command iana writes the lists of resolver/iana from the registries of IANA, as
// CSV: go generate runs it in that folder.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
)

func main() {
	log.SetFlags(0)
	folder := flag.String("from", "", "the `folder` of service-names-port-numbers.csv and protocol-numbers-1.csv")
	servicesAt := flag.String("services", "", "the `state` of the registry of services, such as a date")
	protocolsAt := flag.String("protocols", "", "the `state` of the registry of protocols")
	flag.Parse()
	if *folder == "" || *servicesAt == "" || *protocolsAt == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	for _, list := range []struct {
		to, from, title, state string
		convert                func(io.Reader, io.Writer) error
	}{
		{"services", "service-names-port-numbers.csv", "Service Name and Transport Protocol Port Number Registry", *servicesAt, services},
		{"protocols", "protocol-numbers-1.csv", "Assigned Internet Protocol Numbers", *protocolsAt, protocols},
	} {
		from, err := os.Open(*folder + "/" + list.from)
		if err != nil {
			log.Fatal(err)
		}
		var text strings.Builder
		fmt.Fprintf(&text, "# IANA, %s, %s. Generated.\n", list.title, list.state)
		if err := list.convert(from, &text); err != nil {
			log.Fatalf("%s: %v", list.from, err)
		}
		from.Close()
		if err := os.WriteFile(list.to, []byte(text.String()), 0o644); err != nil {
			log.Fatal(err)
		}
	}
}
