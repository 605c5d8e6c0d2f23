package apiv1

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bonafide-pad/bonafide/internal/answer"
	"github.com/bonafide-pad/bonafide/internal/faults"
)

// problemType is the Content-Type of problem details.
const problemType = "application/problem+json"

// Problem is a problem detail (RFC 9457) with a stable code.
type Problem struct {
	Title  string `json:"title" doc:"The status in words."`
	Status int    `json:"status" doc:"The HTTP status." minimum:"400" maximum:"599"`
	Code   string `json:"code" doc:"Stable, for programs: bad_image, too_large, busy, bad_parameter, …"`
	Detail string `json:"detail" doc:"For people: what was wrong and what is allowed."`

	retryAfter int
}

func newProblem(status int, code, detail string) *Problem {
	return &Problem{Title: http.StatusText(status), Status: status, Code: code, Detail: detail}
}

// problemOf is the problem detail of an error.
func problemOf(err error) *Problem { return problemOfFault(faults.Of(err)) }

func problemOfFault(f *answer.Fault) *Problem {
	p := newProblem(f.Status, f.Code, f.Message)
	if f.RetryAfter > 0 {
		p.retryAfter = int(math.Ceil(f.RetryAfter.Seconds()))
	}
	return p
}

// Error makes Problem an error.
func (p *Problem) Error() string { return p.Detail }

// GetStatus makes Problem a huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders makes Problem a huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	return h
}

// ContentType makes Problem a huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return problemType }

var humaSet sync.Once

// setHuma makes huma's own errors, such as those of unknown parameters, problem details of ours, and tells it that no answer has null in the
// place of a list. huma has one such setting a process.
func setHuma() {
	humaSet.Do(func() {
		huma.DefaultArrayNullable = false
		huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
			p := newProblem(status, "bad_parameter", message)
			for _, err := range errs {
				p.Detail += ": " + err.Error()
			}
			return p
		}
	})
}

// writeFault answers what the server itself refuses under /v1, such as an unknown path.
func writeFault(w http.ResponseWriter, _ *http.Request, f *answer.Fault) { problemOfFault(f).write(w) }

func (p *Problem) write(w http.ResponseWriter) {
	body, err := json.Marshal(p)
	if err != nil {
		panic(err) // a Problem is plain text and numbers
	}
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	_, _ = w.Write(body) // an error means that the client is gone
}
