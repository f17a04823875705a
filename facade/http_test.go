package facade_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/internal/testenv"
)

// The load of TestHTTPS.
const (
	httpClients  = 32
	httpRequests = 1000
)

// body is what the server answers to a client's request.
func body(client, request int) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "client %d request %d;", client, request), 1+request%50)
}

// TestHTTPS runs net/http's server and clients, with TLS, over the stack, and
// verifies every body.
func TestHTTPS(t *testing.T) {
	testenv.LeakCheck(t)
	m := facade.New(facade.Config{})
	closeAtEnd(t, m)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var client, request int
		fmt.Sscanf(r.URL.Path, "/%d/%d", &client, &request)
		got, err := io.ReadAll(r.Body)
		if err != nil || !bytes.Equal(got, body(client, request)) {
			http.Error(w, "the request's body was changed", http.StatusBadRequest)
			return
		}
		w.Write(body(client, request))
	}))
	server.Listener.Close()
	l, err := m.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	server.Listener = l
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())

	var wg sync.WaitGroup
	for client := range httpClients {
		wg.Go(func() {
			transport := &http.Transport{
				DialContext:     m.DialContext,
				TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "example.com"},
			}
			defer transport.CloseIdleConnections()
			for request := range httpRequests {
				if err := ask(t.Context(), transport, server.URL, client, request); err != nil {
					t.Errorf("client %d, request %d: %v", client, request, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func ask(ctx context.Context, transport *http.Transport, url string, client, request int) error {
	want := body(client, request)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, fmt.Sprintf("%s/%d/%d", url, client, request), bytes.NewReader(want))
	if err != nil {
		return err
	}
	response, err := transport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err == nil && (response.StatusCode != http.StatusOK || !bytes.Equal(got, want)) {
		err = errors.New(response.Status + ": the answer's body was changed")
	}
	return err
}
