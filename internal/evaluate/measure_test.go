package evaluate

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
)

// counting counts how often the real analyzer works, and fails when it is told to.
type counting struct {
	*bonafide.Analyzer
	analyses atomic.Int32
	fail     error
}

func (c *counting) Analyze(ctx context.Context, picture []byte) (bonafide.Report, error) {
	c.analyses.Add(1)
	if c.fail != nil {
		return bonafide.Report{}, c.fail
	}
	return c.Analyzer.Analyze(ctx, picture)
}

func openAnalyzer(t *testing.T) *counting { return openAnalyzerFor(t, 0) }

// openAnalyzerFor has so many faces measured; 0 means the default.
func openAnalyzerFor(t *testing.T, maxFaces int) *counting {
	t.Helper()
	a, err := bonafide.Open(bonafide.Config{Models: catalogtest.Dir(t), MaxFaces: maxFaces})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return &counting{Analyzer: a}
}

func someItems(t *testing.T) []Item {
	pictures := filepath.Join(catalogtest.Root(t), "testdata")
	return []Item{
		{Name: "face", Path: filepath.Join(pictures, "astronaut.jpg"), Label: labelLive},
		{Name: "scene", Path: filepath.Join(pictures, "noface.jpg"), Label: labelLive},
		{Name: "text", Path: filepath.Join(pictures, "README.md"), Label: labelSpoof},
		{Name: "gone", Path: filepath.Join(pictures, "gone.jpg"), Label: labelSpoof},
	}
}

func noProgress() error { return nil }

func TestRunListsWhatCannotBeRead(t *testing.T) {
	done := atomic.Int32{}
	pictures, err := Run(t.Context(), someItems(t), Options{Analyzer: openAnalyzer(t), Done: func() error { done.Add(1); return nil }})
	if err != nil {
		t.Fatal(err)
	}
	if len(pictures[0].Faces) != 1 || len(pictures[0].SHA256) != 64 || pictures[1].Error != nil || len(pictures[1].Faces) != 0 {
		t.Errorf("measured %+v", pictures[:2])
	}
	if e := pictures[2].Error; e == nil || e.Code != bonafide.CodeBadImage {
		t.Errorf("text was read: %+v", e)
	}
	if e := pictures[3].Error; e == nil || !strings.Contains(e.Message, "gone.jpg") {
		t.Errorf("a missing file was read: %+v", e)
	}
	if done.Load() != 4 {
		t.Errorf("progress went to %d of 4", done.Load())
	}
}

// What is no regular file may be a pipe, whose opening would wait.
func TestPipesAndDevicesAreNotRead(t *testing.T) {
	if _, err := readBounded(os.DevNull, 100); err == nil || !strings.Contains(err.Error(), os.DevNull+": not a regular file") {
		t.Errorf("the error is %v", err)
	}
}

func TestCacheGoesOnWhereARunStopped(t *testing.T) {
	a, dir, items := openAnalyzer(t), t.TempDir(), someItems(t)[:3]
	run := func() []Picture {
		t.Helper()
		cache, err := OpenCache(dir, a)
		if err != nil {
			t.Fatal(err)
		}
		pictures, err := Run(t.Context(), items, Options{Analyzer: a, Cache: cache, Done: noProgress})
		if err = errors.Join(err, cache.Close()); err != nil {
			t.Fatal(err)
		}
		return pictures
	}
	first := run()
	if n := a.analyses.Load(); n != 3 {
		t.Fatalf("%d analyses, want 3", n)
	}
	second := run()
	if n := a.analyses.Load(); n != 3 {
		t.Errorf("the second run analysed %d pictures again", n-3)
	}
	for i := range first {
		for k := range first[i].Faces {
			first[i].Faces[k].Face.Landmarks = bonafide.Landmarks{} // not remembered
		}
	}
	if d := cmp.Diff(first, second); d != "" {
		t.Errorf("remembered otherwise than measured:\n%s", d)
	}
}

