package main

import "testing"

func TestFlagsForAProfile(t *testing.T) {
	for threshold, want := range map[float64]string{
		0.7: "--profile door.json",
		0.5: "--profile door.json and --policy-liveness 0.5 (serve: --liveness)",
	} {
		if got := flagsFor("door.json", threshold); got != want {
			t.Errorf("fitted for %g: %q, want %q", threshold, got, want)
		}
	}
}
