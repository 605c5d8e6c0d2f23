package evaluate

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/pad"
)

// Provenance says what was measured, with what and when.
type Provenance struct {
	Created  time.Time        `json:"created"`
	Version  string           `json:"version"`
	Go       string           `json:"go"`
	Platform string           `json:"platform"`
	Runtime  string           `json:"runtime"`
	Models   []bonafide.Model `json:"models"`
	Policy   bonafide.Policy  `json:"policy"`
	// Calibration is the profile in force; nil when scores were not calibrated.
	Calibration *bonafide.Profile `json:"calibration"`
	// Data is the path that was given, DataSHA256 the digest over the digests of its pictures and their labels.
	Data       string `json:"data"`
	DataSHA256 string `json:"data_sha256"`
	// LargestFace is true when pictures with several faces were judged by the largest.
	LargestFace bool `json:"largest_face"`
}

// Subset are the measures of the pictures that share a value of a column.
type Subset struct {
	Column   string       `json:"column"`
	Value    string       `json:"value"`
	Pictures int          `json:"pictures"`
	Groups   int          `json:"groups"`
	Measures pad.Measures `json:"measures"`
}

// Result is a whole evaluation.
type Result struct {
	// Task is "liveness" or an attribute; Liveness or Attribute are its measures.
	Task       string             `json:"task"`
	Provenance Provenance         `json:"provenance"`
	Liveness   *pad.Measures      `json:"liveness,omitempty"`
	Attribute  *AttributeMeasures `json:"attribute,omitempty"`
	Subsets    []Subset           `json:"subsets,omitempty"`
	Pictures   []Row              `json:"pictures"`
	Unreadable []Unreadable       `json:"unreadable"`
}

// Judging says how measured pictures become a Result.
type Judging struct {
	Task   Task
	Policy bonafide.Policy
	// LargestFace judges pictures with several faces by the largest; otherwise they are non-responses, as for the product.
	LargestFace bool
	// By are the columns whose values get measures of their own.
	By []string
}

// NewResult judges pictures and measures; one that is labelled both ways is refused. Provenance is taken as it is but for the digest of the data, the policy and LargestFace.
func NewResult(pictures []Picture, j Judging, p Provenance) (*Result, error) {
	if err := j.Task.refuseContradictions(pictures); err != nil {
		return nil, err
	}
	r := &Result{Task: j.Task.Name, Provenance: p, Pictures: []Row{}, Unreadable: []Unreadable{}}
	largest := j.LargestFace || j.Task.Name != Liveness().Name // attributes are those of the largest face
	r.Provenance.Policy, r.Provenance.LargestFace = j.Policy, largest
	r.Provenance.DataSHA256 = dataDigest(pictures)
	for _, picture := range pictures {
		if e := picture.Error; e != nil {
			r.Unreadable = append(r.Unreadable, Unreadable{picture.Name, e.Code, e.Message})
			continue
		}
		row, err := j.Task.judge(picture, j.Policy, largest)
		if err != nil {
			return nil, err
		}
		r.Pictures = append(r.Pictures, row)
	}
	threshold := j.Task.threshold(j.Policy)
	if r.Task != Liveness().Name {
		m := measureAttribute(r.Pictures, threshold)
		r.Attribute = &m
		return r, nil
	}
	m := pad.Measure(presentations(r.Pictures), threshold)
	r.Liveness = &m
	for _, column := range j.By {
		r.Subsets = append(r.Subsets, subsets(r.Pictures, column, threshold)...)
	}
	return r, nil
}

// subsets measures the rows of each value of a column. Their DET curves are left out.
func subsets(rows []Row, column string, threshold float64) []Subset {
	byValue := map[string][]Row{}
	for _, r := range rows {
		v := Item{Label: r.Label, Species: r.Species, Group: r.Group, Extra: r.Columns}.Column(column)
		byValue[v] = append(byValue[v], r)
	}
	var all []Subset
	for _, value := range slices.Sorted(maps.Keys(byValue)) {
		s := Subset{Column: column, Value: value, Pictures: len(byValue[value])}
		s.Measures = pad.Measure(presentations(byValue[value]), threshold)
		s.Measures.DET = nil
		groups := map[string]bool{}
		for _, r := range byValue[value] {
			groups[cmp.Or(r.Group, "\x00"+r.Name)] = true
		}
		s.Groups = len(groups)
		all = append(all, s)
	}
	return all
}

// dataDigest is a digest over the pictures and what is said of them, in their order.
func dataDigest(pictures []Picture) string {
	h := sha256.New()
	for _, p := range pictures {
		fmt.Fprintf(h, "%s %q %q %q\n", p.SHA256, p.Label, p.Species, p.Group)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// worst returns the most grievous errors of one kind, at most n: bona fide (or what has the attribute) that was not seen as such when
// truth is true, attacks that passed when it is false.
func (r *Result) worst(truth bool, n int) []Row {
	var wrong []Row
	for _, row := range r.Pictures {
		if row.Wrong() && row.Truth == truth {
			wrong = append(wrong, row)
		}
	}
	slices.SortStableFunc(wrong, func(a, b Row) int {
		if truth {
			return cmp.Compare(a.Score, b.Score)
		}
		return cmp.Compare(b.Score, a.Score)
	})
	return wrong[:min(n, len(wrong))]
}

// Read reads a Result from its JSON.
func Read(path string) (_ *Result, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var r Result
	if err := json.NewDecoder(f).Decode(&r); err != nil {
		return nil, fmt.Errorf("%s is not the JSON of an evaluation: %w", path, err)
	}
	if r.Liveness == nil && r.Attribute == nil {
		return nil, fmt.Errorf("%s is not the JSON of an evaluation: it has no measures", path)
	}
	return &r, nil
}

// WriteJSON writes everything, so that Read brings it back.
func (r *Result) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(r)
}
