package testenv

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tsharkFault selects packets that are malformed or have a bad checksum.
const tsharkFault = "_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || " +
	"udp.checksum.status == 0 || icmp.checksum.status == 0 || icmpv6.checksum.status == 0 || " +
	"_ws.expert.severity == error"

// TsharkFaults reads a capture with tshark, with every checksum verified, and
// returns a line for each packet that it finds fault with. Without tshark the
// test is skipped, see Tool.
func TsharkFaults(t testing.TB, capture []byte) []string {
	t.Helper()
	program := Tool(t, "tshark")
	path := filepath.Join(t.TempDir(), "capture.pcapng")
	if err := os.WriteFile(path, capture, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-r", path, "-Y", tsharkFault,
		"-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE",
		// What is carried stays undissected: test data may look like anything.
		"-d", "tcp.port==1-65535,data", "-d", "udp.port==1-65535,data")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark: %v: %s", err, stderr.String())
	}
	if s := strings.TrimSpace(string(out)); s != "" {
		return strings.Split(s, "\n")
	}
	return nil
}
