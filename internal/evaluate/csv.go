package evaluate

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/bonafide-pad/bonafide/internal/pad"
	"github.com/bonafide-pad/bonafide/internal/stats"
	"github.com/bonafide-pad/bonafide/internal/whole"
)

// MakeDir makes the folder of the results.
func MakeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the folder of the results: %w", err)
	}
	return nil
}

// WriteDir writes results.json, measures.csv, pictures.csv and report.html into a folder, which it makes. They tell of persons and may show them: only
// their owner may read them. A file is there whole or as it was before.
func (r *Result) WriteDir(dir string, o PageOptions) error {
	if err := MakeDir(dir); err != nil {
		return err
	}
	for _, file := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"results.json", r.WriteJSON},
		{"measures.csv", r.WriteMeasures},
		{"pictures.csv", r.WritePictures},
		{"report.html", func(w io.Writer) error { return r.WriteHTML(w, o) }},
	} {
		if err := whole.Write(filepath.Join(dir, file.name), 0o600, file.write); err != nil {
			return fmt.Errorf("writing %s: %w", file.name, err)
		}
	}
	return nil
}

// WritePictures writes a line for every picture, with the columns of the manifest.
func (r *Result) WritePictures(out io.Writer) error {
	w := csv.NewWriter(out)
	header := []string{"path", "label", "species", "group", "sha256", "result", "answered", "faces", "score", "wrong", "reasons"}
	var extra []Column
	if len(r.Pictures) > 0 {
		extra = r.Pictures[0].Columns
	}
	for _, c := range extra {
		header = append(header, c.Name)
	}
	rows := [][]string{header}
	for _, p := range r.Pictures {
		row := []string{
			p.Name, p.Label, p.Species, p.Group, p.SHA256, string(p.Result), strconv.FormatBool(p.Answered), strconv.Itoa(p.Faces),
			decimal(p.Score), strconv.FormatBool(p.Wrong()), strings.Join(p.Reasons, "; "),
		}
		for _, c := range p.Columns {
			row = append(row, c.Value)
		}
		rows = append(rows, row)
	}
	for _, u := range r.Unreadable {
		row := make([]string, len(header))
		row[0], row[5], row[6], row[10] = u.Name, string(u.Code), "false", u.Message
		rows = append(rows, row)
	}
	return w.WriteAll(rows)
}

// WriteMeasures writes a line for every measure. Rates and measures are shares, not percent.
func (r *Result) WriteMeasures(out io.Writer) error {
	t := measureTable{{"scope", "measure", "value", "low", "high", "count", "of", "groups"}}
	if a := r.Attribute; a != nil {
		t.rate("all", "missed", a.Missed)
		t.rate("all", "false alarm", a.FalseAlarm)
		t.rate("all", "no face", a.Faceless)
		t.estimate("all", "EER", a.EER)
		t.estimate("all", "AUC", a.AUC)
	} else {
		t.liveness("all", *r.Liveness)
	}
	for _, s := range r.Subsets {
		t.liveness(s.Column+"="+s.Value, s.Measures)
	}
	return csv.NewWriter(out).WriteAll(t)
}

type measureTable [][]string

// rate leaves the value out where nothing was counted: a 0 would read as a rate without errors.
func (t *measureTable) rate(scope, name string, r stats.Rate) {
	if r.Of == 0 {
		*t = append(*t, []string{scope, name, "", "", "", "0", "0", "0"})
		return
	}
	*t = append(*t, []string{
		scope, name, decimal(r.Value), decimal(r.Interval.Low), decimal(r.Interval.High),
		strconv.Itoa(r.Count), strconv.Itoa(r.Of), strconv.Itoa(r.Groups),
	})
}

func (t *measureTable) estimate(scope, name string, e *stats.Estimate) {
	if e != nil {
		*t = append(*t, []string{scope, name, decimal(e.Value), decimal(e.Interval.Low), decimal(e.Interval.High), "", "", ""})
	}
}

func (t *measureTable) liveness(scope string, m pad.Measures) {
	t.rate(scope, "BPCER", m.BPCER)
	t.rate(scope, "BPNRR", m.BPNRR)
	if m.MaxAPCER != nil {
		t.rate(scope, "APCER max", *m.MaxAPCER)
	}
	if m.MaxAPNRR != nil {
		t.rate(scope, "APNRR max", *m.MaxAPNRR)
	}
	for _, s := range m.Species {
		t.rate(scope, "APCER "+s.Name, s.APCER)
		t.rate(scope, "APNRR "+s.Name, s.APNRR)
		t.estimate(scope, "EER "+s.Name, s.EER)
		t.estimate(scope, "AUC "+s.Name, s.AUC)
	}
	for _, f := range m.Fixed {
		t.estimate(scope, f.Name, &f.BPCER)
	}
	t.estimate(scope, "EER", m.EER)
	t.estimate(scope, "AUC", m.AUC)
}

func decimal(v float64) string { return strconv.FormatFloat(v, 'f', 6, 64) }
