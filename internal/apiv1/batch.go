package apiv1

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"golang.org/x/sync/errgroup"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/answer"
	"github.com/bonafide-pad/bonafide/internal/server"
	"github.com/bonafide-pad/bonafide/internal/upload"
)

// mostPictures is how many pictures one batch may have.
const mostPictures = 1000

// Line is the answer to one picture of a batch: an answer or a problem.
type Line struct {
	Index   int      `json:"index" minimum:"0" doc:"The picture's place in the batch."`
	Name    string   `json:"name" doc:"The picture's file name as it came."`
	Answer  *Answer  `json:"answer,omitempty"`
	Problem *Problem `json:"problem,omitempty"`
}

func batchBody() *huma.RequestBody {
	content := map[string]*huma.MediaType{"multipart/form-data": {Schema: form(fileList())}}
	for _, archive := range upload.TakenArchives() {
		content[archive] = &huma.MediaType{Schema: binary()}
	}
	return &huma.RequestBody{
		Required: true,
		Description: "Up to 1000 pictures: each a part \"file\" of a form, or a file in a tar, a tar in gzip or a zip. A tar is read as it arrives; a zip is " +
			"received into memory whole before its first picture is analysed.",
		Content: content,
	}
}

// ndjson is the Content-Type of one JSON value a line.
const ndjson = "application/x-ndjson"

func batchResponses(schemas huma.Registry) map[string]*huma.Response {
	return map[string]*huma.Response{"200": {
		Description: "One line a picture, as each is done. The schema is that of a line.",
		Content:     map[string]*huma.MediaType{ndjson: {Schema: schemas.Schema(reflect.TypeFor[Line](), true, "Line")}},
	}}
}

// checkBatch answers POST /v1/batch.
func (a *API) checkBatch(ctx context.Context, in *livenessInput) (*huma.StreamResponse, error) {
	q, err := a.requirements(in.PolicyInput)
	if err != nil {
		return nil, err
	}
	if err := a.Permit(); err != nil {
		return nil, a.problem(ctx, err)
	}
	return &huma.StreamResponse{Body: func(out huma.Context) {
		r, w := humago.Unwrap(out)
		b := &batch{api: a, ctx: ctx, input: in, requirements: q, id: server.RequestID(ctx), out: &lineWriter{w: w}}
		b.run(r)
	}}, nil
}

// batch is one request for many pictures.
type batch struct {
	api          *API
	ctx          context.Context
	input        *livenessInput
	requirements bonafide.Requirements
	id           string
	out          *lineWriter
}

// run reads pictures and answers each as it is done. Reading waits while Parallel are being analysed. What makes the rest
// unreadable is the last line, or the answer where nothing could be read.
func (b *batch) run(r *http.Request) {
	// HTTP/1.1 otherwise stops reading the request with the first line of the answer. HTTP/2 needs no such thing and says so by an error.
	_ = http.NewResponseController(b.out.w).EnableFullDuplex()
	b.out.w.Header().Set("Content-Type", ndjson)
	read, err := b.answerAll(r)
	switch {
	case err != nil && read == 0:
		b.api.problem(b.ctx, err).write(b.out.w) // not even the first picture could be read
	case err != nil:
		b.out.write(encode(Line{Index: read, Problem: b.problem(read, err)}))
	}
}

// answerAll answers all pictures that can be read, and returns how many were.
func (b *batch) answerAll(r *http.Request) (read int, err error) {
	var working errgroup.Group
	working.SetLimit(max(1, b.api.Parallel))
	// Waited for even if reading panics: they write to the answer. They return nil, as each error is a line.
	defer func() { _ = working.Wait() }()
	err = b.read(r, func(item upload.Item) error {
		line := Line{Index: read, Name: item.Name}
		read++
		if item.Fault != nil {
			line.Problem = b.problem(line.Index, item.Fault)
			b.out.write(encode(line))
			return b.ctx.Err()
		}
		working.Go(func() error {
			defer item.Picture.Release()
			b.out.write(b.answer(line, item.Picture.Bytes))
			return nil
		})
		return b.ctx.Err()
	})
	return read, err
}

// read calls use with every picture of the request, in whichever form they come.
func (b *batch) read(r *http.Request, use func(upload.Item) error) error {
	switch {
	case upload.IsArchive(r):
		return b.api.Uploads.Archive(r, mostPictures, use)
	case upload.Kind(r) == upload.Multipart:
		return b.api.Uploads.Each(r, filePart, mostPictures, use)
	default:
		return answer.Faultf(http.StatusUnsupportedMediaType, upload.CodeMediaType, "the Content-Type is %q, allowed are multipart/form-data, %s",
			r.Header.Get("Content-Type"), strings.Join(upload.TakenArchives(), ", "))
	}
}

// problem is that of a line. The log tells it by its index: a file's name is the client's own.
func (b *batch) problem(index int, err error) *Problem {
	return b.api.problem(b.ctx, err, "index", index)
}

// answer is the finished line of one picture. A panic would end the process, as no handler is there to recover it: it spoils the line.
func (b *batch) answer(line Line, picture []byte) (text []byte) {
	defer func() {
		if fault := recover(); fault != nil {
			line.Problem = b.problem(line.Index, fmt.Errorf("panic: %v\n%s", fault, debug.Stack()))
			text = encode(line)
		}
	}()
	return encode(b.assess(line, picture))
}

func (b *batch) assess(line Line, picture []byte) Line {
	ctx, cancel := b.input.bound(b.ctx, 0)
	defer cancel()
	report, err := b.api.Analyzer.Analyze(ctx, picture)
	if err != nil {
		line.Problem = b.problem(line.Index, err)
		return line
	}
	assessment := bonafide.Assess(report, b.requirements)
	b.api.record(b.ctx, b.input.Policy, report, assessment)
	answer := b.api.answer(b.id, b.input, report, assessment)
	line.Answer = &answer
	return line
}

// lineWriter writes NDJSON from several goroutines and sends each line at once.
type lineWriter struct {
	mu sync.Mutex
	w  http.ResponseWriter
}

// encode is a line of NDJSON.
func encode(line Line) []byte {
	text, err := json.Marshal(line)
	if err != nil {
		panic(err) // a Line is plain text and finite numbers
	}
	return append(text, '\n')
}

func (l *lineWriter) write(line []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	// An error means that the client is gone; the request's context ends the work.
	_, _ = l.w.Write(line)
	_ = http.NewResponseController(l.w).Flush()
}
