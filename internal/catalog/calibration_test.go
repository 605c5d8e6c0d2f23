package catalog_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"strings"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/modelpack"
	"github.com/bonafide-pad/bonafide/internal/profile"
	"github.com/bonafide-pad/bonafide/internal/spoof"
)

// Every set of networks that can come about has a calibration of its own, which puts the reference's 0.7 at a BPCER of 5 %.
func TestEverySetOfNetworksIsCalibrated(t *testing.T) {
	companion, err := catalog.Network(catalog.MiniFASNet128)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(spoof.Own)
	own := hex.EncodeToString(sum[:])
	sets := map[string][]string{"default": {own}}
	for _, pack := range modelpack.Packs() {
		set := []string{own, companion.SHA256}
		for _, n := range pack.Networks {
			set = append(set, n.SHA256)
		}
		sets["with "+pack.Name] = set
	}
	for name, digests := range sets {
		t.Run(name, func(t *testing.T) {
			file, err := catalog.Calibration(digests)
			if err != nil {
				t.Fatal(err)
			}
			p, err := profile.Parse(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			if p.Operation.Threshold != .7 || p.Operation.TargetBPCER != .05 || len(p.Networks) != len(digests) {
				t.Errorf("fitted for %+v with %d networks", p.Operation, len(p.Networks))
			}
			for _, w := range p.Cues {
				crops := 0
				networks := map[string]bool{}
				for _, other := range p.Cues {
					networks[other.Network] = true
					if other.Network == w.Network {
						crops++
					}
				}
				if want := spoof.Share(w.Network, w.Crop, crops) / float64(len(networks)); !(math.Abs(w.Weight-want) <= 1e-9) {
					t.Errorf("%s %s weighs %v, its share is %v", w.Network, w.Crop, w.Weight, want)
				}
			}
			if p.Fitted.Name == "" || p.Fitted.BonaFideGroups < 40 || p.HeldOut.Folds < 2 || p.Created.IsZero() {
				t.Errorf("provenance is incomplete: %+v, %+v", p.Fitted, p.HeldOut)
			}
		})
	}
}

func TestUnknownSetHasNoCalibration(t *testing.T) {
	if _, err := catalog.Calibration([]string{"0123456789abcdef"}); err == nil || !strings.Contains(err.Error(), "[01234567]") {
		t.Errorf("got %v", err)
	}
}
