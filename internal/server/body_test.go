package server_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide/internal/answer"
	"github.com/bonafide-pad/bonafide/internal/server"
)

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // the server may have closed it before
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// drip sends a byte now and then until the other side has enough.
func drip(conn net.Conn, gap time.Duration) {
	for {
		if _, err := conn.Write([]byte("x")); err != nil {
			return
		}
		time.Sleep(gap)
	}
}

func TestASlowHeaderEndsTheConnection(t *testing.T) {
	s := start(t, server.Config{Header: 200 * time.Millisecond}, nil)
	conn := dial(t, s.address)
	go drip(conn, 20*time.Millisecond)
	// net/http closes without an answer or with one: that it ends is what counts.
	if _, err := io.Copy(io.Discard, conn); isTimeout(err) {
		t.Error("the connection was held")
	}
}

// TestIdleConnectionsKeepNobodyOut: also where somebody holds all that may be open.
func TestIdleConnectionsKeepNobodyOut(t *testing.T) {
	const most = 3
	s := start(t, server.Config{Connections: most, Idle: time.Hour}, nil)
	ask := func() {
		t.Helper()
		conn := dial(t, s.address)
		if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("a connection was not answered: %v", err)
		}
		resp.Body.Close()
	}
	for range 3 * most { // each stays open on its client's side
		ask()
	}
}

func TestASlowBodyIsAnsweredAndEndsTheConnection(t *testing.T) {
	for name, pace := range map[string]server.Pace{
		"under the rate":      {Grace: 200 * time.Millisecond, Rate: 1 << 20},
		"over the whole time": {Grace: time.Hour, Total: 200 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, server.Config{Body: pace}, nil, route("POST /read", readAll))
			conn := dial(t, s.address)
			if _, err := io.WriteString(conn, "POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			go drip(conn, 20*time.Millisecond)
			reader := bufio.NewReader(conn)
			resp, err := http.ReadResponse(reader, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusRequestTimeout {
				t.Errorf("status %d, wanted is 408", resp.StatusCode)
			}
			if _, err := io.Copy(io.Discard, reader); isTimeout(err) {
				t.Error("the connection was held")
			}
		})
	}
}

func isTimeout(err error) bool {
	var netErr net.Error
	return errors.As(err, &netErr) && netErr.Timeout()
}

func TestASteadyBodyMayTakeLongerThanTheGrace(t *testing.T) {
	s := start(t, server.Config{Body: server.Pace{Grace: 300 * time.Millisecond, Rate: 100}}, nil, route("POST /read", readAll))
	read, write := io.Pipe()
	go func() {
		for range 10 {
			if _, err := write.Write(make([]byte, 100)); err != nil {
				return
			}
			time.Sleep(60 * time.Millisecond)
		}
		_ = write.Close() // a pipe's never fails
	}()
	resp, err := http.Post("http://"+s.address+"/read", "text/plain", read)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("status %d", resp.StatusCode)
	}
}

// A handler that reads a piece, works on it and reads on, as a batch does, is not held against the client. It may work for longer than the
// whole body may take to come: HTTP/2 would end a body at its deadline though nobody reads.
func TestTheHandlersOwnTimeIsNotTheBodys(t *testing.T) {
	s := start(t, server.Config{TLS: certified(t), Body: server.Pace{Total: 300 * time.Millisecond}}, nil,
		route("POST /pieces", func(w http.ResponseWriter, r *http.Request) {
			piece := make([]byte, 400_000) // more than is received ahead
			for range 3 {
				if _, err := io.ReadFull(r.Body, piece); err != nil {
					answer.Faultf(http.StatusRequestTimeout, "too_slow", "%v", err).Write(w)
					return
				}
				time.Sleep(400 * time.Millisecond)
			}
			answer.JSON(w, http.StatusOK, true)
		}))
	for _, two := range []bool{true, false} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: two} // its own certificate
		resp, err := (&http.Client{Transport: transport}).Post("https://"+s.address+"/pieces", "text/plain", bytes.NewReader(make([]byte, 1_200_000)))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		transport.CloseIdleConnections()
		if resp.StatusCode != http.StatusOK || (resp.ProtoMajor == 2) != two {
			t.Errorf("status %d over %s", resp.StatusCode, resp.Proto)
		}
	}
}

// A client that is not done with a body that nobody reads does not hold its connection.
func TestAnUnreadSlowBodyEndsTheConnection(t *testing.T) {
	s := start(t, server.Config{Body: server.Pace{Total: 200 * time.Millisecond}}, nil,
		route("POST /ignore", func(w http.ResponseWriter, _ *http.Request) { answer.JSON(w, http.StatusOK, true) }))
	conn := dial(t, s.address)
	if _, err := io.WriteString(conn, "POST /ignore HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	go drip(conn, 20*time.Millisecond)
	if _, err := io.Copy(io.Discard, conn); isTimeout(err) {
		t.Error("the connection was held")
	}
}

// A handler that works for longer than a body may take is not disturbed by the body's deadline.
func TestTheBodysDeadlineDoesNotCancelTheWork(t *testing.T) {
	canceled := make(chan error, 1)
	s := start(t, server.Config{Body: server.Pace{Total: 100 * time.Millisecond}}, nil,
		route("POST /work", func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				t.Error(err)
			}
			time.Sleep(300 * time.Millisecond)
			canceled <- r.Context().Err()
			answer.JSON(w, http.StatusOK, true)
		}))
	resp, err := http.Post("http://"+s.address+"/work", "text/plain", strings.NewReader("abc"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if err := <-canceled; err != nil {
		t.Errorf("the request was cancelled: %v", err)
	}
}

func TestAClientThatGoesAwayCancelsTheWork(t *testing.T) {
	canceled := make(chan struct{})
	s := start(t, server.Config{}, nil, route("POST /work", func(_ http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Error(err)
		}
		<-r.Context().Done()
		close(canceled)
	}))
	conn := dial(t, s.address)
	if _, err := io.WriteString(conn, "POST /work HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-canceled:
	case <-time.After(20 * time.Second):
		t.Error("the work went on")
	}
}

// A client that sends all before it reads gets the answer, not a broken connection.
func TestARefusedLargeBodyIsReceivedSoThatTheAnswerArrives(t *testing.T) {
	s := start(t, server.Config{}, nil, route("POST /refuse", func(w http.ResponseWriter, _ *http.Request) {
		answer.Faultf(http.StatusRequestEntityTooLarge, "too_large", "too large").Write(w)
	}))
	for range 5 {
		conn := dial(t, s.address)
		const size = 30 << 20
		if _, err := io.WriteString(conn, "POST /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 31457280\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write(make([]byte, size)); err != nil {
			t.Fatalf("sending broke off: %v", err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("status %d", resp.StatusCode)
		}
	}
}

// A client that asks before it sends is told no at once.
func TestARefusedBodyThatWaitsToBeSentIsNotAskedFor(t *testing.T) {
	s := start(t, server.Config{}, nil, route("POST /refuse", func(w http.ResponseWriter, _ *http.Request) {
		answer.Faultf(http.StatusRequestEntityTooLarge, "too_large", "too large").Write(w)
	}))
	conn := dial(t, s.address)
	if _, err := io.WriteString(conn, "POST /refuse HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 31457280\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || !strings.Contains(line, "413") {
		t.Errorf("the first line is %q, error %v", line, err)
	}
}
