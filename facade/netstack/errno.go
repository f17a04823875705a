package netstack

import (
	"reflect"

	"gvisor.dev/gvisor/pkg/tcpip"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// errnos maps every error type of gVisor to the errno that Linux gives for the
// same cause. The test compares it with gVisor's own list of types.
var errnos = map[reflect.Type]endpoint.Errno{
	reflect.TypeFor[*tcpip.ErrAborted]():                      endpoint.ECONNABORTED,
	reflect.TypeFor[*tcpip.ErrAddressFamilyNotSupported]():    endpoint.EAFNOSUPPORT,
	reflect.TypeFor[*tcpip.ErrAlreadyBound]():                 endpoint.EINVAL,
	reflect.TypeFor[*tcpip.ErrAlreadyConnected]():             endpoint.EISCONN,
	reflect.TypeFor[*tcpip.ErrAlreadyConnecting]():            endpoint.EALREADY,
	reflect.TypeFor[*tcpip.ErrBadAddress]():                   endpoint.EFAULT,
	reflect.TypeFor[*tcpip.ErrBadBuffer]():                    endpoint.EFAULT,
	reflect.TypeFor[*tcpip.ErrBadLocalAddress]():              endpoint.EADDRNOTAVAIL,
	reflect.TypeFor[*tcpip.ErrBroadcastDisabled]():            endpoint.EACCES,
	reflect.TypeFor[*tcpip.ErrClosedForReceive]():             endpoint.ESHUTDOWN,
	reflect.TypeFor[*tcpip.ErrClosedForSend]():                endpoint.EPIPE,
	reflect.TypeFor[*tcpip.ErrConnectStarted]():               endpoint.EINPROGRESS,
	reflect.TypeFor[*tcpip.ErrConnectionAborted]():            endpoint.ECONNABORTED,
	reflect.TypeFor[*tcpip.ErrConnectionRefused]():            endpoint.ECONNREFUSED,
	reflect.TypeFor[*tcpip.ErrConnectionReset]():              endpoint.ECONNRESET,
	reflect.TypeFor[*tcpip.ErrDestinationRequired]():          endpoint.EDESTADDRREQ,
	reflect.TypeFor[*tcpip.ErrDuplicateAddress]():             endpoint.EEXIST,
	reflect.TypeFor[*tcpip.ErrDuplicateNICID]():               endpoint.EEXIST,
	reflect.TypeFor[*tcpip.ErrEndpointBusy]():                 endpoint.EBUSY,
	reflect.TypeFor[*tcpip.ErrHostDown]():                     endpoint.EHOSTDOWN,
	reflect.TypeFor[*tcpip.ErrHostUnreachable]():              endpoint.EHOSTUNREACH,
	reflect.TypeFor[*tcpip.ErrInvalidEndpointState]():         endpoint.EINVAL,
	reflect.TypeFor[*tcpip.ErrInvalidNICID]():                 endpoint.EINVAL,
	reflect.TypeFor[*tcpip.ErrInvalidOptionValue]():           endpoint.EINVAL,
	reflect.TypeFor[*tcpip.ErrInvalidPortRange]():             endpoint.EINVAL,
	reflect.TypeFor[*tcpip.ErrMalformedHeader]():              endpoint.EINVAL,
	reflect.TypeFor[*tcpip.ErrMessageTooLong]():               endpoint.EMSGSIZE,
	reflect.TypeFor[*tcpip.ErrMissingRequiredFields]():        endpoint.EINVAL,
	reflect.TypeFor[*tcpip.ErrMulticastInputCannotBeOutput](): endpoint.EINVAL,
	reflect.TypeFor[*tcpip.ErrNetworkUnreachable]():           endpoint.ENETUNREACH,
	reflect.TypeFor[*tcpip.ErrNoBufferSpace]():                endpoint.ENOBUFS,
	reflect.TypeFor[*tcpip.ErrNoNet]():                        endpoint.ENONET,
	reflect.TypeFor[*tcpip.ErrNoPortAvailable]():              endpoint.EADDRNOTAVAIL,
	reflect.TypeFor[*tcpip.ErrNoSuchFile]():                   endpoint.ENOENT,
	reflect.TypeFor[*tcpip.ErrNotConnected]():                 endpoint.ENOTCONN,
	reflect.TypeFor[*tcpip.ErrNotPermitted]():                 endpoint.EPERM,
	reflect.TypeFor[*tcpip.ErrNotSupported]():                 endpoint.EOPNOTSUPP,
	reflect.TypeFor[*tcpip.ErrPortInUse]():                    endpoint.EADDRINUSE,
	reflect.TypeFor[*tcpip.ErrQueueSizeNotSupported]():        endpoint.ENOTTY,
	reflect.TypeFor[*tcpip.ErrTimeout]():                      endpoint.ETIMEDOUT,
	reflect.TypeFor[*tcpip.ErrUnknownDevice]():                endpoint.ENODEV,
	reflect.TypeFor[*tcpip.ErrUnknownNICID]():                 endpoint.ENODEV,
	reflect.TypeFor[*tcpip.ErrUnknownProtocol]():              endpoint.EPROTONOSUPPORT,
	reflect.TypeFor[*tcpip.ErrUnknownProtocolOption]():        endpoint.ENOPROTOOPT,
	reflect.TypeFor[*tcpip.ErrWouldBlock]():                   endpoint.EAGAIN,
}

// linuxError is an error that gVisor has no type for. What it embeds makes it a
// tcpip.Error.
type linuxError struct {
	tcpip.ErrInvalidEndpointState
	errno endpoint.Errno
}

var (
	errNetDown  tcpip.Error = &linuxError{errno: endpoint.ENETDOWN}
	errNoDevice tcpip.Error = &linuxError{errno: endpoint.ENXIO}
)

// toErrno maps an error of gVisor by its type. Nil is 0; a type that the table
// does not know, which the test rules out, is EIO.
func toErrno(err tcpip.Error) endpoint.Errno {
	if err == nil {
		return 0
	}
	if e, ok := err.(*linuxError); ok {
		return e.errno
	}
	if e, ok := errnos[reflect.TypeOf(err)]; ok {
		return e
	}
	return endpoint.EIO
}
