package client

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
)

// Line is the answer to one picture of a batch: Answer or Problem.
type Line struct {
	// Index is the picture's place in the batch.
	Index   int      `json:"index"`
	Name    string   `json:"name"`
	Answer  *Answer  `json:"answer"`
	Problem *Problem `json:"problem"`
}

// Batch asks for the decision on many pictures, at most 1000, and gives each answer as it comes, in the order in which they are done. A
// picture that cannot be analysed is a Line with a Problem; one without a name is why the rest could not be read, and the last. An error ends the
// sequence: io.ErrUnexpectedEOF where the answers end before all pictures had one. Leaving the loop early ends the request.
func (c Client) Batch(ctx context.Context, pictures [][]byte, options ...Option) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		answered := 0
		for line, err := range c.batch(ctx, form(pictures), options) {
			answered++
			if err != nil || line.endsAll() {
				answered = len(pictures)
			}
			if !yield(line, err) {
				return
			}
		}
		if answered < len(pictures) {
			yield(Line{}, fmt.Errorf("%d of %d pictures were answered: %w", answered, len(pictures), io.ErrUnexpectedEOF))
		}
	}
}

// endsAll tells whether the line is why no further picture could be read.
func (l Line) endsAll() bool { return l.Problem != nil && l.Name == "" }

// Archive is the kind of file that holds the pictures of a batch.
type Archive string

// The kinds that the server reads. It reads a tar as it arrives and keeps a zip in memory until it is there whole.
const (
	Tar     Archive = "application/x-tar"
	TarGzip Archive = "application/gzip"
	Zip     Archive = "application/zip"
)

// BatchArchive is Batch for the files of an archive, which is sent as it is read: it need not fit into memory. open is called for every
// attempt to send it. The names of lines are those in the archive.
func (c Client) BatchArchive(ctx context.Context, kind Archive, open func() (io.ReadCloser, error), options ...Option) iter.Seq2[Line, error] {
	return c.batch(ctx, body{contentType: string(kind), length: -1, open: open}, options)
}

func (c Client) batch(ctx context.Context, b body, options []Option) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		resp, err := c.post(ctx, "/v1/batch", options, b)
		if err != nil {
			yield(Line{}, err)
			return
		}
		defer resp.Body.Close()
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(nil, longestAnswer)
		for lines.Scan() {
			var line Line
			if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
				yield(Line{}, fmt.Errorf("reading the batch's answers: %w", err))
				return
			}
			if !yield(line, nil) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(Line{}, fmt.Errorf("reading the batch's answers: %w", err))
		}
	}
}
