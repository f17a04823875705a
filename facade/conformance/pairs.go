package conformance

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/usernet-stack/usernet/facade"
)

var pairTests = []test{
	{"Pair/DefaultIsUnixStream", pairDefaults},
	{"Pair/FirstToSecond", func(t *testing.T, env Env) { pairCarries(t, env, 0, 1) }},
	{"Pair/SecondToFirst", func(t *testing.T, env Env) { pairCarries(t, env, 1, 0) }},
	{"Pair/OverLoopback", pairOverLoopback},
	{"Pair/RefusesInterloper", pairRefusesInterloper},
}

func (env Env) socketPair(t testing.TB, family facade.Family, typ facade.Type) [2]*facade.Socket {
	t.Helper()
	pair, err := env.Client.SocketPair(family, typ, 0)
	must(t, err)
	for _, s := range pair {
		t.Cleanup(func() { s.Close() })
		must(t, s.SetTimeout(patience))
	}
	return pair
}

func pairDefaults(t *testing.T, env Env) {
	env.linuxOnly(t)
	for _, s := range env.socketPair(t, facade.AF_UNSPEC, facade.SOCK_STREAM) {
		if s.Family() != facade.AF_UNIX || s.Type() != facade.SOCK_STREAM || s.Proto() != 0 {
			t.Errorf("%v", s)
		}
	}
}

func pairCarries(t *testing.T, env Env, from, to int) {
	env.linuxOnly(t)
	pair := env.socketPair(t, facade.AF_UNSPEC, facade.SOCK_STREAM)
	sendMessage(t, pair[from], pair[to])
	wantData(t, pair[to], message)
}

// pairOverLoopback is what the reference's fallback makes.
func pairOverLoopback(t *testing.T, env Env) {
	for _, typ := range []facade.Type{facade.SOCK_STREAM, facade.SOCK_DGRAM} {
		pair := env.socketPair(t, env.Family, typ)
		for i, s := range pair {
			if s.Family() != env.Family || s.Type() != typ {
				t.Errorf("%v", s)
			}
			must(t, s.SendAll([]byte(message)))
			wantData(t, pair[1-i], message)
		}
		must(t, pair[0].Close())
	}
}

// pairRefusesInterloper makes pairs while somebody connects to every port that
// they could have: the ends of a pair are each other's all the same.
func pairRefusesInterloper(t *testing.T, env Env) {
	env = env.narrow(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := await(func() error {
		for i := 0; ctx.Err() == nil; i++ {
			if err := env.intrude(firstPort + i%ports); err != nil {
				return err
			}
		}
		return nil
	})
	for i := range 20 {
		pair := env.socketPair(t, env.Family, facade.SOCK_STREAM)
		local, err := pair[0].GetSockName()
		must(t, err)
		peer, err := pair[1].GetPeerName()
		if err != nil || peer != local {
			t.Fatalf("%v is connected to %v, %v", local, peer, err)
		}
		word := fmt.Sprintf("word %d", i)
		must(t, pair[0].SendAll([]byte(word)))
		wantData(t, pair[1], word)
		for _, s := range pair {
			setLinger(t, s, 0) // or the few ports would be taken
			must(t, s.Close())
		}
	}
	stop()
	must(t, ended(t))
}

// intrude connects to a port, from one that no pair can have, and waits a little to
// be sent away: Linux never tells who met a full queue of a listener that then was
// closed.
func (env Env) intrude(port int) error {
	s, err := env.Client.Socket(env.Family, facade.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	defer s.Close()
	err = errors.Join(
		s.SetTimeout(short),
		s.SetSockOptBytes(facade.SOL_SOCKET, facade.SO_LINGER, linger(0)),
		s.SetSockOpt(facade.SOL_SOCKET, facade.SO_REUSEADDR, 1),
		s.Bind(env.addr(env.Host, lastPort+1)),
	)
	if err == nil && s.Connect(env.addr(env.Host, port)) == nil {
		s.Recv(1)
	}
	return err
}
