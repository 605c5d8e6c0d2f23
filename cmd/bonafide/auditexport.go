package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/bonafide-pad/bonafide/internal/audit"
)

type auditCmd struct {
	Export auditExportCmd `cmd:"" help:"Print the records, oldest first."`
}

type auditExportCmd struct {
	stateFlags
	Audit  auditTarget `help:"Where the records are, as for serve (default: sqlite)." env:"BONAFIDE_AUDIT" default:"sqlite" placeholder:"STORE"`
	Since  since       `help:"Only records from then on: a date, a time as in RFC 3339, or how long ago, such as 24h." placeholder:"TIME"`
	Format string      `help:"jsonl (one JSON object a line) or csv." enum:"jsonl,csv" default:"jsonl"`
}

// Run prints the records.
func (c auditExportCmd) Run(s *streams) (err error) {
	ctx := context.Background()
	if err := c.Audit.mustExist(ctx, c.stateFlags); err != nil {
		return err
	}
	store, err := c.Audit.openToRead(ctx, c.stateFlags)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	write, flush := jsonLines(s.out)
	if c.Format == "csv" {
		write, flush = csvLines(s.out)
	}
	for record, err := range store.Since(ctx, time.Time(c.Since)) {
		if err != nil {
			return err
		}
		if err := write(record); err != nil {
			return fmt.Errorf("printing the records: %w", err)
		}
	}
	return flush()
}

func jsonLines(w io.Writer) (write func(audit.Record) error, flush func() error) {
	encoder := json.NewEncoder(w)
	return func(r audit.Record) error { return encoder.Encode(r) }, func() error { return nil }
}

// csvLines prints a line of titles, then one for each record. Reasons are parted by spaces, stages are name=milliseconds.
func csvLines(w io.Writer) (write func(audit.Record) error, flush func() error) {
	out := csv.NewWriter(w)
	titles := []string{"id", "time", "request_id", "route", "key", "profile", "models", "decision", "score", "threshold", "reasons", "policy", "stages_ms"}
	failed := out.Write(titles)
	write = func(r audit.Record) error {
		score := ""
		if r.Score != nil {
			score = number(*r.Score)
		}
		stages := make([]string, len(r.Stages))
		for i, s := range r.Stages {
			stages[i] = s.Stage + "=" + number(s.Milliseconds)
		}
		return out.Write([]string{
			r.ID, r.Time.Format(time.RFC3339Nano), r.RequestID, r.Route, r.Key, r.Profile, r.Models, r.Outcome, score, number(r.Threshold),
			strings.Join(r.Reasons, " "), r.Policy, strings.Join(stages, " "),
		})
	}
	flush = func() error {
		out.Flush()
		if failed != nil {
			return failed
		}
		return out.Error()
	}
	return write, flush
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// since is a time, given as such or as how long ago.
type since time.Time

// UnmarshalText reads a date, a time or a duration.
func (s *since) UnmarshalText(text []byte) error {
	if ago, err := time.ParseDuration(string(text)); err == nil {
		*s = since(time.Now().Add(-ago))
		return nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, string(text)); err == nil {
			*s = since(t)
			return nil
		}
	}
	return fmt.Errorf("since is %q, allowed are a date such as 2006-01-31, a time such as 2006-01-31T13:00:00Z, or a duration such as 24h", text)
}
