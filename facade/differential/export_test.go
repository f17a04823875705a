package differential

// Known is a row of the table of known differences.
type Known struct {
	Name, Reason string
	Program      Program
}

// KnownDifferences are the rows of the table.
func KnownDifferences() []Known {
	var all []Known
	for _, k := range knownDifferences {
		all = append(all, Known{k.name, k.reason, k.program})
	}
	return all
}
