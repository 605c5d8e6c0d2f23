package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/bonafide-pad/bonafide"
)

// printer returns what writes one result in the chosen form, and what ends the output.
func (c checkCmd) printer(out io.Writer) (write func(checked) error, finish func() error) {
	switch {
	case c.JSON:
		encoder := json.NewEncoder(out)
		return func(r checked) error { return encoder.Encode(jsonLine(r)) }, func() error { return nil }
	case c.CSV:
		w := csv.NewWriter(out)
		header := true
		return func(r checked) error {
				if header {
					header = false
					if err := w.Write(csvHeader); err != nil {
						return err
					}
				}
				return w.Write(csvRow(r))
			}, func() error {
				w.Flush()
				return w.Error()
			}
	default:
		return func(r checked) error {
			_, err := fmt.Fprintln(out, tableRow(r))
			return err
		}, func() error { return nil }
	}
}

// line is the JSON form of one result: verdict and report, or an error.
type line struct {
	Path    string            `json:"path"`
	Verdict *bonafide.Verdict `json:"verdict,omitempty"`
	Report  *bonafide.Report  `json:"report,omitempty"`
	Error   *lineError        `json:"error,omitempty"`
}

type lineError struct {
	Code    bonafide.Code `json:"code"`
	Message string        `json:"message"`
}

func jsonLine(r checked) line {
	if r.err != nil {
		return line{Path: r.path, Error: &lineError{Code: bonafide.CodeOf(r.err), Message: r.err.Error()}}
	}
	return line{Path: r.path, Verdict: &r.verdict, Report: &r.report}
}

var csvHeader = []string{
	"path", "result", "liveness", "faces", "x1", "y1", "x2", "y2", "yaw", "pitch", "roll", "left_eye_closed", "right_eye_closed",
	"mouth_opened", "occlusion", "eye_distance", "quality", "luminance", "error",
}

// csvRow has the measures of the only face; they are empty unless there is exactly one.
func csvRow(r checked) []string {
	row := make([]string, len(csvHeader))
	row[0] = r.path
	if r.err != nil {
		row[len(row)-1] = r.err.Error()
		return row
	}
	row[1], row[3] = string(r.verdict.Result), strconv.Itoa(len(r.report.Faces))
	if len(r.report.Faces) != 1 {
		return row
	}
	f := r.report.Faces[0]
	row[2] = decimal(f.Liveness)
	for i, v := range []int{f.Box.X1, f.Box.Y1, f.Box.X2, f.Box.Y2} {
		row[4+i] = strconv.Itoa(v)
	}
	for i, v := range []float64{
		f.Pose.Yaw, f.Pose.Pitch, f.Pose.Roll, f.LeftEyeClosed, f.RightEyeClosed, f.MouthOpened, f.Occlusion,
		f.EyeDistance, f.Quality.Score, f.Luminance,
	} {
		row[8+i] = decimal(v)
	}
	return row
}

func decimal(v float64) string { return strconv.FormatFloat(v, 'f', 4, 64) }

// tableRow is one line for people: result, score, path, and what else a person should know.
func tableRow(r checked) string {
	if r.err != nil {
		return fmt.Sprintf("%-13s  %5s  %s  %s", "error", "", oneLine(r.path), oneLine(r.err.Error()))
	}
	score := ""
	if r.verdict.State != nil {
		score = fmt.Sprintf("%.3f", r.verdict.State.Liveness)
	}
	row := fmt.Sprintf("%-13s  %5s  %s", r.verdict.Result, score, oneLine(r.path))
	if notes := notes(r); len(notes) > 0 {
		row += "  (" + strings.Join(notes, ", ") + ")"
	}
	return row
}

// oneLine writes line breaks, control characters and what is not UTF-8 as Go's escapes: a file's name must not look like the result of another
// picture, nor command the terminal.
func oneLine(text string) string {
	if utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !strconv.IsGraphic(r) }) {
		return text
	}
	quoted := strconv.QuoteToGraphic(text)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}

func notes(r checked) []string {
	if n := len(r.report.Faces); n > 1 {
		return []string{fmt.Sprintf("%d faces", n)}
	}
	s := r.verdict.State
	if s == nil {
		return nil
	}
	var notes []string
	for _, n := range []struct {
		holds bool
		text  string
	}{
		{s.NotFront, "not facing the camera"}, {s.Occluded, "occluded"}, {s.EyeClosed, "eye closed"},
		{s.MouthOpened, "mouth open"}, {s.BoundaryFace, "near the edge"}, {s.Small, "small"},
		{s.Quality == bonafide.QualityLow, "low quality"},
		{s.Luminance != bonafide.LuminanceNormal, strings.ToLower(string(s.Luminance))},
	} {
		if n.holds {
			notes = append(notes, n.text)
		}
	}
	return notes
}
