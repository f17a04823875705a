// Command generate writes the facade's constants: go generate runs it in the
// facade's folder.
package main

import (
	"log"
	"os"

	"github.com/usernet-stack/usernet/internal/constants"
)

func main() {
	log.SetFlags(0)
	table, err := os.ReadFile("testdata/constants.tsv")
	if err != nil {
		log.Fatal(err)
	}
	rows, err := constants.Parse(string(table))
	if err != nil {
		log.Fatal(err)
	}
	source, err := constants.Generate("facade", "testdata/constants.tsv", rows)
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("constants_generated.go", source, 0o644); err != nil {
		log.Fatal(err)
	}
}
