package resolver

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"

	"github.com/usernet-stack/usernet/resolver/files"
)

// Query is a name that a Source is asked for.
type Query struct {
	// Name is not numeric, and is ASCII (RFC 5890). With a dot at its end it is not
	// searched for.
	Name string
	// Family is AF_INET, AF_INET6, or AF_UNSPEC for both.
	Family int
	// Partial, if it is set, may be called with the addresses of one family before the
	// others are there.
	Partial func(HostEnt)
}

// Source finds hosts. It is safe for concurrent use. Its errors hold an HErrno, such as
// HOST_NOT_FOUND itself, for errors.As; and ErrUnavailable if it could not look.
type Source interface {
	// HostByName finds the addresses of a name: at least one, or an error.
	HostByName(ctx context.Context, q Query) (HostEnt, error)
	// HostByAddr finds the names of an address, which has no zone and is not
	// IPv4-mapped.
	HostByAddr(ctx context.Context, a netip.Addr) (HostEnt, error)
}

// ErrUnavailable is a Source that cannot be asked: UNAVAIL of nsswitch.conf(5).
var ErrUnavailable = errors.New("name service unavailable")

// failure is the error of a source of this package: a code, and why.
type failure struct {
	code        HErrno
	unavailable bool
	err         error // may be nil
}

func (f *failure) Error() string {
	if f.err != nil {
		return f.err.Error()
	}
	return f.code.Text()
}

func (f *failure) Unwrap() []error {
	all := []error{f.code}
	if f.unavailable {
		all = append(all, ErrUnavailable)
	}
	if f.err != nil {
		all = append(all, f.err)
	}
	return all
}

// codeOf is the HErrno of a Source's error.
func codeOf(err error) HErrno {
	var code HErrno
	switch {
	case errors.As(err, &code):
		return code
	case errors.Is(err, context.Canceled), isTimeout(err):
		return TRY_AGAIN
	}
	return NO_RECOVERY
}

// reason is what an error tells beside its code: nothing for a name that is just not
// there.
func reason(err error) error {
	if code := codeOf(err); code == HOST_NOT_FOUND || code == NO_DATA {
		return nil
	}
	if f, ok := err.(*failure); ok {
		return f.err
	}
	if code, ok := err.(HErrno); ok && code == codeOf(err) {
		return nil
	}
	return err
}

// weight orders failures of which only one can be told: a name may be there whose
// server did not answer.
func weight(err error) int {
	return map[HErrno]int{HOST_NOT_FOUND: 1, NO_DATA: 2, NO_RECOVERY: 3, TRY_AGAIN: 4}[codeOf(err)]
}

// worse returns the one of two errors that is to be told, the first of equals. nil is
// none.
func worse(a, b error) error {
	if a == nil || b != nil && weight(b) > weight(a) {
		return b
	}
	return a
}

// statusOf is the status of nsswitch.conf(5) for a Source's answer.
func statusOf(err error) files.Status {
	switch {
	case err == nil:
		return files.Success
	case errors.Is(err, ErrUnavailable):
		return files.Unavail
	case codeOf(err) == TRY_AGAIN:
		return files.TryAgain
	}
	return files.NotFound
}

// ask calls the sources in order until the order says that an answer counts.
func (s *Switch) ask(ctx context.Context, call func(Source) (HostEnt, error)) (HostEnt, error) {
	var found HostEnt
	failed, ok := error(nil), false
	for _, service := range s.order() {
		ent, err := HostEnt{}, ErrUnavailable
		if source := s.sources[service.Name]; source != nil {
			ent, err = call(source)
			if err != nil {
				s.debug("source has no answer", slog.String("source", service.Name), slog.Any("error", err))
				failed = worse(failed, err)
			} else {
				found, ok = ent, true
			}
		}
		if ctx.Err() != nil || service.On(statusOf(err)) == files.Return {
			break
		}
	}
	switch {
	case ok:
		return found, nil
	case ctx.Err() != nil:
		return HostEnt{}, &failure{code: TRY_AGAIN, err: ctx.Err()}
	case failed == nil:
		return HostEnt{}, HOST_NOT_FOUND
	}
	return HostEnt{}, failed
}

func (s *Switch) debug(message string, args ...any) {
	if s.config.Logger != nil {
		s.config.Logger.Debug(message, args...)
	}
}
