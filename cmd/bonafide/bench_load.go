package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// loaded is what came of a load: how long the answered requests took, in any order, how many were refused, the time and the server's CPU time.
type loaded struct {
	answered     []time.Duration
	refused      int
	elapsed, cpu time.Duration
}

// load sends a picture from so many clients until there were enough requests or the time is up.
func (c benchCmd) load(ctx context.Context, server *served, picture []byte, clients int) (l loaded, err error) {
	cpu, err := server.clock.Now()
	if err != nil {
		return loaded{}, err
	}
	began := time.Now()
	end := began.Add(time.Duration(c.Seconds * float64(time.Second)))
	var mu sync.Mutex
	var left atomic.Int64
	left.Store(int64(c.Requests))
	group, ctx := errgroup.WithContext(ctx)
	for range clients {
		group.Go(func() error {
			caller, err := server.caller(ctx, picture)
			if err != nil {
				return err
			}
			defer func() { caller.hangUp() }() // that of the last connection
			for left.Add(-1) >= 0 && time.Now().Before(end) {
				sent := time.Now()
				status, err := caller.send(ctx)
				if err != nil {
					return err
				}
				mu.Lock()
				if status == http.StatusOK {
					l.answered = append(l.answered, time.Since(sent))
				} else {
					l.refused++
				}
				mu.Unlock()
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return loaded{}, err
	}
	l.elapsed = time.Since(began)
	after, err := server.clock.Now()
	l.cpu = after - cpu
	return l, err
}

// answerOnce sends a picture once.
func (s *served) answerOnce(ctx context.Context, picture []byte) error {
	caller, err := s.caller(ctx, picture)
	if err != nil {
		return err
	}
	status, err := caller.send(ctx)
	caller.hangUp()
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("the server's first answer has status %d", status)
	}
	return err
}

// caller is a client that sends one picture again and again to the native API on one connection. It does all on the goroutine that calls it: clients
// and server share the cores, and http.Client wakes two goroutines more for every request.
type caller struct {
	address string
	request []byte
	hangUp  func() // ends the connection, if there is one
	conn    net.Conn
	answers *bufio.Reader
}

// longestAnswer is how long one answer may take.
const longestAnswer = time.Minute

func (s *served) caller(ctx context.Context, picture []byte) (*caller, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.address+"/v1/liveness", bytes.NewReader(picture))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "image/jpeg")
	var request bytes.Buffer
	if err := r.Write(&request); err != nil {
		return nil, err
	}
	return &caller{address: s.address, request: request.Bytes(), hangUp: func() {}}, nil
}

// connect makes a connection that ends with ctx.
func (c *caller) connect(ctx context.Context) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", c.address)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // what is waited for then fails
	c.conn, c.answers = conn, bufio.NewReader(conn)
	c.hangUp = func() {
		stop()
		_ = conn.Close() // all that was asked for has been read
	}
	return nil
}

// send sends the picture and returns the status of the answer.
func (c *caller) send(ctx context.Context) (status int, err error) {
	if c.conn == nil {
		if err := c.connect(ctx); err != nil {
			return 0, err
		}
	}
	if err := c.conn.SetDeadline(time.Now().Add(longestAnswer)); err != nil {
		return 0, err
	}
	if _, err := c.conn.Write(c.request); err != nil {
		return 0, err
	}
	answer, err := http.ReadResponse(c.answers, nil)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	if answer.Close {
		c.hangUp()
		c.conn = nil
	}
	return answer.StatusCode, err
}
