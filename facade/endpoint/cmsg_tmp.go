package endpoint

import (
	"encoding/binary"
)

func ControlLen(n int) int   { return 16 + n }
func ControlSpace(n int) int { return 16 + (n+7)&^7 }
func AppendControl(b []byte, level, typ int, data []byte) []byte {
	b = append(b, make([]byte, (8-len(b)%8)%8)...)
	b = binary.NativeEndian.AppendUint64(b, uint64(16+len(data)))
	b = binary.NativeEndian.AppendUint32(b, uint32(level))
	b = binary.NativeEndian.AppendUint32(b, uint32(typ))
	return append(b, data...)
}

type ControlMessage struct {
	Level, Type int
	Data        []byte
}

func ParseControl(b []byte) (all []ControlMessage) {
	for len(b) >= 16 {
		n := binary.NativeEndian.Uint64(b)
		if n < 16 || n > uint64(len(b)) {
			return all
		}
		all = append(all, ControlMessage{int(int32(binary.NativeEndian.Uint32(b[8:]))), int(int32(binary.NativeEndian.Uint32(b[12:]))), b[16:n]})
		b = b[min(len(b), int((n+7)&^7)):]
	}
	return all
}
