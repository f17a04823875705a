package netstack_test

import (
	"runtime"
	"sync"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
	"github.com/usernet-stack/usernet/facade/netstack"
)

// TestEveryMethodAtOnce calls all there is on one socket, through refusals,
// disconnects and at last its end.
func TestEveryMethodAtOnce(t *testing.T) {
	p := host(t)
	for name, typ := range map[string]int{"stream": endpoint.SOCK_STREAM, "datagram": endpoint.SOCK_DGRAM} {
		for end, finish := range map[string]func(*netstack.Endpoint){
			"Close": func(e *netstack.Endpoint) { e.Close() }, "Abort": (*netstack.Endpoint).Abort,
		} {
			t.Run(name+" "+end, func(t *testing.T) {
				e := open(t, p, endpoint.AF_INET, typ)
				var wg, begun sync.WaitGroup
				done := make(chan struct{})
				for _, call := range calls {
					begun.Add(1)
					wg.Go(func() {
						for range 20 {
							call(e)
						}
						begun.Done()
						for call(e) != endpoint.EBADF {
							runtime.Gosched()
						}
					})
				}
				wg.Go(func() {
					var i endpoint.Info
					w := &endpoint.Waiter{Mark: func(endpoint.Events) {}}
					for {
						e.Subscribe(w)
						e.Ready()
						e.Info(&i)
						e.Unsubscribe(w)
						select {
						case <-done:
							return
						default:
							runtime.Gosched()
						}
					}
				})
				begun.Wait()
				finish(e)
				close(done)
				wg.Wait()
				if n := p.Table().Len(); n != 0 {
					t.Errorf("%d sockets in the table", n)
				}
			})
		}
	}
}

// TestOptionsOutliveReplacements sets options while disconnects replace what is
// under the socket: none may be lost.
func TestOptionsOutliveReplacements(t *testing.T) {
	e := open(t, host(t), endpoint.AF_INET, endpoint.SOCK_STREAM)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				e.Connect(endpoint.SockaddrUnspec())
			}
		}
	})
	for i := range 200 {
		seconds := 1 + i
		ok(t, "TCP_KEEPIDLE", setInt(e, endpoint.IPPROTO_TCP, endpoint.TCP_KEEPIDLE, seconds))
		if v := getInt(t, e, endpoint.IPPROTO_TCP, endpoint.TCP_KEEPIDLE); v != seconds {
			t.Errorf("TCP_KEEPIDLE %d, want %d", v, seconds)
		}
	}
	close(stop)
	wg.Wait()
}
