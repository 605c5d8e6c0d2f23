package evaluate

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
)

// seen makes a picture with one face for each liveness.
func seen(name, label, species string, liveness ...float64) Picture {
	p := Picture{Item: Item{Name: name, Label: label, Species: species, Extra: []Column{{"camera", name[:1]}}}, SHA256: "digest of " + name}
	for _, l := range liveness {
		cue := bonafide.Cue{Network: "net", Crop: "1.5", Logit: math.Log(l / (1 - l))}
		p.Faces = append(p.Faces, Face{Face: bonafide.Face{Liveness: l, EyeDistance: 120, Luminance: 100, Cues: []bonafide.Cue{cue}}})
	}
	return p
}

// counted by hand: of 4 bona fide one is missed and one has no face; a print passes, a mask is seen, a mask shows two faces.
func counted() []Picture {
	broken := Picture{Item: Item{Name: "broken", Label: "live"}}
	broken.Error = &Failed{Code: bonafide.CodeBadImage, Message: "bad image: text"}
	return []Picture{
		seen("a1", "live", "", .9), seen("a2", "live", "", .8), seen("b3", "live", "", .3), seen("b4", "live", ""),
		seen("a5", "spoof", "print", .95), seen("b6", "spoof", "print", .1), seen("a7", "spoof", "mask", .2), seen("b8", "spoof", "mask", .9, .8),
		broken,
	}
}

