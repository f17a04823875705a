//go:build !linux

package facade

import "syscall"

func setKernelHostName(string) error { return syscall.ENOSYS }
