package dns

import (
	"encoding/binary"
	"io"
	"net"
	"time"
)

// messageConn carries whole messages.
type messageConn interface {
	SetDeadline(t time.Time) error
	write(message []byte) error
	// read returns the length of a message in b, which has room for any.
	read(b []byte) (int, error)
}

// datagramConn has a message in each datagram.
type datagramConn struct{ net.Conn }

func (c datagramConn) write(message []byte) error {
	_, err := c.Write(message)
	return err
}

func (c datagramConn) read(b []byte) (int, error) { return c.Read(b) }

// streamConn has the length before each message: RFC 1035 section 4.2.2.
type streamConn struct{ net.Conn }

// write sends the length along with the message: RFC 7766 section 8.
func (c streamConn) write(message []byte) error {
	framed := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(message)), uint16(len(message)))
	_, err := c.Write(append(framed, message...))
	return err
}

func (c streamConn) read(b []byte) (int, error) {
	var length [2]byte
	if _, err := io.ReadFull(c, length[:]); err != nil {
		return 0, err
	}
	return io.ReadFull(c, b[:binary.BigEndian.Uint16(length[:])])
}
