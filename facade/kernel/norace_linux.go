//go:build !race

package kernel

func raceSend([][]byte)      {}
func raceRecv([][]byte, int) {}
