package server

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/bonafide-pad/bonafide/internal/access"
)

// Config says how a Server listens and what it puts up with. A field that is 0 has its default.
type Config struct {
	// Listen is the address, host:port; by default ":8888".
	Listen string
	// Connections is how many may be open at once; by default 1024. Where all are, the longest idle is given up; more wait to be accepted.
	Connections int
	// Header is how long a request's header may take; by default 5 s.
	Header time.Duration
	// Idle is how long a connection is kept open between requests; by default 60 s.
	Idle time.Duration
	// Body bounds how slowly a request's body may come.
	Body Pace
	// Write is how long the client may take to receive a piece of the answer; by default 30 s.
	Write time.Duration
	// DrainDelay is how long the server goes on accepting connections after it has said that it is no longer ready, for load
	// balancers to notice; by default 0.
	DrainDelay time.Duration
	// Drain is how long requests in flight have to finish once the server stops; by default 20 s.
	Drain time.Duration
	// TLS, where it is set, is what connections are encrypted with.
	TLS *tls.Config
	// Origins are those whose pages may call the server (CORS), such as "https://example.org"; "*" is any.
	Origins []string
	// Access decides by API keys who may use which route; nil lets everybody.
	Access *access.Guard
	// Observe, where it is set, is told of every request that was answered.
	Observe func(route, method string, status int, took time.Duration)
	// Watch, where it is set, is told of every request before it is handled. What handles it gets the context that Watch returns; done is
	// called with the status that was answered. log is what the log's line of the request has beside its own.
	Watch func(r *http.Request, method, route string) (ctx context.Context, log []slog.Attr, done func(status int))
	// Log is where the server logs; by default slog.Default().
	Log *slog.Logger
}

// Pace is the slowest that a request's body may come. A field that is 0 has its default.
type Pace struct {
	// Total is how long the whole body may take; by default 60 s.
	Total time.Duration
	// Grace is how long a body may lag behind Rate; by default 5 s.
	Grace time.Duration
	// Rate is the least mean rate in bytes per second; by default 16 KiB/s.
	Rate int64
}

// Validate names the first setting that is out of its range.
func (c Config) Validate() error {
	_, err := c.withDefaults()
	return err
}

func (c Config) withDefaults() (Config, error) {
	if c.Listen == "" {
		c.Listen = ":8888"
	}
	if err := checkListen(c.Listen); err != nil {
		return c, err
	}
	if c.Connections == 0 {
		c.Connections = 1024
	}
	if c.Connections < 0 {
		return c, fmt.Errorf("server: connections is %d, allowed is 1 and more", c.Connections)
	}
	if c.Body.Rate == 0 {
		c.Body.Rate = 16 << 10
	}
	if c.Body.Rate < 0 {
		return c, fmt.Errorf("server: the body's rate is %d, allowed is 1 byte a second and more", c.Body.Rate)
	}
	if err := checkOrigins(c.Origins); err != nil {
		return c, err
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	durations := []struct {
		name    string
		value   *time.Duration
		initial time.Duration
	}{
		{"header time", &c.Header, 5 * time.Second},
		{"idle time", &c.Idle, time.Minute},
		{"body time", &c.Body.Total, time.Minute},
		{"body grace", &c.Body.Grace, 5 * time.Second},
		{"write time", &c.Write, 30 * time.Second},
		{"drain delay", &c.DrainDelay, 0},
		{"drain time", &c.Drain, 20 * time.Second},
	}
	for _, d := range durations {
		if *d.value < 0 {
			return c, fmt.Errorf("server: %s is %v, allowed is 0 and more", d.name, *d.value)
		}
		if *d.value == 0 {
			*d.value = d.initial
		}
	}
	return c, nil
}

// checkListen refuses what is no address, before anything listens.
func checkListen(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = new(net.Resolver).LookupPort(context.Background(), "tcp", port)
	}
	if err != nil {
		return fmt.Errorf("server: the address to listen on is %q, allowed is HOST:PORT: %w", address, err)
	}
	return nil
}
