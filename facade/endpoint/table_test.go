package endpoint_test

import (
	"sync"
	"testing"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

func add(t *testing.T, table *endpoint.Table) (cookie uint64) {
	t.Helper()
	e := endpoint.Entry{Family: endpoint.AF_INET, Type: endpoint.SOCK_STREAM, Cookie: 99, Inode: 99}
	if errno := table.Add(e, func(c uint64) { cookie = c }); errno != 0 {
		t.Fatal(errno)
	}
	return cookie
}

// refuse fails if the table takes a socket.
func refuse(t *testing.T, table *endpoint.Table, want endpoint.Errno) {
	t.Helper()
	errno := table.Add(endpoint.Entry{}, func(uint64) { t.Error("a refused socket got a cookie") })
	if errno != want {
		t.Errorf("Add: %v, want %v", errno, want)
	}
}

func TestTableRefusesWhenClosed(t *testing.T) {
	table := endpoint.NewTable(0)
	cookie := add(t, table)
	if live := table.Close(); len(live) != 1 || live[0].Cookie != cookie {
		t.Errorf("Close returns %v", live)
	}
	refuse(t, table, endpoint.EBADF)
	table.Remove(cookie)
	if live := table.Close(); len(live) != 0 {
		t.Errorf("a second Close returns %v", live)
	}
}

func TestTableRefusesBeyondItsCap(t *testing.T) {
	table := endpoint.NewTable(2)
	first := add(t, table)
	add(t, table)
	for range 3 {
		refuse(t, table, endpoint.ENFILE)
	}
	if table.Len() != 2 || table.Refused() != 3 {
		t.Errorf("%d sockets, %d refused", table.Len(), table.Refused())
	}
	table.Remove(first)
	add(t, table)
	if table.Len() != 2 || table.Refused() != 3 {
		t.Errorf("after a removal: %d sockets, %d refused", table.Len(), table.Refused())
	}
}

func TestTableWithoutLimit(t *testing.T) {
	for _, limit := range []int{0, -1} {
		table := endpoint.NewTable(limit)
		for range 1000 {
			add(t, table)
		}
		if table.Len() != 1000 || table.Refused() != 0 {
			t.Errorf("limit %d: %d sockets, %d refused", limit, table.Len(), table.Refused())
		}
	}
}

func TestTableCookiesAreNeverUsedAgain(t *testing.T) {
	table := endpoint.NewTable(0)
	var last uint64
	for range 100 {
		cookie := add(t, table)
		if cookie <= last {
			t.Fatalf("cookie %d after %d", cookie, last)
		}
		last = cookie
		e, ok := table.Get(cookie)
		if !ok || e.Cookie != cookie || e.Inode != uint32(cookie) || e.Type != endpoint.SOCK_STREAM {
			t.Fatalf("cookie %d: %+v, %v", cookie, e, ok)
		}
		table.Remove(cookie)
	}
	if _, ok := table.Get(last); ok || table.Len() != 0 {
		t.Errorf("%d sockets left", table.Len())
	}
}

func TestTableListsInOrder(t *testing.T) {
	table := endpoint.NewTable(0)
	var want []uint64
	for i := range 100 {
		cookie := add(t, table)
		if i%3 == 0 {
			table.Remove(cookie)
			table.Remove(cookie)
		} else {
			want = append(want, cookie)
		}
	}
	table.Remove(1 << 60)
	all := table.All()
	if len(all) != len(want) {
		t.Fatalf("%d sockets, want %d", len(all), len(want))
	}
	for i, e := range all {
		if e.Cookie != want[i] {
			t.Errorf("%d: cookie %d, want %d", i, e.Cookie, want[i])
		}
	}
}

func TestTableIsSafeForConcurrentUse(t *testing.T) {
	table := endpoint.NewTable(8)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				var cookie uint64
				if errno := table.Add(endpoint.Entry{}, func(c uint64) { cookie = c }); errno != 0 {
					t.Error(errno)
				}
				table.All()
				table.Remove(cookie)
			}
		})
	}
	wg.Wait()
	if table.Len() != 0 {
		t.Errorf("%d sockets left", table.Len())
	}
}
