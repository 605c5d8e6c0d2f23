package server

import (
	"net"
	"net/http"
	"slices"
	"sync"
)

// idleConnections gives up connections that nobody uses once all that may be open are: who holds them open keeps nobody else out.
type idleConnections struct {
	most int // open at once

	mu   sync.Mutex
	open int
	idle []net.Conn // the longest idle first
}

// observe is an http.Server's ConnState.
func (i *idleConnections) observe(c net.Conn, state http.ConnState) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.forget(c)
	switch state {
	case http.StateNew:
		i.open++
	case http.StateIdle:
		i.idle = append(i.idle, c)
	case http.StateClosed, http.StateHijacked:
		i.open--
	}
	if took := state == http.StateNew || state == http.StateIdle; took && i.open >= i.most && len(i.idle) > 0 {
		longest := i.idle[0]
		i.forget(longest)
		go longest.Close() //nolint:errcheck // nobody is left to tell. Over TLS it waits for the client, which this must not.
	}
}

// forget takes c out of those that are idle. It runs under the lock.
func (i *idleConnections) forget(c net.Conn) {
	if at := slices.Index(i.idle, c); at >= 0 {
		i.idle = slices.Delete(i.idle, at, at+1)
	}
}
