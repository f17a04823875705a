// Package optiontable is the table of socket options of the stack path: one row for
// every option that Linux has, with what the stack makes of it. The tests hold the
// stack and the kernel to the rows; docs/options.md is printed from them. Programs do
// not need it.
package optiontable

//go:generate go run ../../../internal/optiondocs ../../../docs/options.md
