package parity

import "testing"

// TestCheck: a row is refused whose test does not exist, names something else that
// has the counterpart's name, or does not run where the row says.
func TestCheck(t *testing.T) {
	e, err := LoadEvidence("testdata")
	if err != nil {
		t.Fatal(err)
	}
	const no = "no"
	for _, c := range []struct {
		row    row
		goName string
		want   string // "" when the row holds
	}{
		{row{yes, linux, "TestNone"}, "Socket.Close", "there is no test TestNone"},
		{row{yes, linux, "Close/None"}, "Socket.Close", "there is no test Close/None"},
		{row{no, no, "TestListener"}, "Socket.Close", "TestListener does not name Socket.Close"},
		{row{no, no, "TestOtherClose"}, "Socket.Close", "TestOtherClose does not name Socket.Close"},
		{row{no, no, "Close/Listener"}, "Socket.Close", "Close/Listener does not name Socket.Close"},
		{row{no, no, "Pair/Rests"}, "Socket.Close", "Pair/Rests does not name Socket.Close"},
		{row{yes, linux, "Pair/Closes"}, "Socket.Close", ""},
		{row{yes, linux, "Close/Socket"}, "Socket.Close", ""},
		{row{yes, linux, "TestBoth"}, "Socket.Close", ""},
		{row{yes, linux, "TestBoth"}, "AF_INET", ""},
		{row{yes, linux, "TestBoth"}, "AF_* (2)", ""},
		{row{yes, linux, "TestBoth"}, "SO_* (2)", "TestBoth does not name SO_* (2)"},
		{row{yes, linux, "TestMethodValue"}, "Socket.Close", ""},
		{row{yes, no, "TestStack"}, "Socket.Close", ""},
		{row{yes, root, "TestStack"}, "Socket.Close", `"yes, Linux, for root" on the kernel path, where TestStack does not run`},
		{row{yes, linux, "TestKernel"}, "Socket.Close", `"yes" on the stack path, where TestKernel does not run`},
		{row{stack, machine, "Unix/Close"}, "Socket.Close", `"of the stack" on the stack path, where Unix/Close does not run`},
		{row{yes, linux, "TestUnix"}, "AF_UNIX", `"yes" on the stack path, where TestUnix does not run`},
		{row{"sent to the kernel", linux, "TestUnix"}, "AF_UNIX", ""},
		{row{yes, no, "TestPolicies"}, "Socket.Close", `"yes" on the stack path, where TestPolicies does not run`},
		{row{yes, linux, "Names/Service"}, "Module.GetServByName", `"yes" on the stack path, where Names/Service does not run`},
		{row{both, both, "Names/Service"}, "Module.GetServByName", ""},
		{row{stack, machine, "Names/Interface"}, "Module.IfNameToIndex", ""},
	} {
		got := ""
		if err := e.check(c.row, c.goName); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%+v for %s: %q, want %q", c.row, c.goName, got, c.want)
		}
	}
	if err := e.Check(Name{Method, "unheardof"}, "Socket.UnheardOf"); err == nil {
		t.Error("a name without a row")
	}
}
