//go:build !linux

package differential_test

// enterNamespace does nothing: network namespaces are Linux's.
func enterNamespace() (bool, error) { return false, nil }
