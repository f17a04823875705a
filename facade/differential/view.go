package differential

import (
	"github.com/usernet-stack/usernet/facade"
)

// view is what is seen of a socket between calls.
type view struct {
	open        bool
	events      facade.Events
	local, peer answer
	// queue is what FIONREAD tells.
	queue answer
}

// The aspects of a step that are compared.
type aspect uint8

const (
	result aspect = iota // of the call
	events
	local
	peer
	queue
	aspects
)

var aspectNames = [aspects]string{
	result: "answer", events: "events", local: "getsockname", peer: "getpeername", queue: "FIONREAD",
}

// String returns the name for people.
func (a aspect) String() string { return aspectNames[a] }

// allEvents are those that poll is asked for.
const allEvents = facade.POLLIN | facade.POLLPRI | facade.POLLOUT | facade.POLLERR | facade.POLLHUP | facade.POLLRDHUP

// look brings the views up to date.
func (w *world) look() {
	fds := w.fds[:0]
	for _, s := range w.sockets {
		fds = append(fds, facade.PollFD{Socket: s, Events: allEvents})
	}
	facade.Poll(fds, 0)
	for s, sock := range w.sockets {
		w.views[s] = view{}
		if sock != nil {
			w.views[s] = w.see(s, sock, fds[s].Revents)
		}
	}
}

func (w *world) see(s int, sock *facade.Socket, shown facade.Events) view {
	typ := w.kinds[s].typ
	v := view{open: true, events: shown}
	name := func(a facade.Addr, err error) answer {
		if err != nil {
			return failed(err)
		}
		return answer{addr: w.nameAddress(a, typ, s)}
	}
	v.local = name(sock.GetSockName())
	v.peer = name(sock.GetPeerName())
	n, err := sock.IoctlInt(fionread, 0)
	v.queue = failed(err)
	v.queue.n = n
	return v
}

// answer returns an aspect other than the events.
func (v *view) answer(a aspect) *answer {
	switch a {
	case local:
		return &v.local
	case peer:
		return &v.peer
	}
	return &v.queue
}
