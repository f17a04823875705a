package main

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/usernet-stack/usernet/resolver/dns"
)

// Resolved is what usernet resolve prints; its JSON is with --json.
type Resolved struct {
	Name string `json:"name"`
	// Canonical is the name that Name is another one for, if it is.
	Canonical string   `json:"canonical,omitempty"`
	Addresses []string `json:"addresses,omitempty"`
	// Names are those of an address.
	Names []string `json:"names,omitempty"`
	// Server is who had the records.
	Server  string   `json:"server,omitempty"`
	Records []Record `json:"records,omitempty"`
}

// Record is a record of DNS, in the form of zone files (RFC 1035 section 5).
type Record struct {
	Name string `json:"name"`
	// TTL is in seconds.
	TTL  uint32 `json:"ttl"`
	Type string `json:"type"`
	Data string `json:"data"`
}

func (r *Resolved) print(w io.Writer) error {
	var b bytes.Buffer
	for _, line := range append(r.Addresses, r.Names...) {
		fmt.Fprintln(&b, line)
	}
	for _, record := range r.Records {
		fmt.Fprintf(&b, "%s\t%d\tIN\t%s\t%s\n", record.Name, record.TTL, record.Type, record.Data)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// resolvedRecords are those at the end of a chain of CNAMEs.
func resolvedRecords(q question, a dns.Answer) *Resolved {
	r := &Resolved{Name: q.name, Server: a.Server.String()}
	for _, record := range a.Records {
		r.Records = append(r.Records, Record{
			Name: printed(record.Header.Name), TTL: record.Header.TTL,
			Type: dns.TypeName(record.Header.Type), Data: data(record.Body),
		})
	}
	if len(a.Aliases) > 0 {
		r.Canonical = a.Name
	}
	return r
}

// data is the RDATA of a record; of types without a form of their own, that of RFC 3597.
func data(body dnsmessage.ResourceBody) string {
	switch b := body.(type) {
	case *dnsmessage.AResource:
		return netip.AddrFrom4(b.A).String()
	case *dnsmessage.AAAAResource:
		return netip.AddrFrom16(b.AAAA).String()
	case *dnsmessage.CNAMEResource:
		return printed(b.CNAME)
	case *dnsmessage.NSResource:
		return printed(b.NS)
	case *dnsmessage.PTRResource:
		return printed(b.PTR)
	case *dnsmessage.MXResource:
		return fmt.Sprintf("%d %s", b.Pref, printed(b.MX))
	case *dnsmessage.SRVResource:
		return fmt.Sprintf("%d %d %d %s", b.Priority, b.Weight, b.Port, printed(b.Target))
	case *dnsmessage.SOAResource:
		return fmt.Sprintf("%s %s %d %d %d %d %d", printed(b.NS), printed(b.MBox), b.Serial, b.Refresh, b.Retry, b.Expire, b.MinTTL)
	case *dnsmessage.TXTResource:
		quoted := make([]string, len(b.TXT))
		for i, text := range b.TXT {
			quoted[i] = quote(text)
		}
		return strings.Join(quoted, " ")
	case *dnsmessage.SVCBResource:
		return svcb(b)
	case *dnsmessage.HTTPSResource:
		return svcb(&b.SVCBResource)
	case *dnsmessage.UnknownResource:
		return fmt.Sprintf(`\# %d %x`, len(b.Data), b.Data)
	}
	return fmt.Sprintf("(%T)", body)
}

// svcb is RFC 9460 section 2.1, with keys by number.
func svcb(b *dnsmessage.SVCBResource) string {
	text := fmt.Sprintf("%d %s", b.Priority, printed(b.Target))
	for _, p := range b.Params {
		text += fmt.Sprintf(" key%d=%s", p.Key, quote(string(p.Value)))
	}
	return text
}

// printed is a name as in a zone file: what is not printable is a number.
func printed(name dnsmessage.Name) string {
	text := quote(name.String())
	return text[1 : len(text)-1]
}

// quote is a character string of a zone file: what is not printable is a number.
func quote(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, `\%03d`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
