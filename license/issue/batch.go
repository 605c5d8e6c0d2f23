package issue

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/bonafide-pad/bonafide/license"
)

// batchColumns are the columns a batch may have; the first two are required.
var batchColumns = []string{"customer", "machines", "not_before", "expires", "grace_days", "features", "requests_per_day", "faces_per_picture"}

const requiredColumns = 2

// ReadBatch reads the terms of many licences from CSV with a header line. The
// columns customer and machines must be there; not_before, expires, grace_days,
// features, requests_per_day and faces_per_picture may be, and where one is
// missing or empty the value of defaults holds. Several machines or features
// stand in one field with spaces or semicolons between them; dates are
// YYYY-MM-DD or RFC 3339.
//
// Terms come back in the order of the lines, complete with id and time of issue.
// One bad line spoils the batch: the error names every one, and nothing is
// returned.
func ReadBatch(r io.Reader, defaults license.License, now time.Time) ([]license.License, error) {
	table := csv.NewReader(r)
	header, err := table.Read()
	if err != nil {
		return nil, fmt.Errorf("batch: header line: %w", err)
	}
	if err := checkHeader(header); err != nil {
		return nil, fmt.Errorf("batch: %w", err)
	}
	var all []license.License
	var bad []error
	seen := map[string]int{}
	for {
		fields, err := table.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("batch: %w", err)
		}
		line, _ := table.FieldPos(0)
		l, err := batchLine(header, fields, defaults, now)
		if err == nil {
			err = claimMachines(seen, l.Machines, line)
		}
		if err != nil {
			bad = append(bad, fmt.Errorf("batch: line %d: %w", line, err))
			continue
		}
		all = append(all, l)
	}
	if len(bad) > 0 {
		return nil, errors.Join(bad...)
	}
	if len(all) == 0 {
		return nil, errors.New("batch: no line below the header")
	}
	return all, nil
}

func checkHeader(header []string) error {
	have := map[string]bool{}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))) // spreadsheets write a byte order mark
		header[i] = name
		if have[name] {
			return fmt.Errorf("column %q stands twice", name)
		}
		have[name] = true
	}
	for _, name := range batchColumns[:requiredColumns] {
		if !have[name] {
			return fmt.Errorf("column %q is missing; the columns are %s", name, strings.Join(batchColumns, ", "))
		}
	}
	for _, name := range batchColumns {
		delete(have, name)
	}
	for _, name := range header {
		if have[name] {
			return fmt.Errorf("column %q is not known; the columns are %s", name, strings.Join(batchColumns, ", "))
		}
	}
	return nil
}

// claimMachines notes which line names a machine; two lines for one machine are
// most likely a mistake of the table.
func claimMachines(seen map[string]int, machines []string, line int) error {
	for _, m := range machines {
		if before, ok := seen[m]; ok && m != license.AnyMachine {
			return fmt.Errorf("machine %s is already on line %d", m, before)
		}
		seen[m] = line
	}
	return nil
}

func batchLine(header, fields []string, defaults license.License, now time.Time) (license.License, error) {
	l := defaults
	for i, name := range header {
		value := strings.TrimSpace(fields[i])
		if value == "" {
			continue
		}
		if err := setColumn(&l, name, value); err != nil {
			return license.License{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	return New(l, now)
}

func setColumn(l *license.License, name, value string) (err error) {
	switch name {
	case "customer":
		l.Customer = value
	case "machines":
		l.Machines = splitList(value)
	case "features":
		l.Features = splitList(value)
	case "not_before":
		l.NotBefore, err = ParseDate(value)
	case "expires":
		l.Expires, err = ParseDate(value)
	case "grace_days":
		l.GraceDays, err = parseCount(value)
	case "requests_per_day":
		l.Limits.RequestsPerDay, err = parseCount(value)
	case "faces_per_picture":
		l.Limits.FacesPerPicture, err = parseCount(value)
	}
	return err
}

func splitList(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("; \t", r) })
}

func parseCount(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%q is not a whole number of 0 or more", s)
	}
	return n, nil
}

// ParseDate reads YYYY-MM-DD, meaning the start of that day in UTC, or an RFC
// 3339 time.
func ParseDate(s string) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is no date: want YYYY-MM-DD, or RFC 3339 as 2027-01-31T12:00:00Z", s)
	}
	return t, nil
}
