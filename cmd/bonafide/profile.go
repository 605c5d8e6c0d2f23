package main

import (
	"fmt"
	"os"

	"github.com/bonafide-pad/bonafide"
)

// profileFlag names the calibration of the liveness score.
type profileFlag struct {
	Profile string `help:"Score liveness by the profile that «bonafide evaluate --calibrate» wrote, not by the built-in calibration." env:"BONAFIDE_PROFILE" placeholder:"FILE" group:"Engine"`
}

// profile reads the profile; it is nil when none is named.
func (f profileFlag) profile() (*bonafide.Profile, error) {
	if f.Profile == "" {
		return nil, nil
	}
	return readProfile(f.Profile)
}

func readProfile(path string) (*bonafide.Profile, error) {
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading a profile: %w", err)
	}
	p, err := bonafide.ParseProfile(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &p, nil
}
