package attribute_test

import (
	"math"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/attribute"
	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/decode/decodetest"
	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/mesh"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

// poseTest measures poses as the product does: landmarks in a box, then the mesh on them.
type poseTest struct {
	landmarks *landmark.Net64
	mesh      *mesh.Net
}

func openPose(t testing.TB) poseTest {
	t.Helper()
	backend := catalogtest.Backend(t)
	l, err := landmark.NewNet64(backend, catalogtest.Network(t, catalog.Landmarks68))
	if err != nil {
		t.Fatal(err)
	}
	m, err := mesh.New(backend, catalogtest.Network(t, catalog.FaceMesh))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return poseTest{l, m}
}

func (p poseTest) pose(t testing.TB, im *raster.Image, box raster.Rect) attribute.Pose {
	t.Helper()
	fit, err := p.landmarks.Locate(t.Context(), im, box)
	if err != nil {
		t.Fatal(err)
	}
	pose, err := attribute.MeasurePose(t.Context(), p.mesh, im, &fit.Points)
	if err != nil {
		t.Fatal(err)
	}
	return pose
}

// TestPoseOfWarpedPortrait shows the portrait's face in the middle of 320×320 pixels, as it is, in a mirror and turned.
func TestPoseOfWarpedPortrait(t *testing.T) {
	p, photo := openPose(t), decodetest.Photograph(t, "astronaut.jpg")
	face := raster.Rect{X0: 178, Y0: 60, X1: 270, Y1: 178}
	const side = 320
	crop := raster.SquareAround(face.Center(), side)
	box := raster.SquareAround(raster.Point{X: side / 2, Y: side / 2}, face.Height())
	show := func(m raster.Transform) attribute.Pose {
		return p.pose(t, decodetest.Warp(t, photo, side, side, m), box)
	}
	straight := raster.Stretch(crop, side, side)
	base := show(straight)
	if want := (attribute.Pose{Yaw: 1.5, Pitch: -3.5, Roll: 2.5}); !alike(base, want) {
		t.Errorf("pose %+v of an upright portrait that looks at the camera, want %+v within 4, 4 and 3 degrees", base, want)
	}
	for _, test := range []struct {
		name      string
		toPicture raster.Transform
		want      attribute.Pose
	}{
		{"in a mirror", straight.Mirrored(side), attribute.Pose{Yaw: -base.Yaw, Pitch: base.Pitch, Roll: -base.Roll}},
		{"15° clockwise", raster.Turned(crop, side, -15*math.Pi/180), attribute.Pose{Yaw: base.Yaw, Pitch: base.Pitch, Roll: base.Roll + 15}},
		{"15° anticlockwise", raster.Turned(crop, side, 15*math.Pi/180), attribute.Pose{Yaw: base.Yaw, Pitch: base.Pitch, Roll: base.Roll - 15}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := show(test.toPicture)
			if !alike(got, test.want) {
				t.Errorf("pose %+v, want %+v within 4, 4 and 3 degrees", got, test.want)
			}
		})
	}
}

func alike(a, b attribute.Pose) bool {
	return math.Abs(a.Yaw-b.Yaw) <= 4 && math.Abs(a.Pitch-b.Pitch) <= 4 && math.Abs(a.Roll-b.Roll) <= 3
}

func BenchmarkPose(b *testing.B) {
	p, photo := openPose(b), decodetest.Photograph(b, "astronaut.jpg")
	fit, err := p.landmarks.Locate(b.Context(), photo, raster.Rect{X0: 178, Y0: 60, X1: 270, Y1: 178})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := attribute.MeasurePose(b.Context(), p.mesh, photo, &fit.Points); err != nil {
			b.Fatal(err)
		}
	}
}
