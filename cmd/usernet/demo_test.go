package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usernet-stack/usernet/internal/testenv"
)

// usernet runs the command and returns its exit code and output.
func usernet(t *testing.T, ctx context.Context, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, diagnostics bytes.Buffer
	code = run(ctx, args, &out, &diagnostics)
	return code, out.String(), diagnostics.String()
}

func TestDemoPrintsWhatWasSaid(t *testing.T) {
	for _, path := range []string{pathStack, pathKernel} {
		t.Run(path, func(t *testing.T) {
			testenv.LeakCheck(t)
			code, out, diagnostics := usernet(t, t.Context(), "demo", "--path", path, "--port", "0")
			if code != exitOK || diagnostics != "" {
				t.Fatalf("exit code %d, stderr %q", code, diagnostics)
			}
			for _, want := range []string{
				"listens on 0.0.0.0:", "connected to 127.0.0.1:",
				"listens on [::]:", "connected to [::1]:",
				`received "Hello, world" and sent it back`, "round trip ", "64 MiB echoed in ",
			} {
				if !strings.Contains(out, want) {
					t.Errorf("output has no %q:\n%s", want, out)
				}
			}
		})
	}
}

func TestDemoJSON(t *testing.T) {
	code, out, _ := usernet(t, t.Context(), "demo", "--json")
	var r Report
	if err := json.Unmarshal([]byte(out), &r); code != exitOK || err != nil {
		t.Fatalf("exit code %d, %v", code, err)
	}
	if r.Path != pathStack || len(r.Exchanges) != 2 {
		t.Fatalf("report: %+v", r)
	}
	for _, x := range r.Exchanges {
		if x.Sent != hello || x.ServerReceived != hello || x.Received != hello ||
			x.Client != x.ConnectedBy || x.RoundTrip <= 0 || x.Took <= 0 || x.Transferred != 64<<20 {
			t.Errorf("exchange: %+v", x)
		}
	}
}

// TestDemoCapture has tshark check every packet, checksums too.
func TestDemoCapture(t *testing.T) {
	tshark := testenv.Tool(t, "tshark")
	file := filepath.Join(t.TempDir(), "demo.pcapng")
	if code, _, diagnostics := usernet(t, t.Context(), "demo", "--pcap", file); code != exitOK {
		t.Fatalf("exit code %d: %s", code, diagnostics)
	}
	read := func(filter string) int {
		cmd := exec.Command(tshark, "-r", file, "-Y", filter,
			"-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-T", "fields", "-e", "frame.number")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("tshark: %v", err)
		}
		return strings.Count(string(out), "\n")
	}
	if n := read("_ws.malformed || tcp.checksum.status == Bad || ip.checksum.status == Bad"); n != 0 {
		t.Errorf("%d packets are malformed or have a bad checksum", n)
	}
	if n := read("tcp.flags.syn == 1 && tcp.flags.ack == 0"); n != 2 {
		t.Errorf("%d connections in the capture, want 2", n)
	}
	if n := read("ipv6 && tcp.len > 0"); n == 0 {
		t.Error("no data over IPv6 in the capture")
	}
}

func TestDemoCaptureThatFails(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		testenv.Skip(t, "there is no /dev/full")
	}
	code, _, diagnostics := usernet(t, t.Context(), "demo", "--pcap", "/dev/full")
	if code != exitFailed || !strings.Contains(diagnostics, "no space left") {
		t.Errorf("exit code %d: %s", code, diagnostics)
	}
}

func TestDemoExitCodes(t *testing.T) {
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		args []string
		code int
		says string
	}{
		{"no verb", t.Context(), nil, exitUsage, "verb"},
		{"unknown verb", t.Context(), []string{"dance"}, exitUsage, "dance"},
		{"unknown flag", t.Context(), []string{"demo", "--fast"}, exitUsage, "--fast"},
		{"unknown path", t.Context(), []string{"demo", "--path", "moon"}, exitUsage, "moon"},
		{"bad port", t.Context(), []string{"demo", "--port", "65536"}, exitUsage, "65536"},
		{"capture of the kernel", t.Context(), []string{"demo", "--path", "kernel", "--pcap", "x"}, exitUsage, "--pcap"},
		{"file that cannot be written", t.Context(), []string{"demo", "--pcap", filepath.Join(t.TempDir(), "no", "such", "folder")}, exitFailed, "no such file"},
		{"interrupted", interrupted, []string{"demo"}, exitInterrupted, "interrupted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, out, diagnostics := usernet(t, c.ctx, c.args...)
			if code != c.code || out != "" || !strings.Contains(diagnostics, c.says) {
				t.Errorf("exit code %d, want %d; stdout %q, stderr %q", code, c.code, out, diagnostics)
			}
		})
	}
}

func TestHelpHasExamplesFirst(t *testing.T) {
	code, out, _ := usernet(t, t.Context(), "demo", "--help")
	if code != exitOK || !strings.HasPrefix(out, "Examples:\n  usernet demo\n") {
		t.Errorf("exit code %d, help:\n%s", code, out)
	}
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if code, out, _ := usernet(t, t.Context(), "completion", shell); code != exitOK || !strings.Contains(out, "usernet") {
			t.Errorf("%s: exit code %d, %d bytes", shell, code, len(out))
		}
	}
}
