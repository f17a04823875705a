// Package link holds link endpoints that need no device: a loopback, a cable
// that joins two stacks inside one process, and the middleware that stands
// between a stack and its link.
//
// Every link of this package carries IP packets (no Ethernet header), may be
// used by several goroutines at once, and never blocks in WritePackets: a
// queue that is full is counted and answered with tcpip.ErrNoBufferSpace.
//
// Links with segmentation offload hand TCP super-segments across as they are,
// with the size of their segments beside them. A stack made by package stack
// knows what to do with one that it has to forward; a bare gVisor stack that
// forwards between such links does not, and wants CableConfig.DisableGSO.
package link
