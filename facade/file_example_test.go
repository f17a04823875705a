package facade_test

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/usernet-stack/usernet/facade"
)

// connected returns two sockets, connected over the stack.
func connected(m *facade.Module) (client, server *facade.Socket) {
	l, _ := m.Socket(facade.AF_INET, facade.SOCK_STREAM, 0)
	defer l.Close()
	l.Bind(facade.InetAddr{Host: "127.0.0.1", Port: 0})
	l.Listen(1)
	address, _ := l.GetSockName()
	client, _ = m.Socket(facade.AF_INET, facade.SOCK_STREAM, 0)
	client.Connect(address)
	server, _, _ = l.Accept()
	return client, server
}

// A protocol of lines: the file is flushed with each line that is written, and
// the socket is closed with its file.
func ExampleSocket_MakeFile() {
	m := facade.New(facade.Config{})
	defer m.Close()
	client, server := connected(m)

	lines := facade.FileConfig{Buffering: new(1), Newline: new("\r\n")}
	go func() {
		f, _ := server.MakeFile("rw", lines)
		server.Close()
		defer f.Close()
		for line, err := range f.Lines() {
			if err != nil {
				return
			}
			f.WriteString(strings.ToUpper(strings.TrimSuffix(line, "\r\n")) + "\n")
		}
	}()

	f, _ := client.MakeFile("rw", lines)
	for _, s := range []string{"hello", "español"} {
		fmt.Fprintln(f, s)
		answer, _ := f.ReadLine()
		fmt.Printf("%q\n", answer)
	}
	client.Shutdown(facade.SHUT_WR)
	_, err := f.ReadLine()
	fmt.Println(err)
	f.Close()
	client.Close()
	// Output:
	// "HELLO\r\n"
	// "ESPAÑOL\r\n"
	// EOF
}

// A peer that never ends its line cannot fill the memory.
func ExampleFile_ReadLine_limit() {
	m := facade.New(facade.Config{})
	defer m.Close()
	client, server := connected(m)
	client.SendAll([]byte("a line that goes on and on\nnext\n"))

	f, _ := server.MakeFile("r", facade.FileConfig{MaxLine: 8})
	line, err := f.ReadLine()
	fmt.Printf("%q %v\n", line, errors.Is(err, facade.ErrTooLong))
	line, err = f.ReadLine(6) // at most so many characters: no error
	fmt.Printf("%q %v\n", line, err)
	// Output:
	// "a line t" true
	// "hat go" <nil>
}

// Text in an encoding: what the socket carries is Latin-1, what the program has
// is UTF-8.
func ExampleFileConfig_encoding() {
	m := facade.New(facade.Config{})
	defer m.Close()
	client, server := connected(m)

	out, _ := client.MakeFile("w", facade.FileConfig{Encoding: "latin-1", Errors: "xmlcharrefreplace"})
	out.WriteString("café 5 €\n")
	client.Close()
	out.Close()

	in, _ := server.MakeFile("rb", facade.FileConfig{})
	data, _ := io.ReadAll(in)
	fmt.Printf("%q\n", data)
	// Output: "caf\xe9 5 &#8364;\n"
}
