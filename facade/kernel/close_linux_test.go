package kernel_test

import (
	"sync"
	"testing"
	"time"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/kernel"
	"golang.org/x/sys/unix"
)

// TestCloseUnderUse closes sockets that others use, while numbers are reused
// at once: nobody may ever see data of another pair.
func TestCloseUnderUse(t *testing.T) {
	p := newProvider(t, kernel.Config{})
	var wg sync.WaitGroup
	for worker := range 2 {
		wg.Go(func() {
			for range 500 {
				closeUnderUse(t, p, byte(worker))
			}
		})
	}
	wg.Wait()
}

func closeUnderUse(t *testing.T, p *kernel.Provider, id byte) {
	pair, errno := p.Pair(endpoint.AF_UNIX, endpoint.SOCK_DGRAM, 0, endpoint.Cred{})
	if errno != 0 {
		t.Errorf("Pair: %v", errno)
		return
	}
	var wg sync.WaitGroup
	users := []func() endpoint.Errno{
		func() endpoint.Errno {
			_, errno := pair[0].Send(&endpoint.Message{Iov: [][]byte{{id}}})
			return errno
		},
		func() endpoint.Errno {
			b := []byte{id}
			_, errno := pair[1].Recv(&endpoint.Message{Iov: [][]byte{b}})
			if b[0] != id {
				t.Error("received what was sent to another socket")
			}
			return errno
		},
		func() endpoint.Errno { _, errno := pair[1].LocalAddr(); return errno },
		func() endpoint.Errno { pair[0].Ready(); pair[1].Info(&endpoint.Info{}); return 0 },
	}
	started := make(chan struct{}, len(users))
	for _, use := range users {
		wg.Go(func() {
			for i := range 20 {
				errno := use()
				if i == 0 {
					started <- struct{}{}
				}
				if errno == endpoint.EBADF {
					return
				}
			}
		})
	}
	<-started
	wg.Go(func() { pair[1].Close() })
	pair[0].Close()
	pair[0].Close()
	wg.Wait()
	for _, e := range pair {
		if errno := use(e); errno != endpoint.EBADF {
			t.Errorf("after Close: %v, want EBADF", errno)
		}
	}
}

func use(e endpoint.Endpoint) endpoint.Errno {
	_, errno := e.Send(&endpoint.Message{})
	return errno
}

func TestProviderCloseUnderUse(t *testing.T) {
	for range 20 {
		p := newProvider(t, kernel.Config{})
		var wg sync.WaitGroup
		made := make(chan struct{}, 3)
		for range 3 {
			wg.Go(func() {
				for i := 0; ; i++ {
					e, errno := p.Socket(endpoint.AF_INET, endpoint.SOCK_DGRAM, 0, endpoint.Cred{})
					if i == 3 {
						made <- struct{}{}
					}
					if errno == endpoint.EBADF {
						return
					}
					if errno != 0 || i%2 == 0 {
						continue
					}
					e.Close()
				}
			})
		}
		<-made
		wg.Go(func() { p.Close() })
		p.Close()
		wg.Wait()
	}
}

func TestTableFull(t *testing.T) {
	p := newProvider(t, kernel.Config{MaxSockets: 2})
	l := listener(t, p, loopbacks[0].any)
	c := open(t, p, endpoint.AF_INET, endpoint.SOCK_STREAM)
	_, errno := p.Socket(endpoint.AF_INET, endpoint.SOCK_STREAM, 0, endpoint.Cred{})
	want(t, "Socket", errno, endpoint.ENFILE)
	ok(t, "connect", connect(t, c, local(t, l)))
	errno = wait(t, l, endpoint.Readable, func() endpoint.Errno { _, _, errno := l.Accept(); return errno })
	want(t, "Accept", errno, endpoint.ENFILE)
	if n, errno := recv(t, c, make([]byte, 1)); n != 0 || errno != 0 {
		t.Errorf("the refused connection was not closed: %d, %v", n, errno)
	}
	c.Close()
	_, errno = p.Pair(endpoint.AF_UNIX, endpoint.SOCK_STREAM, 0, endpoint.Cred{})
	want(t, "Pair with room for one", errno, endpoint.ENFILE)
	if n := p.Table().Len(); n != 1 {
		t.Errorf("%d sockets in the table, want 1", n)
	}
	l.Close()
	pair, errno := p.Pair(endpoint.AF_UNIX, endpoint.SOCK_STREAM, 0, endpoint.Cred{UID: 7})
	ok(t, "Pair", errno)
	for i, entry := range p.Table().All() {
		if entry.Endpoint != pair[i] || entry.Cookie != pair[i].(*kernel.Endpoint).Cookie() || entry.Cred.UID != 7 {
			t.Errorf("entry %+v", entry)
		}
	}
}

