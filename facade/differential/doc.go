// Package differential runs programs of socket calls on two paths, the stack and
// the kernel, in lockstep, and tells where they differ: in an answer (number,
// errno, data, address), or in what poll(2), getsockname(2), getpeername(2) and
// FIONREAD show of any socket after each call. The kernel is the judge.
//
// A Program is a list of calls whose arguments are chosen from small pools, so
// that any bytes are a program: that is the input of the fuzz target. Differences
// that are known stand in a table, each with its reason and a program that shows
// it. A program that shows an unknown one is made small before it is reported.
package differential
