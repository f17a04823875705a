package constants

import (
	"strings"
	"testing"
)

// TestParseRefuses tables that are not in the form.
func TestParseRefuses(t *testing.T) {
	for name, table := range map[string]string{
		"no header":   "AF_INET\t2\tx\n",
		"two columns": header + "\nAF_INET\t2\n",
		"no name":     header + "\n\t2\tx\n",
		"twice":       header + "\nAF_INET\t2\tx\nAF_INET\t2\tx\n",
	} {
		if rows, err := Parse(table); err == nil {
			t.Errorf("%s: %v", name, rows)
		}
	}
}

// TestGenerateRefuses names without a group, and groups without a name.
func TestGenerateRefuses(t *testing.T) {
	for name, rows := range map[string][]Row{
		"no group": {{Name: "FOO_BAR", Value: "1"}},
		"no name":  {{Name: "AF_INET", Value: "2"}},
	} {
		if source, err := Generate("p", "table", rows); err == nil {
			t.Errorf("%s: %s", name, source)
		}
	}
}

// TestNamesArePickedByTheirGroup: each value has one name, the usual one.
func TestNamesArePickedByTheirGroup(t *testing.T) {
	grouped := make([][]Row, len(groups))
	grouped[0] = []Row{{Name: "AF_ROUTE", Value: "16"}, {Name: "AF_NETLINK", Value: "16"}, {Name: "AF_CAN", Value: "29"}}
	grouped[1] = []Row{{Name: "PF_CAN", Value: "29"}}
	if got := strings.Join(names("familyNames", grouped), " "); got != "AF_NETLINK AF_CAN" {
		t.Error(got)
	}
}