func evaluated(t *testing.T, pictures []Picture, largest bool) *Result {
	t.Helper()
	r, err := NewResult(pictures, Judging{
		Task: Liveness(), Policy: bonafide.DefaultPolicy(), LargestFace: largest, By: []string{"camera"},
	}, Provenance{Version: "1.2.3", Data: "pictures"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestResultCountsByHand(t *testing.T) {
	r := evaluated(t, counted(), false)
	m := r.Liveness
	for _, c := range []struct {
		what      string
		count, of int
		wantCount int
		wantOf    int
	}{
		{"BPCER", m.BPCER.Count, m.BPCER.Of, 1, 3},
		{"BPNRR", m.BPNRR.Count, m.BPNRR.Of, 1, 4},
		{"APCER of masks", m.Species[0].APCER.Count, m.Species[0].APCER.Of, 0, 1},
		{"APNRR of masks", m.Species[0].APNRR.Count, m.Species[0].APNRR.Of, 1, 2},
		{"APCER of prints", m.Species[1].APCER.Count, m.Species[1].APCER.Of, 1, 2},
	} {
		if c.count != c.wantCount || c.of != c.wantOf {
			t.Errorf("%s is %d of %d, want %d of %d", c.what, c.count, c.of, c.wantCount, c.wantOf)
		}
	}
	if len(r.Unreadable) != 1 || r.Unreadable[0].Name != "broken" {
		t.Errorf("unreadable: %+v", r.Unreadable)
	}
	if len(r.Subsets) != 2 || r.Subsets[0].Value != "a" || r.Subsets[0].Measures.BPCER.Of != 2 {
		t.Errorf("subsets by camera: %+v", r.Subsets)
	}
	if w := r.worst(true, 5); len(w) != 1 || w[0].Name != "b3" {
		t.Errorf("worst bona fide: %+v", w)
	}
	if w := r.worst(false, 5); len(w) != 1 || w[0].Name != "a5" {
		t.Errorf("worst attacks: %+v", w)
	}
}

func TestLargestFaceAnswersPicturesWithSeveral(t *testing.T) {
	m := evaluated(t, counted(), true).Liveness
	if a := m.Species[0]; a.APCER.Count != 1 || a.APCER.Of != 2 || a.APNRR.Count != 0 {
		t.Errorf("masks: %+v", a)
	}
}

func TestAttributeResult(t *testing.T) {
	task, err := Attribute("mouth")
	if err != nil {
		t.Fatal(err)
	}
	var pictures []Picture
	for i, c := range []struct {
		label  string
		opened float64
	}{{"open", .9}, {"open", .4}, {"closed", .1}, {"closed", .6}, {"closed", .2}} {
		p := seen(fmt.Sprint(i), c.label, "", .9)
		p.Faces[0].MouthOpened = c.opened
		pictures = append(pictures, p)
	}
	r, err := NewResult(pictures, Judging{Task: task, Policy: bonafide.DefaultPolicy()}, Provenance{})
	if err != nil {
		t.Fatal(err)
	}
	a := r.Attribute
	if a.Missed.Count != 1 || a.Missed.Of != 2 || a.FalseAlarm.Count != 1 || a.FalseAlarm.Of != 3 || !(math.Abs(a.AUC.Value-5./6) <= 1e-9) {
		t.Errorf("measured %+v", a)
	}
}

// What is written is read back, as text it stands, and the page needs nothing from elsewhere.
func TestWriteDir(t *testing.T) {
	pictures := counted()
	for i := range pictures {
		pictures[i].Path = filepath.Join(catalogtest.Root(t), "testdata", "astronaut.jpg")
	}
	r, dir := evaluated(t, pictures, false), filepath.Join(t.TempDir(), "out")
	if err := r.WriteDir(dir, PageOptions{Thumbnails: true, Limits: bonafide.Limits{Bytes: 1 << 20, Pixels: 1 << 24, Side: 9000}}); err != nil {
		t.Fatal(err)
	}
	back, err := Read(filepath.Join(dir, "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	ignorePaths := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".path" }, cmp.Ignore())
	if d := cmp.Diff(r, back, cmp.AllowUnexported(Row{}), ignorePaths); d != "" {
		t.Errorf("read back otherwise than written:\n%s", d)
	}
	page := read(t, dir, "report.html")
	for _, want := range []string{"BPCER", "APCER, highest (print)", "BPCER100", "<svg", "data:image/jpeg;base64,", "bad image: text", "a5"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if outside := regexp.MustCompile(`(?:src|href)="(?:https?:)?//|@import|<script|<link`).FindString(page); outside != "" {
		t.Errorf("the page refers to something outside of it: %s", outside)
	}
	table, err := csv.NewReader(strings.NewReader(read(t, dir, "pictures.csv"))).ReadAll()
	if err != nil || len(table) != 10 || table[0][len(table[0])-1] != "camera" || table[5][8] != "0.950000" {
		t.Errorf("pictures.csv is %q (%v)", table, err)
	}
	if measures := read(t, dir, "measures.csv"); !strings.Contains(measures, "all,BPCER,0.333333,") || !strings.Contains(measures, "camera=b,APCER print,0.000000,") {
		t.Errorf("measures.csv is %s", measures)
	}
}

// The results are of persons: nobody else reads them. A picture that has gone since it was measured costs its thumbnail alone.
func TestWriteDirIsForItsOwnerAndOutlivesAPicture(t *testing.T) {
	pictures := counted()
	for i := range pictures {
		pictures[i].Path = filepath.Join(t.TempDir(), "gone.jpg")
	}
	dir := filepath.Join(t.TempDir(), "out")
	if err := evaluated(t, pictures, false).WriteDir(dir, PageOptions{Thumbnails: true, Limits: bonafide.Limits{Bytes: 1 << 20, Pixels: 1 << 24, Side: 9000}}); err != nil {
		t.Fatal(err)
	}
	if page := read(t, dir, "report.html"); !strings.Contains(page, "gone.jpg: no such file") || !strings.Contains(page, "BPCER100") {
		t.Errorf("the page is %s", page)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 4 {
		t.Fatalf("%d files, wanted are 4 (%v)", len(entries), err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v (%v)", e.Name(), info.Mode(), err)
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder has mode %v (%v)", info.Mode(), err)
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Where no bona fide presentation was shown, none was missed, but that is no BPCER of 0.
func TestMeasuresOfNothingAreEmpty(t *testing.T) {
	var out strings.Builder
	if err := evaluated(t, []Picture{seen("a", "spoof", "print", .1)}, false).WriteMeasures(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"all,BPCER,,,,0,0,0\n", "all,APCER max,0.000000,0.000000,1.000000,0,1,1\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}

func TestPageWithoutThumbnailsShowsNoPictures(t *testing.T) {
	var page bytes.Buffer
	if err := evaluated(t, counted(), false).WriteHTML(&page, PageOptions{}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(page.String(), "<img") {
		t.Error("the page has pictures")
	}
}

func TestReadRefusesOtherJSON(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a.json": `{"x":1}`, "b.json": `[`})
	for _, name := range []string{"a.json", "b.json"} {
		if _, err := Read(filepath.Join(dir, name)); err == nil || !strings.Contains(err.Error(), "not the JSON of an evaluation") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCompare(t *testing.T) {
	before := evaluated(t, counted(), false)
	better := counted()
	better[2].Faces[0].Liveness = .75 // b3 is found live
	better[4].Faces[0].Liveness = .5  // a5 no longer passes
	better[3] = seen("b4", "live", "", .9)
	c, err := Compare(before, evaluated(t, better, false))
	if err != nil {
		t.Fatal(err)
	}
	if c.Paired != 6 || c.OnlyAfter != 1 || c.OnlyBefore != 0 || len(c.Fixed) != 2 || len(c.Broken) != 0 {
		t.Errorf("paired %d, answered only after %d, fixed %d, broken %d", c.Paired, c.OnlyAfter, len(c.Fixed), len(c.Broken))
	}
	wantChanges(t, c, 1e-9, map[string][2]float64{"BPCER": {1. / 3, 0}, "APCER, highest": {.5, 0}, "APCER print": {.5, 0}, "APCER mask": {0, 0}})
	var text strings.Builder
	if err := c.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"6 pictures answered by both", "2 judgements became right", "BPCER           33.33 %  0.00 %   -33.33 %"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not in\n%s", want, text.String())
		}
	}
}

// wantChanges compares measures by name before and after.
func wantChanges(t *testing.T, c *Comparison, within float64, want map[string][2]float64) {
	t.Helper()
	for _, ch := range c.Changes {
		if w, ok := want[ch.Measure]; ok && (!(math.Abs(ch.Before-w[0]) <= within) || !(math.Abs(ch.After-w[1]) <= within)) {
			t.Errorf("%s went from %g to %g, want %v", ch.Measure, ch.Before, ch.After, w)
		}
		delete(want, ch.Measure)
	}
	if len(want) > 0 {
		t.Errorf("not compared: %v", want)
	}
}

// A run that answers less, or lacks pictures, must not look as good as the other.
func TestComparedRunsTellWhatTheyDoNotAnswer(t *testing.T) {
	silent := counted()
	silent[2] = seen("b3", "live", "")            // the one that was missed
	silent[4] = seen("a5", "spoof", "print")      // the one that passed
	silent[5].Error = &Failed{Message: "a limit"} // b6
	before := evaluated(t, counted(), false)
	c, err := Compare(before, evaluated(t, append(silent, seen("new", "live", "", .9)), false))
	if err != nil {
		t.Fatal(err)
	}
	if c.Paired != 3 || c.OnlyBefore != 2 || c.Unmatched != 2 {
		t.Errorf("paired %d, answered only before %d, unmatched %d", c.Paired, c.OnlyBefore, c.Unmatched)
	}
	wantChanges(t, c, 0, map[string][2]float64{"BPNRR": {.25, .5}, "APNRR, highest": {.5, 1}})
	var text strings.Builder
	if err := c.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	if want := "2 pictures could be analysed in one run alone"; !strings.Contains(text.String(), want) {
		t.Errorf("%q is not in\n%s", want, text.String())
	}
}

// Each measure's interval counts the groups that it looks at: three attacks say nothing of a hundred bona fide presentations.
func TestComparedIntervalsCountTheirOwnGroups(t *testing.T) {
	var pictures []Picture
	for i := range 100 {
		pictures = append(pictures, seen(fmt.Sprint(i, "live"), "live", "", .9))
	}
	for i := range 30 {
		pictures = append(pictures, seen(fmt.Sprint(i, "print"), "spoof", "print", .1))
	}
	for i := range 3 {
		pictures = append(pictures, seen(fmt.Sprint(i, "mask"), "spoof", "mask", .1))
	}
	run := evaluated(t, pictures, false)
	c, err := Compare(run, run)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{"BPCER": .03, "APCER print": .1, "APCER mask": 1, "APCER, highest": 1}
	for _, ch := range c.Changes {
		if reach, ok := want[ch.Measure]; ok && (!(math.Abs(ch.Difference.Interval.High-reach) <= 1e-9) || !(math.Abs(ch.Difference.Interval.Low+reach) <= 1e-9)) {
			t.Errorf("%s differs from itself by %+v, want ±%g", ch.Measure, ch.Difference.Interval, reach)
		}
		delete(want, ch.Measure)
	}
	if len(want) > 0 {
		t.Errorf("not compared: %v", want)
	}
}

// Of an attribute there are no species: what the runs call false alarms is what they are compared by.
func TestComparedAttributeHasTheRatesOfItsRuns(t *testing.T) {
	task, err := Attribute("mouth")
	if err != nil {
		t.Fatal(err)
	}
	var pictures []Picture
	for i, opened := range []float64{.9, .8, .1, .1, .1, .6} {
		p := seen(fmt.Sprint(i), "closed", []string{"indoors", "outdoors"}[i/4], .9)
		if i < 2 {
			p.Label = "open"
		}
		p.Faces[0].MouthOpened = opened
		pictures = append(pictures, p)
	}
	run, err := NewResult(pictures, Judging{Task: task, Policy: bonafide.DefaultPolicy()}, Provenance{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := Compare(run, run)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Changes[1]; got.Measure != "false alarms" || got.Before != run.Attribute.FalseAlarm.Value || got.Before != .25 {
		t.Errorf("compared are %+v, the run has %+v", got, run.Attribute.FalseAlarm)
	}
}

func TestIncomparableRunsAreRefused(t *testing.T) {
	a := evaluated(t, counted(), false)
	relabelled := counted()
	relabelled[0].Label = "spoof"
	for want, b := range map[string]*Result{
		"no picture in common":   evaluated(t, []Picture{seen("z", "live", "", .9)}, false),
		"a1 has label live":      evaluated(t, relabelled, false),
		"the other of occlusion": {Task: "occlusion", Attribute: &AttributeMeasures{}},
	} {
		if _, err := Compare(a, b); !errors.Is(err, ErrIncomparable) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
