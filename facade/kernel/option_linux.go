package kernel

import "github.com/usernet-stack/usernet/facade/endpoint"

// SetSockOpt wraps setsockopt(2).
func (e *Endpoint) SetSockOpt(level, opt int, v []byte) endpoint.Errno {
	if !e.acquire() {
		return endpoint.EBADF
	}
	defer e.release()
	if !isInt32(level) || !isInt32(opt) {
		return endpoint.ENOPROTOOPT
	}
	if !isInt32(len(v)) {
		return endpoint.EINVAL
	}
	return setsockopt(e.fd.n, level, opt, v)
}

// GetSockOpt wraps getsockopt(2). A buffer too short is filled as far as the
// kernel fills it, which for most options is as far as it goes.
func (e *Endpoint) GetSockOpt(level, opt int, v []byte) (int, endpoint.Errno) {
	if !e.acquire() {
		return 0, endpoint.EBADF
	}
	defer e.release()
	if !isInt32(level) || !isInt32(opt) {
		return 0, endpoint.ENOPROTOOPT
	}
	return getsockopt(e.fd.n, level, opt, v)
}
