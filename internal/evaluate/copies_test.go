package evaluate

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bonafide-pad/bonafide"
)

// copyOf is a picture with a face whose file is the same as another's.
func copyOf(name, label, group, digest string) Picture {
	p := seen(name, label, "", .9)
	p.Group, p.SHA256 = group, digest
	return p
}

func TestCopiesAreOneGroup(t *testing.T) {
	pictures := []Picture{
		copyOf("a", "live", "", "1"), copyOf("b", "live", "", "2"), copyOf("c", "live", "", "1"),
		copyOf("d", "live", "", "3"), copyOf("e", "live", "ann", "3"), copyOf("f", "live", "bob", "3"),
		copyOf("g", "live", "", ""), copyOf("h", "live", "", ""),
	}
	joinCopies(pictures)
	var groups []string
	for _, p := range pictures {
		groups = append(groups, p.Group)
	}
	if d := cmp.Diff([]string{"a", "", "a", "ann", "ann", "bob", "", ""}, groups); d != "" {
		t.Error(d)
	}
}

func TestRunCountsCopiesOnce(t *testing.T) {
	items := someItems(t)
	items[1] = items[0]
	items[1].Name = "again"
	pictures, err := Run(t.Context(), items, Options{Analyzer: openAnalyzer(t), Done: noProgress})
	if err != nil {
		t.Fatal(err)
	}
	if pictures[0].Group != "face" || pictures[1].Group != "face" || pictures[2].Group != "" {
		t.Errorf("groups are %q, %q and %q", pictures[0].Group, pictures[1].Group, pictures[2].Group)
	}
}

// A picture cannot be bona fide and an attack; where no face was found, black frames for example, nothing hangs on it.
func TestContradictionsAreRefused(t *testing.T) {
	blank := []Picture{copyOf("a", "live", "", "1"), copyOf("b", "spoof", "", "1")}
	blank[0].Faces, blank[1].Faces = nil, nil
	for name, c := range map[string]struct {
		pictures []Picture
		want     string
	}{
		"both labels": {[]Picture{copyOf("a", "live", "", "1"), copyOf("b", "spoof", "", "1")}, "a (live) and b (spoof) are the same picture"},
		"two words":   {[]Picture{copyOf("a", "live", "", "1"), copyOf("b", "real", "", "1")}, ""},
		"no face":     {blank, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewResult(c.pictures, Judging{Task: Liveness(), Policy: bonafide.DefaultPolicy()}, Provenance{})
			if c.want == "" && err != nil || c.want != "" && (!errors.Is(err, ErrLayout) || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("measured: got %v, want %q", err, c.want)
			}
			_, _, err = Calibrate(c.pictures, Calibration{})
			if got := errors.Is(err, ErrLayout); got != (c.want != "") {
				t.Errorf("calibrated: got %v, want %q", err, c.want)
			}
		})
	}
}
