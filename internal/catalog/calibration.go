package catalog

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
)

// Liveness is the purpose of the networks whose cues are fused to the liveness score.
const Liveness = "liveness"

// calibrations are profiles written by «make calibrate», one for each set of liveness networks, with what they were fitted on.
//
//go:embed calibrations/*.json
var calibrations embed.FS

// Calibration returns the built-in profile, as its file, that was fitted with exactly the liveness networks that have the given digests.
func Calibration(sha256 []string) ([]byte, error) {
	want := slices.Sorted(slices.Values(sha256))
	paths, err := fs.Glob(calibrations, "calibrations/*.json")
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		file, err := calibrations.ReadFile(path)
		if err != nil {
			return nil, err
		}
		digests, err := fittedWith(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if slices.Equal(digests, want) {
			return file, nil
		}
	}
	return nil, fmt.Errorf("no calibration is built in for the liveness networks with SHA-256 %.8s: fit one with «bonafide evaluate --calibrate»", want)
}

// fittedWith returns the digests of the networks that a profile was fitted with, sorted.
func fittedWith(file []byte) ([]string, error) {
	var p struct {
		Networks []struct {
			SHA256 string `json:"sha256"`
		} `json:"networks"`
	}
	if err := json.Unmarshal(file, &p); err != nil {
		return nil, err
	}
	var digests []string
	for _, n := range p.Networks {
		digests = append(digests, n.SHA256)
	}
	slices.Sort(digests)
	return digests, nil
}
