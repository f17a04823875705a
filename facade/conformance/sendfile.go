package conformance

import (
	"errors"
	"io"
	"os"
	"testing"

	"github.com/usernet-stack/usernet/facade"
)

var sendFileTests = []test{
	{"SendFile/ClosedFileSendsNothing", sendClosedFile},
	{"SendFile/OffsetAndCount", sendPartOfFile},
	{"SendFile/BadArguments", sendFileArguments},
}

func tempFile(t testing.TB, content string) *os.File {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "")
	must(t, err)
	t.Cleanup(func() { f.Close() })
	_, err = f.WriteString(content)
	must(t, err)
	return f
}

func sendClosedFile(t *testing.T, env Env) {
	client, server := env.pair(t)
	f := tempFile(t, "not to be sent")
	must(t, f.Close())
	if n, err := client.SendFile(f, 0, 0); n != 0 || !errors.Is(err, os.ErrClosed) {
		t.Errorf("sendfile: %d, %v", n, err)
	}
	sendMessage(t, client, server)
	wantData(t, server, message)
}

// sendPartOfFile leaves the file behind what was sent.
func sendPartOfFile(t *testing.T, env Env) {
	client, server := env.pair(t)
	f := tempFile(t, "0123456789")
	for _, c := range []struct {
		offset, count int64
		want          string
	}{{2, 3, "234"}, {0, 0, "0123456789"}, {8, 100, "89"}, {20, 0, ""}} {
		n, err := client.SendFile(f, c.offset, c.count)
		if err != nil || int(n) != len(c.want) {
			t.Fatalf("sendfile from %d on, %d bytes: %d, %v", c.offset, c.count, n, err)
		}
		wantData(t, server, c.want)
		if at, err := f.Seek(0, io.SeekCurrent); err != nil || at != c.offset+n {
			t.Errorf("the file is at %d, %v", at, err)
		}
	}
}

func sendFileArguments(t *testing.T, env Env) {
	client, server := env.pair(t)
	f := tempFile(t, "not to be sent")
	for _, c := range [][2]int64{{-1, 0}, {0, -1}} {
		_, err := client.SendFile(f, c[0], c[1])
		wantArgumentError(t, "a negative number", err)
	}
	_, err := client.SendFile(nil, 0, 0)
	wantArgumentError(t, "nil", err)
	_, err = env.socket(t, env.Client, facade.SOCK_DGRAM).SendFile(f, 0, 0)
	wantArgumentError(t, "a datagram socket", err)
	must(t, client.SetBlocking(false))
	_, err = client.SendFile(f, 0, 0)
	wantArgumentError(t, "non-blocking mode", err)
	must(t, client.Close())
	wantEOF(t, server)
}
