package interop_test

import "regexp"

// difference is a way in which our resolver answers unlike glibc on purpose, or
// unlike CPython in kind. Empty expressions match everything.
type difference struct {
	reason string
	// environments, calls, and what both sides answer, as they are printed.
	env, call, glibc, ours string
}

const (
	noneOrNoData = `"EAI_(NONAME|NODATA)"`
	// later is ours where no server could tell.
	later = `"(EAI_AGAIN|TRY_AGAIN|EAI_FAIL|NO_RECOVERY)"`
	empty = `"(EAI_NODATA|NO_DATA)"`
	// oneFamily are calls that ask for IPv4 only.
	oneFamily = `^(getaddrinfo\[\S+ \S+ 2 |gethostbyname|gethostbyaddr)`
)

// known are all differences. The first that fits explains one; an entry that
// explains nothing any more is an error.
var known = []difference{
	// Names that end without an address.
	{"a name that is no host name is not asked for; glibc does so with AI_CANONNAME and one family",
		``, `(\[-dash|\[wild[ *]).* (2|10) 1 0 (2|42)\]|test\n`, ``, `"EAI_(NONAME|NODATA)"`},
	{"AI_V4MAPPED leaves an IPv6 address that is a mapped one as it is",
		`plain`, `\[mapped\.`, `"EAI_NONAME"`, `^ok`},
	{"a loop of CNAMEs is a failure of the servers, of which glibc tells nothing or no data",
		``, `\[(loop1|self)[. ]`, noneOrNoData, later},
	{"so it is in every answer of a server, and the next one is asked",
		`faulty/12`, ``, `"(EAI_NONAME|EAI_NODATA|NO_RECOVERY)"`, ``},
	{"so it is among PTRs",
		`plain`, `10\.0\.0\.8[78]|\[ula\.`, `herror|"EAI_NONAME"|^ok`, later},
	{"a referral is no answer, whatever else is in the message",
		``, `delegated`, noneOrNoData, later},
	{"a referral is no answer, in the first domain of the search list",
		`search/referral first`, ``, noneOrNoData, later},
	{"a chain of CNAMEs that ends without the records asked for is no data (RFC 2308 section 2.2)",
		``, `\[(nothing|outside|tobroken|alias4|alias6|shout|crosslost|dangling|www|badchain|starchain|aliasmany|cross)[. \]]`, `"(EAI_NONAME|HOST_NOT_FOUND)"`, empty},
	{"so it is in a domain of the search list, after no server could tell of the name as it is",
		`search/ndots:0`, `\[(nothing|outside|tobroken)`, noneOrNoData, later},
	{"records of another name are no records of this one",
		`faulty/19`, ``, `"(EAI_NONAME|NO_RECOVERY)"`, empty},
	{"NXDOMAIN for one family does not hide that the name has others (RFC 8020 aside)",
		`faulty/24`, ``, `"EAI_NONAME"`, `"EAI_(NODATA|AGAIN|FAIL)"`},
	{"an alias whose target is no host name is refused",
		``, `badchain`, ``, `"(EAI_FAIL|NO_RECOVERY)"`},

	{"servers that refuse are a permanent failure, as getaddrinfo(3) and gethostbyname(3) have it",
		``, ``, `"(EAI_AGAIN|TRY_AGAIN)"`, `"(EAI_FAIL|NO_RECOVERY)"`},

	// Servers that fail for one family, or over TCP.
	{"the failure of one family is told if the other has no address",
		`faulty/(21|22|27|28)( and search)?$`, `\[\S+ 80 0 `, noneOrNoData, later},
	{"a family that one server cannot tell is asked of the next",
		`faulty/(21|22|23|27|28) and a good one`, `\[\S+ 80 0 `, ``, `^ok`},
	{"a server could not tell over TCP, where glibc tells no name",
		`options/use-vc|faulty/(15|20)`, ``, `"(EAI_NONAME|NO_RECOVERY)"`, later},
	{"EDNS0 is left out for a server that does not know it (RFC 6891 section 7)",
		`EDNS0 to an old server`, ``, ``, ``},
	{"for IPv4 alone glibc tells no name where no server could tell, if the search went on",
		`search/`, oneFamily, `"EAI_NONAME"`, later},
	{"an IPv4 answer asked for in vain by no-aaaa is none",
		`no-aaaa`, `(broken|nosuch).* 10 1`, `"EAI_(AGAIN|NONAME)"`, `"EAI_NODATA"`},

	// resolv.conf.
	{"a domain of the search list that makes no name is left out",
		`search/(long domain|long label in domain|malformed domain)`, ``, `"EAI_|^ok`, ``},
	{"attempts:0 and timeout:0 mean the defaults",
		`servers/timeout and attempts`, ``, `"EAI_AGAIN"|^ok`, ``},
	{"a carriage return is white space",
		`servers/carriage returns`, ``, `"EAI_AGAIN"|^ok`, ``},

	// nsswitch.conf.
	{"glibc has an error of the system for a source that it lacks and that ends the search",
		`\[UNAVAIL=return\]`, ``, `^error|"-1"`, ``},
	{"what a source has found stays, if one that is asked after it finds nothing",
		`\[SUCCESS=(continue|merge)\]`, ``, ``, `^ok`},
	{"what a source has found stays: no data rather than no name",
		`\[SUCCESS=(continue|merge)\]`, ``, `"EAI_(AGAIN|NONAME)"`, ``},
	{"a source that could not tell is not overruled by a later one without the name",
		`hosts/(dns \[|dns files|failing server|no server)`, ``, `"(EAI_NONAME|HOST_NOT_FOUND)"|^ok \["fe80`, later},
	{"for PTRs, glibc does not take a server that could not tell for unavailable",
		`hosts/dns \[(NOTFOUND|!UNAVAIL)`, `^(gethostbyaddr|getnameinfo|getfqdn)`, `TRY_AGAIN|EAI_AGAIN|^ok`, `^ok`},

	// hosts.
	{"localhost is never asked of a server (RFC 6761 section 6.3)",
		``, `localhost`, ``, `"(EAI_NONAME|HOST_NOT_FOUND)"`},
	{"a dot at the end of a name makes no difference in a hosts table",
		`hosts/`, `\[(trailing|trailing\.|dots\.example|dots\.example\.|own\.)[ \]]`, ``, ``},
	{"an IPv6 address of a hosts table is not told as IPv4 too",
		`hosts/`, `(localhost|six\.loop|mapped\.only) 80 10 1 0 (8|24)\]`, ``, `^ok`},
	{"an address of a hosts table may have a zone",
		`hosts/`, `\[zoned`, ``, ``},
	{"a name that a hosts table has in the other family is one without data",
		`hosts/`, ``, `"EAI_NONAME"`, empty},

	// Addresses to names.
	{"gethostbyname_ex has errors of the kind herror",
		``, `^gethostbyname_ex`, `^gaierror`, `^herror`},
	{"all names of an address are told, of which glibc tells the first",
		`plain`, `\[(10\.0\.0\.90|fd00::90|many\.)`, `^ok`, `^ok`},
	{"PTRs that are no host names are passed over, of which glibc refuses all, or takes the root",
		`plain`, `10\.0\.0\.7[68]|a{63}|xn--`, ``, ``},
	{"an IPv4-mapped or IPv4-compatible address is looked up as what it says",
		``, `::(ffff:)?10\.`, ``, ``},
	{"nobody is asked for the names of ::, and CPython tells the error of the call before",
		``, `^gethostbyaddr\[::\]`, `^herror`, `"HOST_NOT_FOUND"`},

	// Arguments.
	{"a malformed name is no name: CPython refuses it for its encoding",
		``, `^getfqdn`, `idna`, ``},
	{"a service is read before a type and a protocol are compared",
		`services`, ` -1 `, `"EAI_SOCKTYPE"`, `"EAI_SERVICE"`},

	// The order.
	{"the order is that of RFC 6724's table, not of RFC 3484's",
		`glibc's own table`, ``, ``, ``},
}

// explanation is a difference to match with.
type explanation struct {
	reason   string
	patterns [4]*regexp.Regexp
}

func explanations() []explanation {
	var all []explanation
	for _, d := range known {
		e := explanation{reason: d.reason}
		for i, text := range []string{d.env, d.call, d.glibc, d.ours} {
			e.patterns[i] = regexp.MustCompile(text)
		}
		all = append(all, e)
	}
	return all
}

func (d explanation) explains(e environment, c call, glibc, ours answer) bool {
	for i, text := range []string{e.name, c.String(), glibc.String(), ours.String()} {
		if !d.patterns[i].MatchString(text) {
			return false
		}
	}
	return true
}
