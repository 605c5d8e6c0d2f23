package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Code names a kind of failure; it is stable. The codes of pictures are those of the Go library.
type Code string

// Codes that programs act on. The server has more.
const (
	BadImage       Code = "bad_image"
	TooLarge       Code = "too_large"
	TooFewFrames   Code = "too_few_frames"
	TooManyFrames  Code = "too_many_frames"
	BadParameter   Code = "bad_parameter"
	Busy           Code = "busy"
	Quota          Code = "quota"
	NotActivated   Code = "not_activated"
	Timeout        Code = "timeout"
	InternalFault  Code = "internal"
	UnreadableCode Code = "" // the answer was not one of a bonafide server
)

// Problem is what the server refused a request with (RFC 9457).
type Problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Code   Code   `json:"code"`
	// Detail says for people what was wrong and what is allowed.
	Detail string `json:"detail"`
	// RetryAfter is when to come back, 0 where the server said nothing.
	RetryAfter time.Duration `json:"-"`
}

// Error is the detail with the code.
func (p *Problem) Error() string {
	if p.Code == UnreadableCode {
		return fmt.Sprintf("the server answered with status %d", p.Status)
	}
	return fmt.Sprintf("%s (%s)", p.Detail, p.Code)
}

// readProblem closes the answer's body.
func readProblem(resp *http.Response) *Problem {
	defer resp.Body.Close()
	p := &Problem{}
	if err := json.NewDecoder(io.LimitReader(resp.Body, longestAnswer)).Decode(p); err != nil {
		p = &Problem{} // from something before the server, such as a proxy
	}
	p.Status = resp.StatusCode
	seconds, err := strconv.ParseInt(resp.Header.Get("Retry-After"), 10, 32)
	if err == nil || errors.Is(err, strconv.ErrRange) { // seconds is then the most that there is
		p.RetryAfter = max(0, time.Duration(seconds)*time.Second)
	}
	return p
}
