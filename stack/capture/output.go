package capture

import (
	"bytes"
	"errors"
	"io"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/pcapgo"
)

// statisticsSize is the size of an interface statistics block with the four
// options that are written.
const statisticsSize = 76

// errFull means that a packet has no place within the size cap.
var errFull = errors.New("capture: size cap reached")

// output makes pcapng of packets. It is used by one goroutine at a time.
type output struct {
	target  target
	section pcapgo.NgSectionInfo
	max     int64
	rotate  bool

	interfaces []*Interface // known when the packets at hand were taken

	w         io.Writer // nil while no file is open
	ng        *pcapgo.NgWriter
	buf       bytes.Buffer // blocks that the target does not have yet
	written   int64        // bytes of this file that the target has
	described int          // interfaces of this file
	packets   int          // of this file, also those in buf

	files  int
	total  uint64    // packets that the target took, of all files
	fresh  uint64    // packets in buf
	spoilt uint64    // packets that were in buf when the target failed
	bytes  uint64    // that the target took, of all files
	last   time.Time // timestamp of the last packet
}

// open makes sure that there is a file.
func (o *output) open() error {
	if o.w != nil {
		return nil
	}
	w, err := o.target.open()
	if err != nil {
		return err
	}
	o.w, o.ng, o.written, o.described, o.packets = w, nil, 0, 0, 0
	o.files++
	return nil
}

// describe writes what the file does not say yet about the interfaces.
func (o *output) describe() error {
	for ; o.described < len(o.interfaces); o.described++ {
		start := o.buf.Len()
		if err := o.writeInterface(o.interfaces[o.described].description); err != nil {
			return err
		}
		if !o.fits(o.described + 1) {
			o.buf.Truncate(start)
			return errFull
		}
	}
	return nil
}

func (o *output) writeInterface(intf pcapgo.NgInterface) (err error) {
	if o.ng == nil {
		o.ng, err = pcapgo.NewNgWriterInterface(&o.buf, intf, pcapgo.NgWriterOptions{SectionInfo: o.section})
	} else {
		_, err = o.ng.AddInterface(intf)
	}
	if err != nil {
		return err
	}
	return o.ng.Flush()
}

// fits tells whether there is room for the statistics of the interfaces after
// what has been written.
func (o *output) fits(interfaces int) bool {
	return o.max == 0 || o.written+int64(o.buf.Len()+interfaces*statisticsSize) <= o.max
}

// packet writes a packet, in the next file if it does not fit into this one.
// errFull: it fits into none.
func (o *output) packet(ci gopacket.CaptureInfo, data []byte, opts pcapgo.NgPacketOptions) error {
	for {
		if err := o.open(); err != nil {
			return err
		}
		err := o.tryPacket(ci, data, opts)
		if !errors.Is(err, errFull) || !o.rotate || o.packets == 0 {
			return err
		}
		if err := o.end(o.last); err != nil {
			return err
		}
	}
}

func (o *output) tryPacket(ci gopacket.CaptureInfo, data []byte, opts pcapgo.NgPacketOptions) error {
	if err := o.describe(); err != nil {
		return err
	}
	start := o.buf.Len()
	err := o.ng.WritePacketWithOptions(ci, data, opts)
	if err == nil {
		err = o.ng.Flush()
	}
	if err != nil {
		return err
	}
	if !o.fits(o.described) {
		o.buf.Truncate(start)
		return errFull
	}
	o.packets++
	o.fresh++
	o.last = ci.Timestamp
	return nil
}

// flush hands the target whole blocks. After an error the file ends with the
// last block that the target took in an earlier call, where it can be cut.
func (o *output) flush() error {
	if o.buf.Len() == 0 {
		return nil
	}
	n, err := o.w.Write(o.buf.Bytes())
	if err == nil && n < o.buf.Len() {
		err = io.ErrShortWrite
	}
	if err != nil {
		o.spoil()
		o.target.cut(o.written)
		return err
	}
	o.total += o.fresh
	o.fresh = 0
	o.written += int64(n)
	o.bytes += uint64(n)
	o.buf.Reset()
	return nil
}

// spoil forgets the packets that the target will not get.
func (o *output) spoil() {
	o.spoilt += o.fresh
	o.fresh = 0
	o.buf.Reset()
}

// end writes the statistics of the interfaces and closes the file.
func (o *output) end(at time.Time) error {
	if o.w == nil {
		return nil
	}
	var err error
	for i := 0; i < o.described && err == nil; i++ {
		intf := o.interfaces[i]
		err = o.ng.WriteInterfaceStats(i, pcapgo.NgInterfaceStatistics{
			LastUpdate: at, StartTime: intf.since, EndTime: at,
			PacketsReceived: intf.received, PacketsDropped: intf.dropped,
		})
	}
	if err == nil && o.ng != nil {
		err = o.ng.Flush()
	}
	if err == nil {
		err = o.flush()
	}
	o.w = nil
	return errors.Join(err, o.target.close())
}
