//go:build !linux

package endpoint

import "syscall"

// hostErrnos maps Linux's error numbers to the host's, by name.
var hostErrnos = map[Errno]syscall.Errno{
	EPERM:           syscall.EPERM,
	ENOENT:          syscall.ENOENT,
	EINTR:           syscall.EINTR,
	EIO:             syscall.EIO,
	ENXIO:           syscall.ENXIO,
	EBADF:           syscall.EBADF,
	EAGAIN:          syscall.EAGAIN,
	ENOMEM:          syscall.ENOMEM,
	EACCES:          syscall.EACCES,
	EFAULT:          syscall.EFAULT,
	EBUSY:           syscall.EBUSY,
	EEXIST:          syscall.EEXIST,
	ENODEV:          syscall.ENODEV,
	ENOTDIR:         syscall.ENOTDIR,
	EISDIR:          syscall.EISDIR,
	EINVAL:          syscall.EINVAL,
	ENFILE:          syscall.ENFILE,
	EMFILE:          syscall.EMFILE,
	ENOTTY:          syscall.ENOTTY,
	ENOSPC:          syscall.ENOSPC,
	ESPIPE:          syscall.ESPIPE,
	EROFS:           syscall.EROFS,
	EPIPE:           syscall.EPIPE,
	EDOM:            syscall.EDOM,
	ERANGE:          syscall.ERANGE,
	EDEADLK:         syscall.EDEADLK,
	ENAMETOOLONG:    syscall.ENAMETOOLONG,
	ENOSYS:          syscall.ENOSYS,
	ELOOP:           syscall.ELOOP,
	EPROTO:          syscall.EPROTO,
	EOVERFLOW:       syscall.EOVERFLOW,
	EILSEQ:          syscall.EILSEQ,
	ENOTSOCK:        syscall.ENOTSOCK,
	EDESTADDRREQ:    syscall.EDESTADDRREQ,
	EMSGSIZE:        syscall.EMSGSIZE,
	EPROTOTYPE:      syscall.EPROTOTYPE,
	ENOPROTOOPT:     syscall.ENOPROTOOPT,
	EPROTONOSUPPORT: syscall.EPROTONOSUPPORT,
	ESOCKTNOSUPPORT: syscall.ESOCKTNOSUPPORT,
	EOPNOTSUPP:      syscall.EOPNOTSUPP,
	EPFNOSUPPORT:    syscall.EPFNOSUPPORT,
	EAFNOSUPPORT:    syscall.EAFNOSUPPORT,
	EADDRINUSE:      syscall.EADDRINUSE,
	EADDRNOTAVAIL:   syscall.EADDRNOTAVAIL,
	ENETDOWN:        syscall.ENETDOWN,
	ENETUNREACH:     syscall.ENETUNREACH,
	ENETRESET:       syscall.ENETRESET,
	ECONNABORTED:    syscall.ECONNABORTED,
	ECONNRESET:      syscall.ECONNRESET,
	ENOBUFS:         syscall.ENOBUFS,
	EISCONN:         syscall.EISCONN,
	ENOTCONN:        syscall.ENOTCONN,
	ESHUTDOWN:       syscall.ESHUTDOWN,
	ETOOMANYREFS:    syscall.ETOOMANYREFS,
	ETIMEDOUT:       syscall.ETIMEDOUT,
	ECONNREFUSED:    syscall.ECONNREFUSED,
	EHOSTDOWN:       syscall.EHOSTDOWN,
	EHOSTUNREACH:    syscall.EHOSTUNREACH,
	EALREADY:        syscall.EALREADY,
	EINPROGRESS:     syscall.EINPROGRESS,
	ESTALE:          syscall.ESTALE,
	EDQUOT:          syscall.EDQUOT,
	ECANCELED:       syscall.ECANCELED,
}

// Host returns the host's errno of the same name, or EINVAL for one that only
// Linux has.
func (e Errno) Host() syscall.Errno {
	if e == 0 {
		return 0
	}
	if h, ok := hostErrnos[e]; ok {
		return h
	}
	return syscall.EINVAL
}
