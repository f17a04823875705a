package facade

import "golang.org/x/sys/unix"

func setKernelHostName(name string) error { return unix.Sethostname([]byte(name)) }
