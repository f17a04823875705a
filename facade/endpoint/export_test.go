package endpoint

// ErrnoNames is the table behind Errno.Name.
var ErrnoNames = errnoNames
