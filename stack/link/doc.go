// Package link holds link endpoints that need no device: a loopback, a cable
// that joins two stacks inside one process, a switch that joins any number of
// them, and the middleware that stands between a stack and its link: a capture, a
// segmenter, impairments.
//
// Loopback and cable carry IP packets; a port of a switch carries Ethernet
// frames, with ARP and NDP. Every link may be used by several goroutines at once
// and never blocks in WritePackets: what a full queue has no room for is counted,
// and answered with tcpip.ErrNoBufferSpace where one end is full for all that the
// sender has to say. A switch and an impairment drop it.
//
// Middleware is put together from the link upwards. Impairments take packets as
// they are on a wire, so a Segmenter goes above them; a Capture shows what a
// stack and its link say to each other at the place where it stands.
//
// Links with segmentation offload hand TCP super-segments across as they are,
// with the size of their segments beside them. A stack made by package stack
// knows what to do with one that it has to forward; a bare gVisor stack that
// forwards between such links does not, and wants CableConfig.DisableGSO.
package link
