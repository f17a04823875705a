package optiontable_test

import (
	"fmt"
	"testing"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/netstack/optiontable"
)

// talkers are kinds of sockets that receive what they send to an address, or the
// answer to it.
var talkers = map[optiontable.Kinds]struct {
	proto int
	host  string
	data  []byte
}{
	optiontable.UDP4:  {0, "127.0.0.1", []byte("datagram")},
	optiontable.UDP6:  {0, "::1", []byte("datagram")},
	optiontable.Raw4:  {200, "127.0.0.1", []byte("datagram")},
	optiontable.Raw6:  {200, "::1", []byte("datagram")},
	optiontable.Ping4: {endpoint.IPPROTO_ICMP, "127.0.0.1", []byte{8, 0, 0, 0, 0, 0, 0, 0}},
	optiontable.Ping6: {endpoint.IPPROTO_ICMPV6, "::1", []byte{128, 0, 0, 0, 0, 0, 0, 0}},
}

// TestControlsHoldOnTheStack asks for each kind of control data and sends it: what the
// table says comes and goes, and the rest does not.
func TestControlsHoldOnTheStack(t *testing.T) {
	rows := make(map[string]optiontable.Row)
	for _, r := range optiontable.Rows() {
		rows[r.Name] = r
	}
	m := module(t)
	for _, k := range kinds {
		talker, ok := talkers[k.kind]
		if !ok {
			continue
		}
		for _, c := range optiontable.Controls() {
			t.Run(fmt.Sprintf("%v/%s", k.kind, c.Name), func(t *testing.T) {
				option, ok := rows[c.Option]
				if !ok || option.Status != optiontable.Supported {
					t.Fatalf("%s is not supported", c.Option)
				}
				s, err := m.Socket(k.family, k.typ, talker.proto)
				must(t, err)
				defer s.Close()
				must(t, s.Bind(address(k.loopback(0))))
				name, err := s.GetSockName()
				must(t, err)
				stackSocket{s}.set(option.Level, option.Number, []byte{1, 0, 0, 0}) // without effect where the kind lacks it
				_, err = s.SendMsg([][]byte{talker.data}, controlOf(c, k), 0, name)
				if (err == nil) != (c.Sent&k.kind != 0 || controlOf(c, k) == nil) {
					t.Fatalf("sent: %v", err)
				}
				if err != nil {
					return
				}
				comes := c.Received&k.kind != 0 && c.Why != "with MSG_ERRQUEUE" && !(k.kind == optiontable.UDP6 && c.Level == endpoint.IPPROTO_IP)
				r, err := s.RecvMsg(100, 256)
				must(t, err)
				if got := len(r.Ancillary) == 1 && r.Ancillary[0].Level == c.Level && r.Ancillary[0].Type == c.Type; got != comes || !comes && len(r.Ancillary) > 0 {
					t.Errorf("received %v", r.Ancillary)
				}
			})
		}
	}
}

// controlOf is what to send: nothing if the sample is for the other version of IP,
// whose level is passed over.
func controlOf(c optiontable.Control, k kind) []facade.ControlMessage {
	own := c.Level == endpoint.IPPROTO_IPV6 == (k.family == facade.AF_INET6)
	if c.Sample == nil || !own {
		return nil
	}
	return []facade.ControlMessage{{Level: c.Level, Type: c.Type, Data: c.Sample}}
}
