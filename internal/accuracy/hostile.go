package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bonafide-pad/bonafide"
)

// mostMemory is what the process may hold while it analyses them on all cores, in MiB.
const mostMemory = 1024

// patience is how long one hostile file may take; the figure is printed and has no bar, since a busy machine isn't a fault.
const patience = 10 * time.Second

// hostile analyses odd, broken and hostile files: each must give a report or an error with a code, in bounded time and
// memory. What it finds in them is of no interest.
func hostile(ctx context.Context, l *lab) error {
	rows, err := l.manifest("hostile")
	if err != nil {
		return err
	}
	if err := resetPeakMemory(); err != nil {
		return err
	}
	goroutines := runtime.NumGoroutine()
	outcomes := make([]outcome, len(rows))
	took := make([]time.Duration, len(rows))
	err = parallel(ctx, len(rows), func(i int) {
		began := time.Now()
		outcomes[i] = l.analyze(ctx, rows[i].path)
		took[i] = time.Since(began)
	})
	if err != nil {
		return err
	}
	peak, err := peakMemory()
	if err != nil {
		return err
	}
	l.figure("hostile files", float64(len(rows)), countOutcomes(outcomes))
	l.reportUntyped(rows, outcomes)
	slowest := slices.Index(took, slices.Max(took))
	l.figure("slowest hostile file, seconds", took[slowest].Seconds(), fmt.Sprintf("%s; allowed are %v", rows[slowest].name, patience))
	l.figure("peak memory of the process, MiB", float64(peak), "", atMost(mostMemory))
	l.figure("goroutines left behind", float64(leftBehind(goroutines)), "", atMost(0))
	l.orientations(rows, outcomes)
	return nil
}

// leftBehind is how many goroutines there are beyond those before. One that has just said that it is done may be on its way out yet.
func leftBehind(before int) int {
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if n := runtime.NumGoroutine() - before; n <= 0 || time.Now().After(deadline) {
			return n
		}
	}
}

// countOutcomes counts reports and errors by code.
func countOutcomes(outcomes []outcome) string {
	counts := map[string]int{}
	for _, o := range outcomes {
		code := string(bonafide.CodeOf(o.err))
		if code == "" {
			code = "analysed"
		}
		counts[code]++
	}
	var parts []string
	for _, code := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", code, counts[code]))
	}
	return strings.Join(parts, ", ")
}

// reportUntyped counts the errors that don't say what is wrong with the file.
func (l *lab) reportUntyped(rows []row, outcomes []outcome) {
	var untyped []string
	for i, o := range outcomes {
		switch bonafide.CodeOf(o.err) {
		case "", bonafide.CodeBadImage, bonafide.CodeTooLarge:
		default:
			untyped = append(untyped, fmt.Sprintf("%s: %v", rows[i].name, o.err))
		}
	}
	l.figure("errors other than bad_image and too_large", float64(len(untyped)), "", atMost(0))
	l.named("errors", untyped)
}

// oriented matches the files that show one picture stored in EXIF's eight orientations.
var oriented = regexp.MustCompile(`^(.*_(?:orientation|portrait|landscape))_[1-8](\.\w+)$`)

// orientations checks that all variants of one picture have the same upright size.
func (l *lab) orientations(rows []row, outcomes []outcome) {
	sizes := map[string]map[string]int{}
	variants := 0
	for i, r := range rows {
		m := oriented.FindStringSubmatch(r.name)
		if m == nil {
			continue
		}
		picture := m[1] + m[2]
		if sizes[picture] == nil {
			sizes[picture] = map[string]int{}
		}
		size := fmt.Sprintf("%d×%d", outcomes[i].report.Width, outcomes[i].report.Height)
		if err := outcomes[i].err; err != nil {
			size = err.Error()
		}
		sizes[picture][size]++
		variants++
	}
	var differ []string
	for _, picture := range slices.Sorted(maps.Keys(sizes)) {
		if len(sizes[picture]) > 1 {
			differ = append(differ, fmt.Sprintf("%s: %v", picture, sizes[picture]))
		}
	}
	l.figure("EXIF-rotated pictures whose variants differ", float64(len(differ)), fmt.Sprintf("%d pictures in %d variants", len(sizes), variants), atMost(0))
	l.named("differ", differ)
}

// resetPeakMemory makes Linux count the peak of the resident memory anew.
func resetPeakMemory() error {
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		return fmt.Errorf("resetting the count of peak memory: %w", err)
	}
	return nil
}

// peakMemory is the largest resident memory of the process since the reset, in MiB.
func peakMemory() (int, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if kib, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kib), "kB")))
			return n / 1024, err
		}
	}
	return 0, fmt.Errorf("/proc/self/status has no VmHWM")
}
