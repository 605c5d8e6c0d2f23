package mediapipe

import (
	"strings"
	"testing"
)

func TestRefusesWhatHoldsNoNetwork(t *testing.T) {
	tests := []struct {
		name   string
		packed []byte
		want   string
	}{
		{"cut short", make([]byte, 100), "100 bytes of packed assets"},
		{"other content", make([]byte, 4_000_000), `"TFL3" is missing`},
	}
	for _, tt := range tests {
		if _, err := FaceMesh(tt.packed); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", tt.name, err, tt.want)
		}
	}
}
