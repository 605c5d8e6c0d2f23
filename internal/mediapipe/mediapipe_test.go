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
		for _, convert := range []func([]byte) ([]byte, error){FaceMesh, FaceDetector} {
			if _, err := convert(tt.packed); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: error %v, want %q", tt.name, err, tt.want)
			}
		}
	}
}
