package bonafide

import (
	"strings"
	"testing"
)

func TestLimitsBelowOneAreRefused(t *testing.T) {
	for limits, refusal := range map[Limits]string{
		{Bytes: -1}: "picture limit bytes is -1, must be at least 1", {Pixels: -1}: "picture limit pixels is -1", {Side: -1}: "picture limit side is -1", {}: "",
	} {
		_, err := Config{Limits: limits}.withDefaults()
		if refusal == "" && err != nil || refusal != "" && (CodeOf(err) != CodeConfig || !strings.Contains(err.Error(), refusal)) {
			t.Errorf("%+v: %v, want %q", limits, err, refusal)
		}
	}
}

func TestMaxFaces(t *testing.T) {
	tests := []struct {
		given, inForce int
		refusal        string
	}{
		{0, 10, ""},
		{2, 2, ""},
		{10, 10, ""},
		{-1, 0, "max faces is -1, allowed is 2 to 10"},
		{1, 0, "max faces is 1, allowed is 2 to 10: with one face alone no picture would be refused for several"},
		{11, 0, "max faces is 11, allowed is 2 to 10"},
	}
	for _, tt := range tests {
		c, err := Config{MaxFaces: tt.given}.withDefaults()
		switch {
		case tt.refusal != "":
			if CodeOf(err) != CodeConfig || !strings.Contains(err.Error(), tt.refusal) {
				t.Errorf("%d: %v, want %q", tt.given, err, tt.refusal)
			}
		case err != nil || c.MaxFaces != tt.inForce:
			t.Errorf("%d: %d is in force, %v, want %d", tt.given, c.MaxFaces, err, tt.inForce)
		}
	}
}
