package parity

import (
	"fmt"
	"strings"
)

// constantTable is the test that compares every constant with the table. It names
// none.
const constantTable = "TestConstants"

// Check tells what is wrong with the row of a name whose counterpart is goName: a
// test that does not exist, that nowhere names the counterpart, or that does not
// run on a path that the row says it is on.
func (e *Evidence) Check(n Name, goName string) error {
	r, ok := rows[n]
	if !ok {
		return fmt.Errorf("%s has no row", n)
	}
	if err := e.check(r, goName); err != nil {
		return fmt.Errorf("%s: %v", n, err)
	}
	return nil
}

func (e *Evidence) check(r row, goName string) error {
	c, err := e.reach(r.test)
	if err != nil {
		return err
	}
	if r.test != constantTable && !c.names(goName) {
		return fmt.Errorf("%s does not name %s", r.test, goName)
	}
	runs, err := e.Paths(r.test)
	switch {
	case err != nil:
		return err
	case onPath[r.stack] && !runs.Stack:
		return fmt.Errorf("%q on the stack path, where %s does not run", r.stack, r.test)
	case onPath[r.kernel] && !runs.Kernel:
		return fmt.Errorf("%q on the kernel path, where %s does not run", r.kernel, r.test)
	}
	return nil
}

// names tells whether a counterpart is among what the source mentions; of a family,
// whether one of its constants is.
func (c *code) names(goName string) bool {
	prefix, _, family := strings.Cut("facade."+goName, "*")
	if !family {
		return c.mentions[prefix]
	}
	for m := range c.mentions {
		if strings.HasPrefix(m, prefix) {
			return true
		}
	}
	return false
}
