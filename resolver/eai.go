package resolver

import (
	"errors"
	"strconv"
)

// EAI is a code of getaddrinfo(3), EAI_*. It is an error, so that errors.Is finds
// it in a GAIError.
type EAI int

// The codes of getaddrinfo(3) and getnameinfo(3), as in glibc's netdb.h.
const (
	EAI_BADFLAGS    EAI = -1
	EAI_NONAME      EAI = -2
	EAI_AGAIN       EAI = -3
	EAI_FAIL        EAI = -4
	EAI_NODATA      EAI = -5
	EAI_FAMILY      EAI = -6
	EAI_SOCKTYPE    EAI = -7
	EAI_SERVICE     EAI = -8
	EAI_ADDRFAMILY  EAI = -9
	EAI_MEMORY      EAI = -10
	EAI_SYSTEM      EAI = -11
	EAI_OVERFLOW    EAI = -12
	EAI_INPROGRESS  EAI = -100
	EAI_CANCELED    EAI = -101
	EAI_NOTCANCELED EAI = -102
	EAI_ALLDONE     EAI = -103
	EAI_INTR        EAI = -104
	EAI_IDN_ENCODE  EAI = -105
)

// eaiTexts are the codes' names, and what gai_strerror of glibc says.
var eaiTexts = map[EAI]struct{ name, text string }{
	EAI_BADFLAGS:    {"EAI_BADFLAGS", "Bad value for ai_flags"},
	EAI_NONAME:      {"EAI_NONAME", "Name or service not known"},
	EAI_AGAIN:       {"EAI_AGAIN", "Temporary failure in name resolution"},
	EAI_FAIL:        {"EAI_FAIL", "Non-recoverable failure in name resolution"},
	EAI_NODATA:      {"EAI_NODATA", "No address associated with hostname"},
	EAI_FAMILY:      {"EAI_FAMILY", "ai_family not supported"},
	EAI_SOCKTYPE:    {"EAI_SOCKTYPE", "ai_socktype not supported"},
	EAI_SERVICE:     {"EAI_SERVICE", "Servname not supported for ai_socktype"},
	EAI_ADDRFAMILY:  {"EAI_ADDRFAMILY", "Address family for hostname not supported"},
	EAI_MEMORY:      {"EAI_MEMORY", "Memory allocation failure"},
	EAI_SYSTEM:      {"EAI_SYSTEM", "System error"},
	EAI_OVERFLOW:    {"EAI_OVERFLOW", "Result too large for supplied buffer"},
	EAI_INPROGRESS:  {"EAI_INPROGRESS", "Processing request in progress"},
	EAI_CANCELED:    {"EAI_CANCELED", "Request canceled"},
	EAI_NOTCANCELED: {"EAI_NOTCANCELED", "Request not canceled"},
	EAI_ALLDONE:     {"EAI_ALLDONE", "All requests done"},
	EAI_INTR:        {"EAI_INTR", "Interrupted by a signal"},
	EAI_IDN_ENCODE:  {"EAI_IDN_ENCODE", "Parameter string not correctly encoded"},
}

// String returns the constant's name, or the number of an unknown code.
func (e EAI) String() string {
	if t, ok := eaiTexts[e]; ok {
		return t.name
	}
	return strconv.Itoa(int(e))
}

// Error returns the constant's name: see Text for what it means.
func (e EAI) Error() string { return e.String() }

// Text returns what gai_strerror(3) says.
func (e EAI) Text() string {
	if t, ok := eaiTexts[e]; ok {
		return t.text
	}
	return "Unknown error"
}

// GAIError is the reference's gaierror: what GetAddrInfo and GetNameInfo answer.
// errors.Is holds for its Code and for its Err.
type GAIError struct {
	// Op is the function, in the reference's spelling.
	Op string
	// Name is the host or service that was asked for, or "".
	Name string
	// Code is one of EAI_*.
	Code EAI
	// Err is why, where that is known, or nil.
	Err error
}

// Error returns "op name: CODE: text".
func (e *GAIError) Error() string {
	return errorText(e.Op, e.Name, e.Code.String(), e.Code.Text(), e.Err)
}

// Unwrap returns the Code and what is in Err.
func (e *GAIError) Unwrap() []error { return withCause(e.Code, e.Err) }

// Timeout tells whether nobody answered in time.
func (e *GAIError) Timeout() bool { return isTimeout(e.Err) }

// Temporary tells whether the same call may succeed later: EAI_AGAIN.
func (e *GAIError) Temporary() bool { return e.Code == EAI_AGAIN }

func errorText(op, name, code, text string, cause error) string {
	s := op
	if name != "" {
		s += " " + name
	}
	s += ": " + code + ": " + text
	if cause != nil {
		s += ": " + cause.Error()
	}
	return s
}

func withCause(code, cause error) []error {
	if cause == nil {
		return []error{code}
	}
	return []error{code, cause}
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}
