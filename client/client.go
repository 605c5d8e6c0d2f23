// Package client calls the native API (/v1) of a bonafide server.
//
//	c := client.Client{URL: "http://localhost:8888"}
//	answer, err := c.Liveness(ctx, picture)
//	if err != nil { … }                       // errors.As(err, *client.Problem) tells what the server said
//	if answer.Decision == client.Live { … }
//
// A server that is busy says when to come back; the client waits and tries again, see [Client.Attempts]. The package imports the
// standard library alone: no network and no C comes with it.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Client calls one server. Its methods are safe for concurrent use.
type Client struct {
	// URL is the server's address, such as "http://localhost:8888".
	URL string
	// Key is sent as the API key, where the server asks for one.
	Key string
	// HTTP is used for requests; http.DefaultClient when it is nil.
	HTTP *http.Client
	// Attempts are how often a request is sent in all while the server is busy (429 or 503 with Retry-After); 0 means 4.
	Attempts int
	// Longest bounds the wait before each further attempt; 0 means 30 s. A server that asks for more is not asked again.
	Longest time.Duration
}

const (
	defaultAttempts = 4
	defaultLongest  = 30 * time.Second
	// longestAnswer bounds what is read of an answer, in bytes: that of thirty frames with ten faces each is smaller.
	longestAnswer = 32 << 20
)

// Liveness asks for the decision on one picture. Errors are a [*Problem] where the server refused it.
func (c Client) Liveness(ctx context.Context, picture []byte, options ...Option) (Answer, error) {
	var a Answer
	err := c.ask(ctx, "/v1/liveness", options, raw(picture), &a)
	return a, err
}

// Frames asks for one decision on 2 to 30 frames of one person, in the order in which they were taken.
func (c Client) Frames(ctx context.Context, frames [][]byte, options ...Option) (FramesAnswer, error) {
	var a FramesAnswer
	err := c.ask(ctx, "/v1/liveness/frames", options, form(frames), &a)
	return a, err
}

// Quality asks for the measures of every face alone. Of the options WithProfile and WithTimeout are taken.
func (c Client) Quality(ctx context.Context, picture []byte, options ...Option) (QualityAnswer, error) {
	var a QualityAnswer
	err := c.ask(ctx, "/v1/quality", options, raw(picture), &a)
	return a, err
}

// Ready returns nil when the server takes requests, and otherwise why it does not.
func (c Client) Ready(ctx context.Context) error { return c.probe(ctx, "/readyz") }

// Healthy returns nil when the server's process answers, whether or not it takes requests.
func (c Client) Healthy(ctx context.Context) error { return c.probe(ctx, "/healthz") }

func (c Client) probe(ctx context.Context, path string) error {
	req, err := c.request(ctx, http.MethodGet, path, nil, body{})
	if err != nil {
		return err
	}
	resp, err := c.client().Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	content, err := io.ReadAll(io.LimitReader(resp.Body, longestAnswer))
	return errors.Join(fmt.Errorf("%s answers %d: %s", path, resp.StatusCode, bytes.TrimSpace(content)), err)
}

// Option changes how pictures are assessed, where the operator lets requests do so.
type Option func(url.Values)

// WithPolicy assesses by the requirements of that name.
func WithPolicy(name string) Option { return with("policy", name) }

// WithProfile scores liveness by the calibration of that name.
func WithProfile(name string) Option { return with("profile", name) }

// WithFaces says which faces are assessed: "reject", "largest", "central" or "all".
func WithFaces(which string) Option { return with("faces", which) }

// WithThreshold asks for live above this score, 0 to 1.
func WithThreshold(score float64) Option {
	return with("threshold", strconv.FormatFloat(score, 'g', -1, 64))
}

// WithMinEyeDistance is the least distance of the eyes, in pixels.
func WithMinEyeDistance(pixels float64) Option {
	return with("min_eye_distance", strconv.FormatFloat(pixels, 'g', -1, 64))
}

// WithTimeout is the longest time for an analysis on the server, waiting included: of a batch for each picture, of frames for all.
func WithTimeout(longest time.Duration) Option {
	return with("timeout_ms", strconv.FormatInt(max(1, longest.Milliseconds()), 10))
}

// Brief leaves out the faces' measures, the timings and the networks.
func Brief() Option { return with("detail", "brief") }

func with(name, value string) Option { return func(q url.Values) { q.Set(name, value) } }

func (c Client) client() *http.Client {
	if c.HTTP != nil {
		return c.HTTP
	}
	return http.DefaultClient
}

func (c Client) request(ctx context.Context, method, path string, options []Option, b body) (*http.Request, error) {
	query := url.Values{}
	for _, o := range options {
		o(query)
	}
	address := strings.TrimSuffix(c.URL, "/") + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return nil, err
	}
	if c.Key != "" {
		req.Header.Set("Authorization", "Bearer "+c.Key)
	}
	return req, b.put(req)
}

// ask posts and reads the answer's JSON into out.
func (c Client) ask(ctx context.Context, path string, options []Option, b body, out any) error {
	resp, err := c.post(ctx, path, options, b)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(io.LimitReader(resp.Body, longestAnswer)).Decode(out); err != nil {
		return fmt.Errorf("reading the answer of %s: %w", path, err)
	}
	return nil
}

// post sends until the server is not busy, and returns the answer when it is 200.
func (c Client) post(ctx context.Context, path string, options []Option, b body) (*http.Response, error) {
	attempts := c.Attempts
	if attempts == 0 {
		attempts = defaultAttempts
	}
	for attempt := 1; ; attempt++ {
		req, err := c.request(ctx, http.MethodPost, path, options, b)
		if err != nil {
			return nil, err
		}
		resp, err := c.client().Do(req)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode == http.StatusOK {
			return resp, nil
		}
		problem := readProblem(resp)
		wait, again := c.wait(problem)
		if !again || attempt >= attempts {
			return nil, problem
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), problem)
		case <-time.After(wait):
		}
	}
}

// wait is how long to wait before the next attempt, if there should be one.
func (c Client) wait(p *Problem) (time.Duration, bool) {
	longest := c.Longest
	if longest == 0 {
		longest = defaultLongest
	}
	busy := p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests
	return p.RetryAfter, busy && p.RetryAfter > 0 && p.RetryAfter <= longest
}
