package mesh

import (
	"math"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/raster"
)

// head is a mesh of which only the points that make the pose stand where they do on a head that looks at the camera,
// turned by yaw round the vertical, then by pitch, then by roll (degrees, signs as Pose gives them).
func head(yaw, pitch, roll float64) *Mesh {
	m := &Mesh{}
	for i, p := range map[int]Point{
		leftEyeOuter: {-40, 0, 0}, rightEyeOuter: {40, 0, 0}, forehead: {0, -60, 0}, chin: {0, 80, 0},
	} {
		sin, cos := math.Sincos(yaw * math.Pi / 180)
		p = Point{cos*p.X + sin*p.Z, p.Y, -sin*p.X + cos*p.Z}
		sin, cos = math.Sincos(pitch * math.Pi / 180)
		p = Point{p.X, cos*p.Y + sin*p.Z, -sin*p.Y + cos*p.Z}
		at := raster.Point{X: p.X, Y: p.Y}.Turn(raster.Point{}, roll*math.Pi/180)
		m.Points[i] = Point{at.X + 100, at.Y + 200, p.Z}
	}
	return m
}

func TestPose(t *testing.T) {
	for _, want := range [][3]float64{{0, 0, 0}, {30, 0, 0}, {-45, 0, 0}, {0, 20, 0}, {0, -35, 0}, {0, 0, 15}, {0, 0, -80}} {
		yaw, pitch, roll := head(want[0], want[1], want[2]).Pose()
		for i, got := range [3]float64{yaw, pitch, roll} {
			if !(math.Abs(got-want[i]) <= 1e-9) {
				t.Errorf("pose %.1f %.1f %.1f, want %v", yaw, pitch, roll, want)
				break
			}
		}
	}
}

func TestPoseSigns(t *testing.T) {
	// With the nose to the picture's left, the head's left half (in the picture) is farther from the camera.
	m := &Mesh{}
	m.Points[leftEyeOuter], m.Points[rightEyeOuter] = Point{-30, 0, 10}, Point{30, 0, -10}
	m.Points[forehead], m.Points[chin] = Point{0, -60, 0}, Point{0, 60, 0}
	if yaw, _, _ := m.Pose(); yaw <= 0 {
		t.Errorf("yaw %.1f with the left half farther, want it positive", yaw)
	}
	// Looking up, the forehead is farther than the chin.
	m.Points[leftEyeOuter], m.Points[rightEyeOuter] = Point{-30, 0, 0}, Point{30, 0, 0}
	m.Points[forehead], m.Points[chin] = Point{0, -60, 10}, Point{0, 60, -10}
	if _, pitch, _ := m.Pose(); pitch <= 0 {
		t.Errorf("pitch %.1f with the forehead farther, want it positive", pitch)
	}
}
