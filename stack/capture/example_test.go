package capture_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/usernet-stack/usernet/stack/capture"
)

// The last three files of a megabyte each are kept.
func Example_rotation() {
	folder, err := os.MkdirTemp("", "capture")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	r, err := capture.NewFile(filepath.Join(folder, "vpn.pcapng"), capture.Config{MaxSize: 1 << 20, Files: 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	tun, err := r.Interface(capture.InterfaceConfig{Name: "tun0"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for n := range 10_000 {
		tun.Record(capture.Outbound, udp4(n, 472))
	}
	tun.RecordDrop(capture.Inbound, udp4(10_000, 472), "queue full")
	if err := r.Close(); err != nil {
		fmt.Println(err)
	}
	names, _ := filepath.Glob(filepath.Join(folder, "*"))
	for _, name := range names {
		fmt.Println(filepath.Base(name))
	}
	fmt.Println(r.Stats().Packets, "packets")
	// Output:
	// vpn.000004.pcapng
	// vpn.000005.pcapng
	// vpn.000006.pcapng
	// 10001 packets
}
