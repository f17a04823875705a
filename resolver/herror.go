package resolver

import "strconv"

// HErrno is an h_errno of gethostbyname(3). It is an error, so that errors.Is
// finds it in an HError.
type HErrno int

// The h_errnos, as in netdb.h.
const (
	HOST_NOT_FOUND HErrno = 1
	TRY_AGAIN      HErrno = 2
	NO_RECOVERY    HErrno = 3
	NO_DATA        HErrno = 4
)

// herrnoTexts are the names, and what hstrerror of glibc says.
var herrnoTexts = map[HErrno]struct{ name, text string }{
	HOST_NOT_FOUND: {"HOST_NOT_FOUND", "Unknown host"},
	TRY_AGAIN:      {"TRY_AGAIN", "Host name lookup failure"},
	NO_RECOVERY:    {"NO_RECOVERY", "Unknown server error"},
	NO_DATA:        {"NO_DATA", "No address associated with name"},
}

// String returns the constant's name, or the number of an unknown h_errno.
func (e HErrno) String() string {
	if t, ok := herrnoTexts[e]; ok {
		return t.name
	}
	return strconv.Itoa(int(e))
}

// Error returns the constant's name: see Text for what it means.
func (e HErrno) Error() string { return e.String() }

// Text returns what hstrerror(3) says.
func (e HErrno) Text() string {
	if t, ok := herrnoTexts[e]; ok {
		return t.text
	}
	return "Unknown resolver error"
}

// HError is the reference's herror: what GetHostByNameEx and GetHostByAddr
// answer. errors.Is holds for its Code and for its Err.
type HError struct {
	// Op is the function, in the reference's spelling.
	Op string
	// Name is the host or address that was asked for.
	Name string
	// Code is the h_errno.
	Code HErrno
	// Err is why, where that is known, or nil.
	Err error
}

// Error returns "op name: CODE: text".
func (e *HError) Error() string {
	return errorText(e.Op, e.Name, e.Code.String(), e.Code.Text(), e.Err)
}

// Unwrap returns the Code and what is in Err.
func (e *HError) Unwrap() []error { return withCause(e.Code, e.Err) }

// Timeout tells whether nobody answered in time.
func (e *HError) Timeout() bool { return isTimeout(e.Err) }

// Temporary tells whether the same call may succeed later: TRY_AGAIN.
func (e *HError) Temporary() bool { return e.Code == TRY_AGAIN }
