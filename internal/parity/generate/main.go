// Command generate writes docs/parity.md: go generate runs it in the facade's
// folder.
package main

import (
	"log"
	"os"

	"github.com/usernet-stack/usernet/internal/constants"
	"github.com/usernet-stack/usernet/internal/parity"
)

func main() {
	log.SetFlags(0)
	table, err := table()
	if err == nil {
		err = os.WriteFile("../docs/parity.md", []byte(table), 0o644)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func table() (string, error) {
	document, err := os.ReadFile("testdata/python-socket-module.rst")
	if err != nil {
		return "", err
	}
	values, err := os.ReadFile("testdata/constants.tsv")
	if err != nil {
		return "", err
	}
	rows, err := constants.Parse(string(values))
	if err != nil {
		return "", err
	}
	f, err := parity.Load("..", rows)
	if err != nil {
		return "", err
	}
	return parity.Table(parity.Parse(string(document)), parity.Customary, f)
}
