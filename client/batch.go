package client

import (
	"context"
	"encoding/json"
	"errors"
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
// picture that cannot be analysed is a Line with a Problem. An error ends the sequence. Leaving the loop early ends the request.
func (c Client) Batch(ctx context.Context, pictures [][]byte, options ...Option) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		resp, err := c.post(ctx, "/v1/batch", options, form(pictures))
		if err != nil {
			yield(Line{}, err)
			return
		}
		defer resp.Body.Close()
		lines := json.NewDecoder(resp.Body)
		for {
			var line Line
			switch err := lines.Decode(&line); {
			case errors.Is(err, io.EOF):
				return
			case err != nil:
				yield(Line{}, fmt.Errorf("reading the batch's answers: %w", err))
				return
			}
			if !yield(line, nil) {
				return
			}
		}
	}
}
