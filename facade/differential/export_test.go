package differential

import "slices"

// Known is a row of the table of known differences.
type Known struct {
	Name, Reason string
	Program      Program
	// Isolated says that the program sends to foreign addresses.
	Isolated bool
}

// KnownDifferences are the rows of the table.
func KnownDifferences() []Known {
	var all []Known
	for _, k := range knownDifferences {
		isolated := slices.ContainsFunc(k.program, func(c call) bool { return !new(world).reaches(c) })
		all = append(all, Known{k.name, k.reason, k.program, isolated})
	}
	return all
}
