package main

import (
	"bytes"
	"fmt"
	"io"
	"time"
)

// Report is what usernet demo prints; its JSON is with --json.
type Report struct {
	// Path is "stack" or "kernel".
	Path      string     `json:"path"`
	Exchanges []Exchange `json:"exchanges"`
	// Capture is the file that --pcap named.
	Capture string `json:"capture,omitempty"`
}

// Exchange is one echo server with its client.
type Exchange struct {
	Name           string        `json:"name"`
	Listening      string        `json:"listening"`
	Connected      string        `json:"connected_to"`
	Client         string        `json:"client"`
	ConnectedBy    string        `json:"connected_by"`
	Sent           string        `json:"client_sent"`
	ServerReceived string        `json:"server_received"`
	Received       string        `json:"client_received"`
	RoundTrip      time.Duration `json:"round_trip_ns"`
	Transferred    int           `json:"transferred_bytes"`
	Took           time.Duration `json:"transfer_ns"`
}

// bytesPerSecond counts what went one way; the echo doubles it.
func (x Exchange) bytesPerSecond() float64 { return float64(x.Transferred) / x.Took.Seconds() }

func (r Report) print(w io.Writer) error {
	var b bytes.Buffer
	if r.Path == pathKernel {
		fmt.Fprintln(&b, "The kernel's loopback.")
	} else {
		fmt.Fprintln(&b, "A stack of its own in this process: lo with 127.0.0.1 and ::1.")
	}
	for _, x := range r.Exchanges {
		fmt.Fprintf(&b, "\n%s\n", x.Name)
		for _, line := range [][2]string{
			{"server", "listens on " + x.Listening},
			{"client", fmt.Sprintf("%s connected to %s", x.Client, x.Connected)},
			{"server", "connected by " + x.ConnectedBy},
			{"client", fmt.Sprintf("sent     %q", x.Sent)},
			{"server", fmt.Sprintf("received %q and sent it back", x.ServerReceived)},
			{"client", fmt.Sprintf("received %q", x.Received)},
		} {
			fmt.Fprintf(&b, "  %-7s %s\n", line[0], line[1])
		}
		fmt.Fprintf(&b, "  round trip %v (median of %d); %.0f MiB echoed in %v, %.2f GB/s each way\n",
			x.RoundTrip, roundTrips, float64(x.Transferred)/(1<<20), x.Took.Round(time.Millisecond/10), x.bytesPerSecond()/1e9)
	}
	if r.Capture != "" {
		fmt.Fprintf(&b, "\nWhat crossed the stack is in %s.\n", r.Capture)
	}
	_, err := w.Write(b.Bytes())
	return err
}
