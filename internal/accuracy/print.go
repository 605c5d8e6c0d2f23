package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/bonafide-pad/bonafide/internal/stats"
)

// bar is what a figure must reach.
type bar struct {
	limit  float64
	atMost bool
}

func atLeast(limit float64) bar { return bar{limit: limit} }
func atMost(limit float64) bar  { return bar{limit: limit, atMost: true} }

func (b bar) met(v float64) bool {
	if b.atMost {
		return v <= b.limit
	}
	return v >= b.limit
}

func (b bar) String() string {
	if b.atMost {
		return fmt.Sprintf("≤ %g", b.limit)
	}
	return fmt.Sprintf("≥ %g", b.limit)
}

// figure prints one named figure, with what else is to be said of it, against the bars that it must reach.
func (l *lab) figure(name string, value float64, remark string, bars ...bar) {
	line := fmt.Sprintf("%-44s %8s  %s", name, number(value), remark)
	for _, b := range bars {
		verdict := "ok"
		if !b.met(value) {
			verdict = "MISSED"
		}
		line += fmt.Sprintf("  [%s %s]", b, verdict)
		if !b.met(value) {
			l.missed = append(l.missed, strings.TrimSpace(line))
		}
	}
	l.printf("%s\n", strings.TrimRight(line, " "))
}

// number prints a whole number as such, anything else with four digits.
func number(v float64) string {
	if v == float64(int64(v)) {
		return fmt.Sprintf("%d", int64(v))
	}
	return fmt.Sprintf("%.4f", v)
}

// named lists pictures that must be named, below the figure that counts them.
func (l *lab) named(what string, names []string) {
	if len(names) > 0 {
		l.printf("    %s: %s\n", what, strings.Join(names, ", "))
	}
}

// table prints rows in aligned columns; the first row is the heading.
func (l *lab) table(rows [][]string) error {
	w := tabwriter.NewWriter(l.out, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		fmt.Fprintln(w, strings.Join(r, "\t"))
	}
	return w.Flush()
}

// estimate prints a measure with four digits and its interval with three.
func estimate(e stats.Estimate) string {
	return fmt.Sprintf("%.4f (%.3f–%.3f)", e.Value, e.Interval.Low, e.Interval.High)
}

// percent prints a share with its interval in percent.
func percent(value float64, i stats.Interval) string {
	return fmt.Sprintf("%.1f %% (%.1f–%.1f)", 100*value, 100*i.Low, 100*i.High)
}
