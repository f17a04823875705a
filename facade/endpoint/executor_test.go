package endpoint_test

import (
	"testing"
	"time"

	"github.com/usernet-stack/usernet/facade/endpoint"
)

// handClock is a clock that the test turns; it has one timer.
type handClock struct {
	now   time.Time
	at    time.Time
	fire  func()
	armed bool
}

func (c *handClock) Now() time.Time { return c.now }

func (c *handClock) AfterFunc(d time.Duration, f func()) endpoint.Timer {
	c.fire = f
	c.Reset(d)
	return c
}

func (c *handClock) Stop() bool {
	was := c.armed
	c.armed = false
	return was
}

func (c *handClock) Reset(d time.Duration) { c.at, c.armed = c.now.Add(d), true }

func (c *handClock) advance(d time.Duration) {
	c.now = c.now.Add(d)
	if c.armed && !c.now.Before(c.at) {
		c.armed = false
		c.fire()
	}
}

type opFunc func()

func (f opFunc) Run() { f() }

func TestDirectRunsInItsCaller(t *testing.T) {
	var exec endpoint.Executor = endpoint.Direct{}
	var order []string
	exec.Post(1, opFunc(func() { order = append(order, "post") }))
	exec.Do(1, opFunc(func() { order = append(order, "do") }))
	if len(order) != 2 || order[0] != "post" || order[1] != "do" {
		t.Errorf("ran %v", order)
	}
	if credit := exec.Credit(1); credit >= 0 {
		t.Errorf("credit %d says that Post copies", credit)
	}
}

func TestDirectTakesTimeFromItsClock(t *testing.T) {
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	clock := &handClock{now: start}
	exec := endpoint.Direct{Clock: clock}
	fired := 0
	timer := exec.NewTimer(time.Minute, func() { fired++ })
	clock.advance(59 * time.Second)
	if fired != 0 || !exec.Now().Equal(start.Add(59*time.Second)) {
		t.Errorf("fired %d times by %v", fired, exec.Now())
	}
	timer.Reset(time.Minute)
	clock.advance(59 * time.Second)
	if fired != 0 {
		t.Error("Reset did not put it off")
	}
	clock.advance(time.Second)
	if fired != 1 || timer.Stop() {
		t.Errorf("fired %d times", fired)
	}
	timer.Reset(time.Second)
	if !timer.Stop() {
		t.Error("Stop did not keep it from firing")
	}
	clock.advance(time.Hour)
	if fired != 1 {
		t.Errorf("fired after Stop")
	}
}

func TestDirectOnTheSystemsClock(t *testing.T) {
	var exec endpoint.Direct
	if age := time.Since(exec.Now()); age < 0 || age > time.Minute {
		t.Errorf("Now is %v ago", age)
	}
	fired := make(chan struct{}, 2)
	timer := exec.NewTimer(time.Hour, func() { fired <- struct{}{} })
	if !timer.Stop() {
		t.Error("Stop did not keep it from firing")
	}
	timer.Reset(0)
	<-fired
	if timer.Stop() {
		t.Error("Stop kept what has fired")
	}
}
