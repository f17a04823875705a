package addrselect_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/usernet-stack/usernet/internal/testenv"
	"github.com/usernet-stack/usernet/resolver/addrselect"
)

// glibcPolicy is what getaddrinfo(3) of glibc has without gai.conf(5): the tables of
// RFC 3484 with Teredo and unique local addresses.
var glibcPolicy = []addrselect.Row{
	{Prefix: netip.MustParsePrefix("::1/128"), Precedence: 50, Label: 0},
	{Prefix: netip.MustParsePrefix("::/0"), Precedence: 40, Label: 1},
	{Prefix: netip.MustParsePrefix("2002::/16"), Precedence: 30, Label: 2},
	{Prefix: netip.MustParsePrefix("::/96"), Precedence: 20, Label: 3},
	{Prefix: netip.MustParsePrefix("::ffff:0:0/96"), Precedence: 10, Label: 4},
	{Prefix: netip.MustParsePrefix("fec0::/10"), Precedence: 40, Label: 5},
	{Prefix: netip.MustParsePrefix("fc00::/7"), Precedence: 40, Label: 6},
	{Prefix: netip.MustParsePrefix("2001::/32"), Precedence: 40, Label: 7},
}

// kernelSetup are addresses of the namespace's device, and ways out of it.
var kernelSetup = []string{
	"address replace 10.1.2.4/24 dev silent0",
	"address replace 169.254.9.9/16 dev silent0",
	"address replace fd00::9/64 dev silent0 nodad",
	"address replace fec0::9/64 dev silent0 nodad",
	"address replace 2002:c633:6401::9/64 dev silent0 nodad",
	"route replace 198.51.100.0/24 dev silent0",
	"route replace 203.0.113.0/24 dev silent0",
	"route replace 2001:db8:1::/48 dev silent0",
	"route replace 2001:0:1::/48 dev silent0",
}

// kernelDsts are on the network, beyond it, and nowhere.
var kernelDsts = addrs(`127.0.0.1 10.1.2.3 10.1.2.5 10.1.2.200 10.1.3.1 192.0.2.2 198.51.100.1 203.0.113.1 169.254.1.1
	::1 2001:db8::2 2001:db8:1::1 2001:db8:2::1 fd00::1 fd01::1 fec0::1 2002:c633:6401::1 2001:0:1::1`)

// TestLikeGlibc sorts all pairs, and some longer lists, as getaddrinfo(3) does with
// the same addresses of a name in hosts(5).
func TestLikeGlibc(t *testing.T) {
	python, unshare := testenv.Tool(t, "python3"), testenv.Tool(t, "unshare")
	if !testenv.InNetns() {
		testenv.Skip(t, "a network namespace is needed")
	}
	for _, line := range kernelSetup {
		if out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v: %s", line, err, out)
		}
	}
	var lists [][]netip.Addr
	for i, a := range kernelDsts {
		for _, b := range kernelDsts[i+1:] {
			lists = append(lists, []netip.Addr{a, b}, []netip.Addr{b, a})
		}
		lists = append(lists, slices.Concat(kernelDsts[i:], kernelDsts[:i]))
	}
	for i, want := range askGlibc(t, unshare, python, lists) {
		got := slices.Clone(lists[i])
		addrselect.Sort(got, addrselect.Host{SourceFor: kernelSource, PrefixLen: kernelPrefixLen, Policy: glibcPolicy})
		if texts(got) != want {
			t.Errorf("%s: %s, glibc has %s", texts(lists[i]), texts(got), want)
		}
	}
}

// kernelSource is what the kernel chooses.
func kernelSource(dst netip.Addr) (netip.Addr, error) {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(dst, 9)))
	if err != nil {
		return netip.Addr{}, err
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap(), nil
}

// kernelPrefixLen is the device's for IPv4, and all bits for IPv6, as in glibc.
func kernelPrefixLen(src netip.Addr) int {
	all, _ := net.InterfaceAddrs()
	for _, a := range all {
		p, err := netip.ParsePrefix(a.String())
		if err == nil && p.Addr() == src && src.Is4() {
			return p.Bits()
		}
	}
	return 128
}

// askSource asks for names n0, n1 and so on, up to those that have no address.
const askSource = `
import json, socket, sys
def ask(name):
    return " ".join(r[4][0] for r in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM))
json.dump([ask("n%d" % i) for i in range(int(sys.argv[1]))], sys.stdout)
`

// askGlibc returns the order of each list, in a mount namespace whose files have it.
func askGlibc(t *testing.T, unshare, python string, lists [][]netip.Addr) []string {
	t.Helper()
	var hosts strings.Builder
	for i, list := range lists {
		for _, a := range list {
			fmt.Fprintf(&hosts, "%s n%d\n", a, i)
		}
	}
	folder := t.TempDir()
	var script strings.Builder
	for name, text := range map[string]string{"hosts": hosts.String(), "nsswitch.conf": "hosts: files\n", "host.conf": "multi on\n"} {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&script, "test ! -e /etc/%s || mount --bind %s /etc/%[1]s || exit\n", name, file)
	}
	script.WriteString(`exec "$0" -c "$1" "$2"`)
	cmd := exec.Command(unshare, "-m", "sh", "-c", script.String(), python, askSource, fmt.Sprint(len(lists)))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &stderr)
	}
	var orders []string
	if err := json.Unmarshal(output, &orders); err != nil || len(orders) != len(lists) {
		t.Fatalf("%d orders of %d lists, %v", len(orders), len(lists), err)
	}
	return orders
}