func TestAbortResets(t *testing.T) {
	p := newProvider(t, kernel.Config{})
	client, server := tcpPair(t, p, loopbacks[0].any)
	client.Abort()
	_, errno := recv(t, server, make([]byte, 1))
	want(t, "Recv", errno, endpoint.ECONNRESET)
	client.Abort()
	want(t, "Close", client.Close(), 0)
}

// TestCloseDoesNotLinger has data that nobody reads, and a long SO_LINGER: with
// it close(2) would park.
func TestCloseDoesNotLinger(t *testing.T) {
	p := newProvider(t, kernel.Config{})
	client, server := tcpPair(t, p, loopbacks[0].any)
	linger := append(int32Bytes(1), int32Bytes(int(watchdog/time.Second)*2)...)
	ok(t, "SetSockOpt", client.SetSockOpt(endpoint.SOL_SOCKET, endpoint.SO_LINGER, linger))
	for {
		if _, errno := client.Send(&endpoint.Message{Iov: [][]byte{make([]byte, 1<<20)}}); errno != 0 {
			want(t, "Send", errno, endpoint.EAGAIN)
			break
		}
	}
	begin := time.Now()
	client.Close()
	if took := time.Since(begin); took > watchdog {
		t.Errorf("Close took %v", took)
	}
	buf := make([]byte, 1<<20)
	for {
		n, errno := recv(t, server, buf)
		ok(t, "Recv", errno)
		if n == 0 {
			break
		}
	}
}

func TestClosedAndZeroValues(t *testing.T) {
	p := newProvider(t, kernel.Config{})
	closed := open(t, p, endpoint.AF_INET, endpoint.SOCK_STREAM)
	closed.Close()
	for name, e := range map[string]*kernel.Endpoint{"nil": nil, "zero": {}, "closed": closed} {
		t.Run(name, func(t *testing.T) {
			var errnos []endpoint.Errno
			add := func(_ int, errno endpoint.Errno) { errnos = append(errnos, errno) }
			_, _, errno := e.Accept()
			_, local := e.LocalAddr()
			_, peer := e.PeerAddr()
			errnos = append(errnos, errno, local, peer, e.Bind(endpoint.Sockaddr{}), e.Listen(1),
				e.Connect(endpoint.Sockaddr{}), e.Shutdown(0), e.SetSockOpt(1, 2, nil))
			add(e.Send(nil))
			add(e.Recv(nil))
			add(e.SendBatch(nil))
			add(e.RecvBatch(nil))
			add(e.GetSockOpt(1, 2, nil))
			add(e.Ioctl(endpoint.FIONREAD, nil))
			for i, errno := range errnos {
				if errno != endpoint.EBADF {
					t.Errorf("call %d: %v, want EBADF", i, errno)
				}
			}
			w := &endpoint.Waiter{Mark: func(endpoint.Events) {}}
			e.Subscribe(w)
			e.Unsubscribe(w)
			e.Subscribe(nil)
			e.Unsubscribe(nil)
			info := endpoint.Info{RecvQueue: 7}
			e.Info(&info)
			e.Info(nil)
			e.Abort()
			if info.RecvQueue != 0 || e.FD() != -1 || e.Ready()&endpoint.POLLIN == 0 {
				t.Errorf("info %+v, descriptor %d, ready %#x", info, e.FD(), e.Ready())
			}
		})
	}
	open := open(t, p, endpoint.AF_INET, endpoint.SOCK_DGRAM)
	_, errno := open.Send(nil)
	want(t, "Send(nil)", errno, endpoint.EFAULT)
	_, errno = open.Recv(nil)
	want(t, "Recv(nil)", errno, endpoint.EFAULT)
}

func TestNilAndZeroProvider(t *testing.T) {
	for _, p := range []*kernel.Provider{nil, {}} {
		before := countFDs(t)
		_, errno := p.Socket(endpoint.AF_INET, endpoint.SOCK_STREAM, 0, endpoint.Cred{})
		want(t, "Socket", errno, endpoint.EBADF)
		_, errno = p.Pair(endpoint.AF_UNIX, endpoint.SOCK_STREAM, 0, endpoint.Cred{})
		want(t, "Pair", errno, endpoint.EBADF)
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, errno = p.Adopt(fd)
		want(t, "Adopt", errno, endpoint.EBADF)
		unix.Close(fd)
		if p.Table().Len() != 0 || p.Executor() == nil || p.Close() != nil || countFDs(t) != before {
			t.Error("a provider that is none left something behind")
		}
	}
}
