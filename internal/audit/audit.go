// Package audit keeps the record of decisions: who asked which route when, and what was decided by which score, threshold, policy
// and networks. It never holds a picture, a crop, a landmark, a measure of a face other than the score, a file name or an address.
//
// # The promise
//
// Recording never makes an answer wait or fail. A [Log] takes a record into a buffer of bounded size and writes it to its [Store]
// soon afterwards, many at once. A record counts against the buffer until the store has it for good; while the buffer is full, as
// with a database that is slow or gone, further records are dropped and counted.
//
// A record is therefore lost only when it was dropped, which Stats tells, or when the process is killed while the record was
// still in the buffer: at most Config.Buffer of them. Close writes what the buffer holds.
package audit

import (
	"context"
	"time"
)

// Decision is what was decided on one picture, or on the frames of one capture.
type Decision struct {
	// Outcome is live, spoof or cannot_assess.
	Outcome string `json:"decision"`
	// Score is the calibrated liveness, 0..1; nil when no face was assessed.
	Score *float64 `json:"score"`
	// Threshold is the score above which a face is live.
	Threshold float64 `json:"threshold"`
	// Reasons are codes, such as FACE_TOO_SMALL.
	Reasons []string `json:"reasons"`
	// Policy is the name of the requirements that were applied.
	Policy string `json:"policy"`
	// Stages say how long each stage of the analysis took.
	Stages []Stage `json:"stages"`
}

// Stage is the time that one stage took.
type Stage struct {
	Stage        string  `json:"stage"`
	Milliseconds float64 `json:"ms"`
}

// Record is a decision with its circumstances.
type Record struct {
	// ID tells records apart; a store keeps one record of each ID.
	ID string `json:"id"`
	// Time is when the decision fell, in UTC and whole microseconds.
	Time time.Time `json:"time"`
	// RequestID is the one of the answer and of the server's log. Several records share it when a request brings several pictures.
	RequestID string `json:"request_id"`
	// Route is a pattern, such as "POST /v1/liveness".
	Route string `json:"route"`
	// Key is the id of the caller's API key, "" for none.
	Key string `json:"key"`
	// Profile is the name of the calibration that was applied.
	Profile string `json:"profile"`
	// Models is the digest of the set of networks in use: see ModelSet.
	Models string `json:"models"`
	Decision
}

// Store keeps records. Package audittest has what every store must do.
type Store interface {
	// Append keeps records: all of them, surviving the end of this process, or none. Records whose ID is there already are left as they are.
	Append(ctx context.Context, records []Record) error
	// Expire removes the records from before a time and returns how many these were.
	Expire(ctx context.Context, before time.Time) (int64, error)
}
