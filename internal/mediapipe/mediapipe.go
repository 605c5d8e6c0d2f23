// Package mediapipe takes the networks that bonafide uses out of MediaPipe's web package and turns them into ONNX.
//
// Source: npm @mediapipe/face_mesh 0.4.1657299874 (Apache-2.0, the MediaPipe authors), whose file
// face_mesh_solution_packed_assets.data holds the TensorFlow Lite networks one after another; where each lies stands in
// the loader script beside it (face_mesh_solution_packed_assets_loader.js).
package mediapipe

import (
	"fmt"

	"github.com/bonafide-pad/bonafide/internal/tflite"
)

// asset is a file's place in the packed assets, from byte start up to byte end.
type asset struct {
	name       string
	start, end int
}

var faceMesh = asset{"face_landmark", 2495952, 3737848}

// FaceMesh is the 468-point mesh without attention, as an ONNX network.
func FaceMesh(packed []byte) ([]byte, error) { return faceMesh.convert(packed) }

func (a asset) convert(packed []byte) ([]byte, error) {
	if len(packed) < a.end {
		return nil, fmt.Errorf("mediapipe: %d bytes of packed assets, %s lies from %d to %d", len(packed), a.name, a.start, a.end)
	}
	model, err := tflite.Read(packed[a.start:a.end])
	if err != nil {
		return nil, fmt.Errorf("mediapipe: %s: %w", a.name, err)
	}
	return tflite.Convert(model, a.name)
}
