package evaluate

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/calibrate"
	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/profile"
)

func TestCalibrateWritesWhatItFittedOn(t *testing.T) {
	var pictures []Picture
	for i := range 100 {
		pictures = append(pictures, seen(fmt.Sprint(i, "live"), "live", "", .5+.004*float64(i+1)), seen(fmt.Sprint(i, "spoof"), "spoof", "print", .3))
	}
	masked := seen("masked", "live", "", .01)
	masked.Faces[0].Occlusion = .95
	p, _, err := Calibrate(append(pictures, counted()[8], seen("faceless", "live", ""), masked), Calibration{
		Occlusion: .9,
		Options:   calibrate.Options{Threshold: .7, TargetBPCER: .05}, Name: "the door's camera", Version: "1.2.3",
		Models: []bonafide.Model{{File: "net.onnx", Purpose: catalog.Liveness, SHA256: "aa"}, {File: "detector.onnx", Purpose: "face detection"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Networks) != 1 || p.Networks[0].File != "net.onnx" || p.Fitted.Name != "the door's camera" || p.Fitted.BonaFide != 100 || p.HeldOut.BPCER.Of != 100 {
		t.Errorf("profile %+v", p)
	}
	// Five of a hundred are missed: the operating point lies about the fifth, .52; smoothing widens the lower end.
	if low, high := math.Log(.505/.495), math.Log(.53/.47); p.Operation.Logit < low || p.Operation.Logit > high {
		t.Errorf("operating logit is %.4f, want %.4f to %.4f", p.Operation.Logit, low, high)
	}
}

// Clips and cameras decide what is held out: without them the figures would be those of pictures that the fit has seen the likes of.
func TestCalibrateKnowsClipsCamerasAndSpecies(t *testing.T) {
	var pictures []Picture
	for i := range 160 {
		live, attack := seen(fmt.Sprint(i, "live"), "live", "", .5+.002*float64(i+1)), seen(fmt.Sprint(i, "spoof"), "spoof", []string{"print", "screen"}[i%2], .3)
		for _, p := range []*Picture{&live, &attack} {
			p.Group = fmt.Sprint(p.Label, " clip ", i/2)
			p.Extra = []Column{{SourceColumn, fmt.Sprint("camera ", i%4)}}
			if p == &attack {
				p.Group = fmt.Sprint("attack clip ", i/4)
				p.Extra[0].Value = fmt.Sprint("camera ", i%3)
			}
		}
		pictures = append(pictures, live, attack)
	}
	p, _, err := Calibrate(pictures, Calibration{Occlusion: .9, Options: calibrate.Options{Threshold: .7, TargetBPCER: .05},
		Models: []bonafide.Model{{File: "net.onnx", Purpose: catalog.Liveness, SHA256: "aa"}}})
	if err != nil {
		t.Fatal(err)
	}
	want := profile.Sample{BonaFide: 160, BonaFideGroups: 80, BonaFideSources: 4, Attacks: 160, AttackGroups: 40, AttackSources: 3}
	if p.Fitted != want || p.HeldOut.BPCER.Groups != 80 {
		t.Errorf("fitted on %+v, want %+v; held out are %+v", p.Fitted, want, p.HeldOut.BPCER)
	}
	if p.HeldOut.APCER["print"].Of != 80 || p.HeldOut.APCER["screen"].Of != 80 || len(p.HeldOut.APCER) != 2 {
		t.Errorf("attacks are %+v", p.HeldOut.APCER)
	}
}

// Each network counts the same in what is fitted, and the crops of one by their shares.
func TestCalibrateFusesTheCuesOfALargestFace(t *testing.T) {
	p := seen("one", "live", "", .9, .1)
	p.Faces[0].Cues = []bonafide.Cue{{Network: "a", Crop: "1.5", Logit: 2}, {Network: "a", Crop: "2.7", Logit: 4}, {Network: "b", Crop: "2.7", Logit: -1}}
	all, weights, err := observe([]Picture{p}, .9)
	if err != nil || len(all) != 1 || !(math.Abs(all[0].Logit-1) <= 1e-9) || all[0].Attack || len(weights) != 3 {
		t.Errorf("observed %+v with weights %+v, %v, want one live face with a logit of 1", all, weights, err)
	}
}

// At the policy's limit a face is free still.
func TestWriteLeftOut(t *testing.T) {
	hidden, free := seen("masked", "live", "", .5), seen("free", "live", "", .5)
	hidden.Faces[0].Occlusion, free.Faces[0].Occlusion = .91, .9
	var out strings.Builder
	if err := WriteLeftOut(&out, append(counted(), hidden, free), .9); err != nil {
		t.Fatal(err)
	}
	if want := "left out of 11 pictures: 1 without a face, 1 with an occluded one, 1 that could not be analysed\n"; !strings.HasPrefix(out.String(), want) {
		t.Errorf("it says %q, want %q", out.String(), want)
	}
	out.Reset()
	if err := WriteLeftOut(&out, []Picture{free}, .9); err != nil || out.Len() > 0 {
		t.Errorf("of nothing left out it says %q, %v", out.String(), err)
	}
}