func TestCacheHoldsNoLandmarksAndSurvivesACut(t *testing.T) {
	a, dir := openAnalyzer(t), t.TempDir()
	cache, err := OpenCache(dir, a)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Run(t.Context(), someItems(t)[:2], Options{Analyzer: a, Cache: cache, Done: noProgress})
	if err = errors.Join(err, cache.Close()); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil || len(files) != 1 {
		t.Fatalf("cache files %v (%v)", files, err)
	}
	content, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(content), "landmarks") || strings.Contains(string(content), "astronaut") {
		t.Error("the cache holds landmarks or names")
	}
	if err := os.WriteFile(files[0], content[:len(content)-20], 0o600); err != nil { // as if killed while writing
		t.Fatal(err)
	}
	cache, err = OpenCache(dir, a)
	if err != nil {
		t.Fatal(err)
	}
	if len(cache.known) != 1 {
		t.Errorf("%d measurements are known after a cut, want 1", len(cache.known))
	}
	if err := errors.Join(cache.put("digest", Measurement{Width: 7}), cache.Close()); err != nil {
		t.Fatal(err)
	}
	cache, err = OpenCache(dir, a)
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close()
	if m, ok := cache.get("digest"); !ok || m.Width != 7 || len(cache.known) != 2 {
		t.Errorf("after the cut %d are known, want 2", len(cache.known))
	}
}

// What was measured of the largest two faces is not what a picture has.
func TestCacheIsForSoManyFaces(t *testing.T) {
	dir := t.TempDir()
	known := func(a Analyzer) bool {
		t.Helper()
		cache, err := OpenCache(dir, a)
		if err != nil {
			t.Fatal(err)
		}
		_, ok := cache.get("digest")
		if err := errors.Join(cache.put("digest", Measurement{Width: 7}), cache.Close()); err != nil {
			t.Fatal(err)
		}
		return ok
	}
	two, all := openAnalyzerFor(t, bonafide.LeastFaces), openAnalyzer(t)
	if known(two) || known(all) {
		t.Error("what was measured of two faces is taken for what is measured of all")
	}
	if !known(two) || !known(all) || !known(openAnalyzerFor(t, bonafide.MostFaces)) {
		t.Error("measured again without need")
	}
}

// numbering finds one face in every picture and scores it by how often it has scored.
type numbering struct{ scored atomic.Int64 }

func (n *numbering) Analyze(context.Context, []byte) (bonafide.Report, error) {
	return bonafide.Report{Faces: []bonafide.Face{{}}}, nil
}

func (n *numbering) Score(context.Context, []bonafide.Cue) (float64, error) {
	return float64(n.scored.Add(1)), nil
}
func (n *numbering) Models() []bonafide.Model { return nil }
func (n *numbering) Limits() bonafide.Limits  { return bonafide.Limits{Bytes: 1 << 20} }
func (n *numbering) MaxFaces() int            { return 1 }

// The same picture, listed often, is scored anew for each: none may change another's score, nor what is remembered.
func TestDuplicatesDoNotShareScores(t *testing.T) {
	a := &numbering{}
	cache, err := OpenCache(t.TempDir(), a)
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close()
	options := Options{Analyzer: a, Cache: cache, Done: noProgress}
	first, err := Run(t.Context(), someItems(t)[:1], options)
	if err != nil {
		t.Fatal(err)
	}
	pictures, err := Run(t.Context(), slices.Repeat(someItems(t)[:1], 100), options)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[float64]bool{first[0].Faces[0].Liveness: true}
	for _, p := range pictures {
		seen[p.Faces[0].Liveness] = true
	}
	if len(seen) != 101 {
		t.Errorf("101 pictures have %d scores", len(seen))
	}
	if known, ok := cache.get(first[0].SHA256); !ok || known.Faces[0].Liveness != 0 {
		t.Error("what is remembered was scored anew, too")
	}
}

func TestRunStopsWhenTheFaultIsNotThePictures(t *testing.T) {
	a := openAnalyzer(t)
	a.fail = &bonafide.Error{Code: bonafide.CodeInternal, Err: errors.New("the licence ended")}
	_, err := Run(t.Context(), someItems(t), Options{Analyzer: a, Done: noProgress})
	if !errors.Is(err, a.fail) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, someItems(t), Options{Analyzer: openAnalyzer(t), Done: noProgress}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
}
