package facade_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/usernet-stack/usernet/facade"
)

// GetAddrInfo gives what sockets are made of and connected to. Families, types and
// errors print by name.
func ExampleModule_GetAddrInfo() {
	m := facade.New(facade.Config{})
	defer m.Close()
	ctx := context.Background()
	found, _ := m.GetAddrInfo(ctx, "localhost", "http", facade.AddrInfoHints{Type: facade.SOCK_STREAM})
	for _, i := range found {
		fmt.Println(i.Family, i.Type, i.Proto == facade.IPPROTO_TCP, i.Addr)
	}
	_, err := m.GetAddrInfo(ctx, "nosuch.example", "http", facade.AddrInfoHints{})
	fmt.Println(err)
	fmt.Println(errors.Is(err, facade.EAI_NONAME))
	// Output:
	// AF_INET6 SOCK_STREAM true [::1]:80
	// AF_INET SOCK_STREAM true 127.0.0.1:80
	// getaddrinfo nosuch.example: EAI_NONAME: Name or service not known
	// true
}
