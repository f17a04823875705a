//go:build race

package kernel

import (
	"runtime"
	"unsafe"
)

// raceIO orders sends before receives for the race detector, which does not see
// what the kernel does: as package syscall does with ioSync.
var raceIO byte

func raceSend(bufs [][]byte) {
	for _, b := range bufs {
		if len(b) > 0 {
			runtime.RaceReadRange(unsafe.Pointer(unsafe.SliceData(b)), len(b))
		}
	}
	runtime.RaceReleaseMerge(unsafe.Pointer(&raceIO))
}

// raceRecv tells of the n bytes that were written to bufs.
func raceRecv(bufs [][]byte, n int) {
	for _, b := range bufs {
		k := min(n, len(b))
		if k == 0 {
			continue
		}
		runtime.RaceWriteRange(unsafe.Pointer(unsafe.SliceData(b)), k)
		n -= k
	}
	runtime.RaceAcquire(unsafe.Pointer(&raceIO))
}
