package main

import (
	"encoding/json"
	"net"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/usernet-stack/usernet/resolver"
	"github.com/usernet-stack/usernet/resolver/files"
)

// nameServer answers on a port of this machine's loopback, from a table of hosts(5) and
// the records of more; it returns its address.
func nameServer(t *testing.T, hosts string, more map[dnsmessage.Type]dnsmessage.Resource) string {
	t.Helper()
	table, err := files.ParseHosts(strings.NewReader(hosts))
	if err != nil {
		t.Fatal(err)
	}
	s := resolver.New(resolver.Config{Hosts: table, Order: files.ParseOrder("files")})
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 1<<16)
		for {
			n, from, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			answer := s.Respond(t.Context(), b[:n])
			var q dnsmessage.Message
			if err := q.Unpack(b[:n]); err == nil && more[q.Questions[0].Type].Body != nil {
				q.Response, q.Answers, q.Additionals = true, []dnsmessage.Resource{more[q.Questions[0].Type]}, nil
				answer, _ = q.Pack()
			}
			conn.WriteTo(answer, from)
		}
	}()
	t.Cleanup(func() {
		conn.Close()
		<-done
	})
	return conn.LocalAddr().String()
}

const resolveHosts = `
192.0.2.1    one.example.test
192.0.2.2    two.example.test alias.example.test
2001:db8::2  two.example.test alias.example.test
`

func TestResolve(t *testing.T) {
	owner := dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName("one.example.test."), Class: dnsmessage.ClassINET, TTL: 300}
	server := nameServer(t, resolveHosts, map[dnsmessage.Type]dnsmessage.Resource{
		dnsmessage.TypeMX:  {Header: owner, Body: &dnsmessage.MXResource{Pref: 10, MX: dnsmessage.MustNewName("two.example.test.")}},
		dnsmessage.TypeTXT: {Header: owner, Body: &dnsmessage.TXTResource{TXT: []string{"v=1 \"a\"", "\x1b[31m"}}},
		dnsmessage.TypeSRV: {Header: owner, Body: &dnsmessage.SRVResource{Priority: 1, Weight: 2, Port: 3, Target: dnsmessage.MustNewName("two.example.test.")}},
		257:                {Header: owner, Body: &dnsmessage.UnknownResource{Type: 257, Data: []byte{0, 5, 0xab}}},
	})
	for _, c := range []struct {
		args             string
		code             int
		stdout, stderred string
	}{
		{"one.example.test", exitOK, "192.0.2.1\n", ""},
		{"192.0.2.2", exitOK, "two.example.test\nalias.example.test\n", ""},
		{"2001:db8::2", exitOK, "two.example.test\nalias.example.test\n", ""},
		{"one.example.test --type a", exitOK, "one.example.test.\t0\tIN\tA\t192.0.2.1\n", ""},
		{"alias.example.test --type AAAA", exitOK, "two.example.test.\t0\tIN\tAAAA\t2001:db8::2\n", ""},
		{"192.0.2.1 --type ptr", exitOK, "1.2.0.192.in-addr.arpa.\t0\tIN\tPTR\tone.example.test.\n", ""},
		{"one.example.test --type mx", exitOK, "one.example.test.\t300\tIN\tMX\t10 two.example.test.\n", ""},
		{"one.example.test --type TXT", exitOK, "one.example.test.\t300\tIN\tTXT\t\"v=1 \\\"a\\\"\" \"\\027[31m\"\n", ""},
		{"one.example.test --type srv", exitOK, "one.example.test.\t300\tIN\tSRV\t1 2 3 two.example.test.\n", ""},
		{"one.example.test --type type257", exitOK, "one.example.test.\t300\tIN\tCAA\t\\# 3 0005ab\n", ""},
		{"nosuch.example.test", exitFailed, "", "EAI_NONAME"},
		{"nosuch.example.test --type A", exitFailed, "", "no such name"},
		{"one.example.test --type AAAA", exitFailed, "", "no records of this type"},
		{"192.0.2.9", exitFailed, "", "HOST_NOT_FOUND"},
		{"one.example.test --type nosuch", exitUsage, "", "nosuch"},
		{"one.example.test --server nosuch", exitUsage, "", "nosuch"},
		{"", exitUsage, "", "arg"},
	} {
		args := append([]string{"resolve", "--server", server}, strings.Fields(c.args)...)
		code, stdout, stderr := usernet(t, t.Context(), args...)
		if code != c.code || stdout != c.stdout || !strings.Contains(stderr, c.stderred) || (stderr != "") != (code != exitOK) {
			t.Errorf("%s: exit code %d, %q, %q, want %d, %q, %q", c.args, code, stdout, stderr, c.code, c.stdout, c.stderred)
		}
	}
}

func TestResolveJSON(t *testing.T) {
	server := nameServer(t, resolveHosts, nil)
	for _, c := range []struct {
		args string
		want Resolved
	}{
		{"192.0.2.1", Resolved{Name: "192.0.2.1", Names: []string{"one.example.test"}}},
		{"one.example.test", Resolved{Name: "one.example.test", Addresses: []string{"192.0.2.1"}}},
		{"alias.example.test --type a", Resolved{
			Name: "alias.example.test", Canonical: "two.example.test", Server: server,
			Records: []Record{{"two.example.test.", 0, "A", "192.0.2.2"}},
		}},
	} {
		args := append([]string{"resolve", "--json", "--server", server}, strings.Fields(c.args)...)
		code, stdout, stderr := usernet(t, t.Context(), args...)
		var got Resolved
		if err := json.Unmarshal([]byte(stdout), &got); code != exitOK || err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: exit code %d, %s%s, want %+v", c.args, code, stdout, stderr, c.want)
		}
	}
}

// TestResolveAsks the second server when nobody is at the first.
func TestResolveAsksNextServer(t *testing.T) {
	closed, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	code, stdout, stderr := usernet(t, t.Context(), "resolve", "one.example.test",
		"--server", closed.LocalAddr().String(), "--server", nameServer(t, resolveHosts, nil))
	if code != exitOK || stdout != "192.0.2.1\n" {
		t.Errorf("exit code %d, %q, %q", code, stdout, stderr)
	}
}
