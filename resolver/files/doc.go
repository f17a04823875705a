// Package files reads and writes the files that names come from: hosts(5),
// resolv.conf(5), nsswitch.conf(5), services(5) and protocols(5).
//
// The parsers read what glibc reads. A line that glibc skips is skipped: only a
// reader's error and a file over its cap (ErrTooLarge) are errors. Lines over 64
// KiB are skipped, and a line ends at a NUL byte. What they return is not changed
// afterwards and is safe for concurrent use; a nil table is an empty one.
//
// The package opens no file of its own accord: File reads the one that it is told.
package files
