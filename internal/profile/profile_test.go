package profile_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/bonafide-pad/bonafide/internal/profile"
	"github.com/bonafide-pad/bonafide/internal/spoof"
)

var cues = []spoof.Cue{{Network: "a", Crop: "1.5", Logit: 2}, {Network: "a", Crop: "2.7", Logit: 4}, {Network: "b", Crop: "2.7", Logit: -1}}

// valid maps live logit 1 to 0.7 with slope 0.5.
func valid() profile.Profile {
	return profile.Profile{
		Format: profile.Format, Networks: []profile.Network{{File: "a.onnx", SHA256: "aa"}, {File: "b.onnx", SHA256: "bb"}},
		Cues: profile.MeanWeights(cues), Slope: .5, Intercept: math.Log(.7/.3) - .5,
		Operation: profile.Operation{Threshold: .7, TargetBPCER: .05, Logit: 1},
	}
}

func TestScore(t *testing.T) {
	p := valid()
	logit, err := p.Logit(cues)
	if err != nil || !(math.Abs(logit-1) <= 1e-9) { // network a gives (2+4)/2, b −1: their mean is 1
		t.Errorf("logit is %v (%v), want 1", logit, err)
	}
	if s, err := p.Score(cues); err != nil || !(math.Abs(s-.7) <= 1e-9) {
		t.Errorf("score is %v (%v), want 0.7", s, err)
	}
	higher := []spoof.Cue{{Network: "a", Crop: "1.5", Logit: 6}, cues[1], cues[2]} // the mean is 2
	if s, err := p.Score(higher); err != nil || !(math.Abs(s-1/(1+math.Exp(-math.Log(.7/.3)-.5))) <= 1e-9) {
		t.Errorf("the score at a live logit of 2 is %v (%v)", s, err)
	}
	swapped := []spoof.Cue{cues[2], cues[0], cues[1]}
	if s, err := p.Score(swapped); err != nil || !(math.Abs(s-.7) <= 1e-9) {
		t.Errorf("in another order the score is %v (%v)", s, err)
	}
}

