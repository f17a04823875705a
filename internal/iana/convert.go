package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// transports are the protocols whose services are listed.
var transports = []string{"tcp", "udp", "sctp", "dccp"}

// preferred are the names of ports that the registry has another name for first,
// which nobody means by them.
var preferred = []string{"auth", "biff", "nfs", "submissions"}

// services writes the registry of services as services(5): a line for every port
// and protocol. Its name is the preferred or the first one of the registry, and the
// others are its aliases.
func services(from io.Reader, to io.Writer) error {
	type port struct {
		number int
		proto  string
	}
	names := map[port][]string{}
	err := eachRow(from, []string{"Service Name", "Port Number", "Transport Protocol"}, func(row []string) error {
		name, numbers, proto := row[0], row[1], row[2]
		if name == "" || numbers == "" || !slices.Contains(transports, proto) {
			return nil
		}
		if strings.ContainsAny(name, " \t#") {
			return fmt.Errorf("%q is no name", name)
		}
		first, last, err := portRange(numbers)
		for n := first; err == nil && n <= last; n++ {
			if p := (port{n, proto}); !slices.Contains(names[p], name) {
				names[p] = append(names[p], name)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	for n := range 1 << 16 {
		for _, proto := range transports {
			if all := names[port{n, proto}]; len(all) > 0 {
				slices.SortStableFunc(all, byPreference)
				all[0] += fmt.Sprintf(" %d/%s", n, proto)
				fmt.Fprintln(to, strings.Join(all, " "))
			}
		}
	}
	return nil
}

func byPreference(a, b string) int {
	rank := func(name string) int {
		if slices.Contains(preferred, name) {
			return 0
		}
		return 1
	}
	return rank(a) - rank(b)
}

// portRange reads "80" or "6000-6063".
func portRange(s string) (first, last int, err error) {
	a, b, isRange := strings.Cut(s, "-")
	if !isRange {
		b = a
	}
	low, err := strconv.ParseUint(a, 10, 16)
	if err != nil {
		return 0, 0, err
	}
	high, err := strconv.ParseUint(b, 10, 16)
	return int(low), int(high), err
}

// spelt are the names that protocols(5) has always had for what the registry calls
// otherwise. The keyword of the registry is an alias where it is one word.
var spelt = map[string][]string{
	"IPv4":            {"ipencap", "IP-ENCAP"},
	"ESP":             {"esp", "IPSEC-ESP"},
	"AH":              {"ah", "IPSEC-AH"},
	"CPHB":            {"rspf", "RSPF"},
	"IPComp":          {"ipcomp", "IPCOMP"},
	"OSPFIGP":         {"ospf"},
	"ISIS over IPv4":  {"isis", "ISIS"},
	"Mobility Header": {"mobility-header", "Mobility-Header"},
}

// protocols writes the registry of protocols as protocols(5), with the protocol of
// IPv4 itself, which is a number of the socket API only, and with the kernel's
// MPTCP.
func protocols(from io.Reader, to io.Writer) error {
	fmt.Fprintln(to, "ip 0 IP")
	err := eachRow(from, []string{"Decimal", "Keyword"}, func(row []string) error {
		keyword := strings.TrimSuffix(row[1], " (deprecated)")
		if keyword == "" || keyword == "Reserved" {
			return nil
		}
		number, err := strconv.ParseUint(row[0], 10, 8)
		if err != nil {
			return err
		}
		names := slices.Clone(spelt[keyword])
		if names == nil {
			names = []string{strings.ToLower(keyword)}
		}
		if !strings.Contains(keyword, " ") && !slices.Contains(names, keyword) {
			names = append(names, keyword)
		}
		names[0] += fmt.Sprintf(" %d", number)
		fmt.Fprintln(to, strings.Join(names, " "))
		return nil
	})
	fmt.Fprintln(to, "mptcp 262 MPTCP")
	return err
}

// eachRow calls f with the named columns of every row.
func eachRow(from io.Reader, names []string, f func(row []string) error) error {
	r := csv.NewReader(from)
	head, err := r.Read()
	if err != nil {
		return err
	}
	columns := make([]int, len(names))
	for i, name := range names {
		if columns[i] = slices.Index(head, name); columns[i] < 0 {
			return fmt.Errorf("no column %q", name)
		}
	}
	for {
		row, err := r.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		picked := make([]string, len(columns))
		for i, c := range columns {
			picked[i] = row[c]
		}
		if err := f(picked); err != nil {
			return fmt.Errorf("%q: %w", picked, err)
		}
	}
}
