package facade

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// The four forms of AF_BLUETOOTH's addresses: which one counts, the socket's
// protocol says. A device is "00:11:22:33:44:55", most significant byte first.
type (
	// L2CAPAddr is the address of BTPROTO_L2CAP.
	L2CAPAddr struct {
		Device string
		// PSM is the protocol/service multiplexer, in host byte order.
		PSM uint16
		// CID is the channel; 0 for connection-oriented channels.
		CID uint16
		// DeviceType is BDADDR_BREDR (0), BDADDR_LE_PUBLIC (1) or
		// BDADDR_LE_RANDOM (2).
		DeviceType uint8
	}
	// RFCOMMAddr is the address of BTPROTO_RFCOMM.
	RFCOMMAddr struct {
		Device  string
		Channel uint8
	}
	// HCIAddr is the address of BTPROTO_HCI.
	HCIAddr struct {
		// Device is the number of the adapter.
		Device uint16
		// Channel is HCI_CHANNEL_*.
		Channel uint16
	}
	// SCOAddr is the address of BTPROTO_SCO.
	SCOAddr struct{ Device string }
)

var (
	_ Addr = L2CAPAddr{}
	_ Addr = RFCOMMAddr{}
	_ Addr = HCIAddr{}
	_ Addr = SCOAddr{}
)

// sizeofDevice is that of bdaddr_t.
const sizeofDevice = 6

// Family returns AF_BLUETOOTH.
func (L2CAPAddr) Family() Family { return AF_BLUETOOTH }

// Network returns "l2cap".
func (L2CAPAddr) Network() string { return "l2cap" }

// String returns "device psm 1".
func (a L2CAPAddr) String() string { return fmt.Sprintf("%s psm %d", a.Device, a.PSM) }

func (a L2CAPAddr) sockaddr(c call) (endpoint.Sockaddr, error) {
	raw := binary.LittleEndian.AppendUint16(appendFamily(nil, AF_BLUETOOTH), a.PSM)
	return c.bluetooth(BTPROTO_L2CAP, raw, a.Device, byte(a.CID), byte(a.CID>>8), a.DeviceType, 0)
}

// Family returns AF_BLUETOOTH.
func (RFCOMMAddr) Family() Family { return AF_BLUETOOTH }

// Network returns "rfcomm".
func (RFCOMMAddr) Network() string { return "rfcomm" }

// String returns "device channel 1".
func (a RFCOMMAddr) String() string { return fmt.Sprintf("%s channel %d", a.Device, a.Channel) }

func (a RFCOMMAddr) sockaddr(c call) (endpoint.Sockaddr, error) {
	return c.bluetooth(BTPROTO_RFCOMM, appendFamily(nil, AF_BLUETOOTH), a.Device, a.Channel, 0)
}

// Family returns AF_BLUETOOTH.
func (SCOAddr) Family() Family { return AF_BLUETOOTH }

// Network returns "sco".
func (SCOAddr) Network() string { return "sco" }

// String returns the device.
func (a SCOAddr) String() string { return a.Device }

func (a SCOAddr) sockaddr(c call) (endpoint.Sockaddr, error) {
	return c.bluetooth(BTPROTO_SCO, appendFamily(nil, AF_BLUETOOTH), a.Device)
}

// Family returns AF_BLUETOOTH.
func (HCIAddr) Family() Family { return AF_BLUETOOTH }

// Network returns "hci".
func (HCIAddr) Network() string { return "hci" }

// String returns "hci0 channel 1".
func (a HCIAddr) String() string { return fmt.Sprintf("hci%d channel %d", a.Device, a.Channel) }

func (a HCIAddr) sockaddr(c call) (endpoint.Sockaddr, error) {
	if err := c.wantProtocol(BTPROTO_HCI); err != nil {
		return endpoint.Sockaddr{}, err
	}
	raw := binary.NativeEndian.AppendUint16(appendFamily(nil, AF_BLUETOOTH), a.Device)
	sa, _ := endpoint.SockaddrFromBytes(binary.NativeEndian.AppendUint16(raw, a.Channel))
	return sa, nil
}

// bluetooth ends an address with a device and what follows it.
func (c call) bluetooth(proto int, raw []byte, device string, rest ...byte) (endpoint.Sockaddr, error) {
	if err := c.wantProtocol(proto); err != nil {
		return endpoint.Sockaddr{}, err
	}
	parts := strings.Split(device, ":")
	if len(parts) != sizeofDevice {
		return endpoint.Sockaddr{}, c.refuse("bad bluetooth address " + strconv.Quote(device))
	}
	for i := range parts { // bdaddr_t is least significant byte first
		b, err := strconv.ParseUint(parts[len(parts)-1-i], 16, 8)
		if err != nil {
			return endpoint.Sockaddr{}, c.refuse("bad bluetooth address " + strconv.Quote(device))
		}
		raw = append(raw, byte(b))
	}
	sa, _ := endpoint.SockaddrFromBytes(append(raw, rest...))
	return sa, nil
}

func (c call) wantProtocol(proto int) error {
	if c.d.proto != proto {
		return c.refuse(fmt.Sprintf("address is of bluetooth protocol %d, the socket of %d", proto, c.d.proto))
	}
	return nil
}

func decodeBluetooth(t *traffic, sa endpoint.Sockaddr) (Addr, bool) {
	raw := sa.Bytes()[2:]
	switch {
	case t.proto == BTPROTO_L2CAP && len(raw) >= 2+sizeofDevice+3:
		return L2CAPAddr{
			PSM: binary.LittleEndian.Uint16(raw), Device: deviceName(raw[2:]),
			CID: binary.LittleEndian.Uint16(raw[8:]), DeviceType: raw[10],
		}, true
	case t.proto == BTPROTO_RFCOMM && len(raw) >= sizeofDevice+1:
		return RFCOMMAddr{Device: deviceName(raw), Channel: raw[sizeofDevice]}, true
	case t.proto == BTPROTO_HCI && len(raw) >= 4:
		return HCIAddr{Device: binary.NativeEndian.Uint16(raw), Channel: binary.NativeEndian.Uint16(raw[2:])}, true
	case t.proto == BTPROTO_SCO && len(raw) >= sizeofDevice:
		return SCOAddr{Device: deviceName(raw)}, true
	}
	return nil, false
}

func deviceName(raw []byte) string {
	return fmt.Sprintf("%02X:%02X:%02X:%02X:%02X:%02X", raw[5], raw[4], raw[3], raw[2], raw[1], raw[0])
}
