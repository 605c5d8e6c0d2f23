package bonafide_test

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/spoof"
)

func openAnalyzer(t *testing.T, c bonafide.Config) *bonafide.Analyzer {
	t.Helper()
	c.Models = catalogtest.Dir(t)
	a, err := bonafide.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// stricter is the profile in force with its operating point a live logit of 2 higher.
func stricter(t *testing.T, a *bonafide.Analyzer) bonafide.Profile {
	t.Helper()
	p, ok := a.Calibration()
	if !ok {
		t.Fatal("opened without a calibration")
	}
	p.Operation.Logit += 2
	p.Intercept -= 2 * p.Slope
	return p
}

func liveness(t *testing.T, a *bonafide.Analyzer, p *bonafide.Profile) bonafide.Face {
	t.Helper()
	picture, err := os.ReadFile(filepath.Join(catalogtest.Root(t), "testdata", "astronaut.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	if p != nil {
		ctx = bonafide.WithProfile(ctx, *p)
	}
	r, err := a.Analyze(ctx, picture)
	if err != nil || len(r.Faces) != 1 {
		t.Fatalf("%d faces (%v)", len(r.Faces), err)
	}
	return r.Faces[0]
}

func logOdds(p float64) float64 { return math.Log(p / (1 - p)) }

func TestProfileMovesTheScoreAndNothingElse(t *testing.T) {
	a := openAnalyzer(t, bonafide.Config{})
	p := stricter(t, a)
	if err := a.Accept(p); err != nil {
		t.Fatal(err)
	}
	builtIn, moved := liveness(t, a, nil), liveness(t, a, &p)
	want := logOdds(builtIn.Liveness) - 2*p.Slope
	if got := logOdds(moved.Liveness); !(math.Abs(got-want) <= 1e-9) {
		t.Errorf("log odds are %.6f, want %.6f", got, want)
	}
	for i := range builtIn.Cues {
		if builtIn.Cues[i] != moved.Cues[i] {
			t.Errorf("cue %+v became %+v", builtIn.Cues[i], moved.Cues[i])
		}
	}
	if again, err := a.Score(t.Context(), builtIn.Cues); err != nil || again != builtIn.Liveness {
		t.Errorf("scored anew %v (%v), want %v", again, err, builtIn.Liveness)
	}
	opened := openAnalyzer(t, bonafide.Config{Profile: &p})
	if got := liveness(t, opened, nil).Liveness; got != moved.Liveness {
		t.Errorf("opened with the profile %v, with it in the context %v", got, moved.Liveness)
	}
}

// TestAProfileInForceIsTheAnalyzersOwn: changed from outside it would score otherwise than its digest says.
func TestAProfileInForceIsTheAnalyzersOwn(t *testing.T) {
	given, ok := openAnalyzer(t, bonafide.Config{}).Calibration()
	if !ok {
		t.Fatal("opened without a calibration")
	}
	a := openAnalyzer(t, bonafide.Config{Profile: &given})
	before := liveness(t, a, nil).Liveness
	got, _ := a.Calibration()
	for _, p := range []bonafide.Profile{given, got} {
		for i := range p.Cues {
			p.Cues[i].Weight = 0
		}
	}
	if after := liveness(t, a, nil).Liveness; after != before {
		t.Errorf("%v became %v", before, after)
	}
}

func TestUncalibratedScoreIsTheMeanLogitByShares(t *testing.T) {
	a := openAnalyzer(t, bonafide.Config{Uncalibrated: true})
	if _, ok := a.Calibration(); ok {
		t.Error("it is calibrated")
	}
	face := liveness(t, a, nil)
	crops, networks := map[string]int{}, map[string]bool{}
	for _, c := range face.Cues {
		crops[c.Network]++
		networks[c.Network] = true
	}
	var mean float64
	for _, c := range face.Cues {
		mean += spoof.Share(c.Network, c.Crop, crops[c.Network]) * c.Logit / float64(len(networks))
	}
	if got := logOdds(face.Liveness); !(math.Abs(got-mean) <= 1e-6) {
		t.Errorf("log odds are %.6f, want %.6f", got, mean)
	}
}

func TestProfilesThatDoNotFitAreRefused(t *testing.T) {
	a := openAnalyzer(t, bonafide.Config{})
	foreign := stricter(t, a)
	foreign.Networks = append(foreign.Networks[:0:0], foreign.Networks...)
	foreign.Networks[0].SHA256 = strings.Repeat("0", 64)
	invalid := stricter(t, a)
	invalid.Slope = -1
	for want, p := range map[string]bonafide.Profile{"fitted with other networks": foreign, "slope is -1": invalid} {
		err := a.Accept(p)
		if bonafide.CodeOf(err) != bonafide.CodeConfig || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		_, err = bonafide.Open(bonafide.Config{Models: catalogtest.Dir(t), Profile: &p})
		if bonafide.CodeOf(err) != bonafide.CodeConfig {
			t.Errorf("opened with it: %v", err)
		}
	}
	p := stricter(t, a)
	_, err := bonafide.Open(bonafide.Config{Models: catalogtest.Dir(t), Profile: &p, Uncalibrated: true})
	if bonafide.CodeOf(err) != bonafide.CodeConfig {
		t.Errorf("a profile and uncalibrated scores: %v", err)
	}
}

func TestParseProfile(t *testing.T) {
	p := stricter(t, openAnalyzer(t, bonafide.Config{}))
	file, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	back, err := bonafide.ParseProfile(file)
	if err != nil || back.Slope != p.Slope {
		t.Errorf("read back %+v (%v)", back, err)
	}
	if _, err := bonafide.ParseProfile(bytes.Repeat([]byte("x"), 10)); bonafide.CodeOf(err) != bonafide.CodeConfig {
		t.Errorf("got %v", err)
	}
}

// Every network in use is told, those in the program itself too, and each says where it comes from and under what licence.
func TestModelsTellTheirProvenance(t *testing.T) {
	purposes := map[string]bool{}
	for _, m := range openAnalyzer(t, bonafide.Config{}).Models() {
		if m.File == "" || m.Purpose == "" || m.Licence == "" || m.Source == "" || len(m.SHA256) != 64 {
			t.Errorf("incomplete: %+v", m)
		}
		purposes[m.Purpose] = true
	}
	for _, purpose := range []string{"liveness", "what covers a face"} { // both are built in
		if !purposes[purpose] {
			t.Errorf("no network for %q", purpose)
		}
	}
}