func TestOtherCuesAreRefused(t *testing.T) {
	for name, c := range map[string][]spoof.Cue{
		"one missing": cues[:2],
		"other crop":  {cues[0], {Network: "a", Crop: "4.0"}, cues[2]},
		"another":     {cues[0], cues[1], {Network: "c", Crop: "2.7"}},
	} {
		if _, err := valid().Score(c); !errors.Is(err, profile.ErrOtherNetworks) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestFits(t *testing.T) {
	a, b := profile.Network{File: "a.onnx", SHA256: "aa"}, profile.Network{File: "b.onnx", SHA256: "bb"}
	for _, c := range []struct {
		name  string
		inUse []profile.Network
		want  string
	}{
		{"the same", []profile.Network{b, a}, ""},
		{"one gone", []profile.Network{a}, "b.onnx is not in use"},
		{"one changed", []profile.Network{a, {File: "b.onnx", SHA256: "cc"}}, "b.onnx has SHA-256 cc…, the profile's has bb…"},
		{"one more", []profile.Network{a, b, {File: "c.onnx"}}, "c.onnx is in use and unknown to it"},
	} {
		err := valid().Fits(c.inUse)
		if (c.want == "") != (err == nil) || err != nil && (!errors.Is(err, profile.ErrOtherNetworks) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestParse(t *testing.T) {
	data, err := json.Marshal(valid())
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Parse(bytes.NewReader(data))
	if err != nil || p.Slope != .5 || len(p.Cues) != 3 {
		t.Fatalf("read back %+v (%v)", p, err)
	}
}

func TestImpossibleProfilesAreRefused(t *testing.T) {
	for want, change := range map[string]func(*profile.Profile){
		"its format is 2":                func(p *profile.Profile) { p.Format = 2 },
		"slope is -1":                    func(p *profile.Profile) { p.Slope = -1 },
		"slope is 0":                     func(p *profile.Profile) { p.Slope = 0 },
		"slope is NaN":                   func(p *profile.Profile) { p.Slope = math.NaN() },
		"slope is +Inf":                  func(p *profile.Profile) { p.Slope = math.Inf(1) },
		"intercept is +Inf":              func(p *profile.Profile) { p.Intercept = math.Inf(1) },
		"intercept is -Inf":              func(p *profile.Profile) { p.Intercept = math.Inf(-1) },
		"intercept is NaN":               func(p *profile.Profile) { p.Intercept = math.NaN() },
		"threshold is 1":                 func(p *profile.Profile) { p.Operation.Threshold = 1 },
		"threshold is 0,":                func(p *profile.Profile) { p.Operation.Threshold = 0 },
		"threshold is NaN":               func(p *profile.Profile) { p.Operation.Threshold = math.NaN() },
		"not the threshold":              func(p *profile.Profile) { p.Intercept += .1 },
		"at live logit NaN":              func(p *profile.Profile) { p.Operation.Logit = math.NaN() },
		"names no networks":              func(p *profile.Profile) { p.Networks = nil },
		"weight NaN of a 1.5":            func(p *profile.Profile) { p.Cues[0].Weight = math.NaN() },
		"weights of the cues sum to 2":   func(p *profile.Profile) { p.Cues = append(p.Cues, profile.Weight{Network: "c", Weight: 1}) },
		"weight -1 of a 1.5":             func(p *profile.Profile) { p.Cues[0].Weight = -1 },
		"a 1.5 is weighed twice":         func(p *profile.Profile) { p.Cues[1].Crop = "1.5" },
		"weights of the cues sum to 0.5": func(p *profile.Profile) { p.Cues = p.Cues[:2] },
	} {
		p := valid()
		change(&p)
		if err := p.Validate(); !errors.Is(err, profile.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestProfilesAtTheEdgeAreTaken(t *testing.T) {
	for name, change := range map[string]func(*profile.Profile){
		"a gentle slope":   func(p *profile.Profile) { p.Slope, p.Intercept = .01, math.Log(.7/.3)-.01 },
		"a low threshold":  func(p *profile.Profile) { p.Operation.Threshold, p.Intercept = .01, math.Log(.01/.99)-.5 },
		"a high threshold": func(p *profile.Profile) { p.Operation.Threshold, p.Intercept = .99, math.Log(.99/.01)-.5 },
		"an unused cue":    func(p *profile.Profile) { p.Cues[0].Weight, p.Cues[1].Weight = 0, .5 },
		"rounded weights":  func(p *profile.Profile) { p.Cues[0].Weight += 1e-7 },
	} {
		p := valid()
		change(&p)
		if err := p.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFilesThatAreNoProfileAreRefused(t *testing.T) {
	good, err := json.Marshal(valid())
	if err != nil {
		t.Fatal(err)
	}
	steep := valid()
	steep.Slope = 2
	invalid, err := json.Marshal(steep)
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{
		"nothing": "", "a list": "[]", "cut short": "{", "an invalid one": string(invalid),
		"an unknown field": strings.Replace(string(good), `"slope"`, `"colour":"red","slope"`, 1),
		"a number as text": strings.Replace(string(good), `"version":""`, `"version":1`, 1),
		"too long":         string(good) + strings.Repeat(" ", 1<<20),
		"a second one":     string(good) + string(good), "a brace behind": string(good) + "}",
	} {
		if _, err := profile.Parse(strings.NewReader(file)); !errors.Is(err, profile.ErrInvalid) {
			t.Errorf("%s was read (%v)", name, err)
		}
	}
	longest := string(good) + strings.Repeat(" ", 1<<20-len(good))
	if _, err := profile.Parse(strings.NewReader(longest)); err != nil {
		t.Errorf("the longest: %v", err)
	}
	failing := errors.New("the disk failed")
	if _, err := profile.Parse(io.MultiReader(bytes.NewReader(good), iotest.ErrReader(failing))); !errors.Is(err, failing) {
		t.Errorf("a file that can't be read to its end: %v", err)
	}
}

// A digest belongs to what a profile says.
func TestSHA256(t *testing.T) {
	p, other := valid(), valid()
	other.Intercept += 1e-12
	if p.SHA256() != valid().SHA256() || p.SHA256() == other.SHA256() || len(p.SHA256()) != 64 {
		t.Errorf("digests %q and %q", p.SHA256(), other.SHA256())
	}
	p.Slope = math.NaN()
	if p.SHA256() != "" {
		t.Errorf("what JSON can't hold has the digest %q", p.SHA256())
	}
}

func FuzzParse(f *testing.F) {
	data, err := json.Marshal(valid())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"format":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := profile.Parse(bytes.NewReader(data))
		if err != nil {
			return
		}
		if s, err := p.Score(cues); err == nil && !(s >= 0 && s <= 1) {
			t.Errorf("score %v is outside 0..1", s)
		}
	})
}
