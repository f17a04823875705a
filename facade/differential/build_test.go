package differential

import "testing"

// TestCallsAreWrittenAsInTheTable has reports written in the manner of the table of
// known differences, so that they can be pasted there.
func TestCallsAreWrittenAsInTheTable(t *testing.T) {
	for want, c := range map[string]call{
		"s0.socket(tcp4)":                           s0.socket(tcp4),
		"s1.bind(wildcard, anyPort)":                s1.bind(wildcard, anyPort),
		"s2.listen(backlogNegative)":                s2.listen(backlogNegative),
		"s3.connect(unspec, closedPort)":            s3.connect(unspec, closedPort),
		"s3.connectWait(mapped, of(s7))":            s3.connectWait(mapped, of(s7)),
		"s4.accept(s5)":                             s4.accept(s5),
		"s4.acceptWait(s6)":                         s4.acceptWait(s6),
		"s5.send(few, sendMore)":                    s5.send(few, sendMore),
		"s5.sendAll(tooMany6, sendDontRoute)":       s5.sendAll(tooMany6, sendDontRoute),
		"s6.sendTo(foreign, of(s0), many)":          s6.sendTo(foreign, of(s0), many),
		"s7.recv(some, peekTrunc)":                  s7.recv(some, peekTrunc),
		"s7.recvWait(one, waitAll)":                 s7.recvWait(one, waitAll),
		"s7.recvFrom(none, errQueue)":               s7.recvFrom(none, errQueue),
		"s7.recvMsg(tooMany, oob)":                  s7.recvMsg(tooMany, oob),
		"s0.shutdown(neither)":                      s0.shutdown(neither),
		"s0.close()":                                s0.close(),
		"s0.dup(s1)":                                s0.dup(s1),
		"s0.setOption(linger, value1, asLong)":      s0.setOption(linger, value1, asLong),
		"s0.getOption(unknownLevel, asNothing)":     s0.getOption(unknownLevel, asNothing),
		"s0.setOption(v6Only, valueBig, asThree)":   s0.setOption(v6Only, valueBig, asThree),
		"s0.bind(wrongFamily, of(s3))":              s0.bind(wrongFamily, of(s3)),
		"s0.sendTo(loopback2, closedPort, tooMany)": s0.sendTo(loopback2, closedPort, tooMany),
	} {
		if got := c.String(); got != want {
			t.Errorf("%s is written %s", want, got)
		}
	}
}

// TestEveryOperationIsComplete has the tables that operations index be whole.
func TestEveryOperationIsComplete(t *testing.T) {
	for o, operation := range operations {
		if operation.name == "" || operation.run == nil || len(operation.pools) > len(call{}.args) {
			t.Errorf("operation %d is not complete: %+v", o, operation)
		}
		if weights[o] == 0 {
			t.Errorf("%s is never generated", operation.name)
		}
		for _, pool := range operation.pools {
			for i, name := range pool {
				if name == "" {
					t.Errorf("argument %d of %s has no name", i, operation.name)
				}
			}
		}
	}
}
