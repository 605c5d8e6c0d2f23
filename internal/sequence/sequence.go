// Package sequence compares the frames of one capture: whether two are the same still, and whether the same face is in
// both.
//
// A camera never gives the same picture twice, because its noise differs; frames without any difference come from a
// file. No identity is computed: the face is compared as a small grey patch, aligned by its landmarks, which tells a swapped
// face from a moved one but recognises nobody.
package sequence

import (
	"math"
	"slices"

	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/raster"
	"github.com/bonafide-pad/bonafide/internal/scratch"
)

const (
	sceneWidth  = 48
	sceneHeight = 36
	// sceneFine samples each way are averaged for one value, so that the noise of coding a still anew cancels out.
	sceneFine = 4
	faceSide  = 32
	// faceReach is the side of the aligned patch in spreads of the landmarks: the inner face.
	faceReach = 2.6
)

// Fingerprint is what is kept of a frame for the comparison with others: 48×36 mean grey levels of the scene and, where there is
// a face, 32×32 of it. It is small, holds no colour, and lives as long as the request.
type Fingerprint struct {
	scene []float32
	face  []float32
}

// Equal tells whether two fingerprints are the same to the last bit.
func (f Fingerprint) Equal(o Fingerprint) bool {
	return slices.Equal(f.scene, o.scene) && slices.Equal(f.face, o.face)
}

// MostYaw is how far a face may be turned to be compared, in degrees: beyond it, the patch shows another side of the head.
const MostYaw = 20

// Take makes the fingerprint of a frame; points are nil when there is no single face, or one turned by more than MostYaw.
func Take(im *raster.Image, points *landmark.Points) (Fingerprint, error) {
	grey := raster.Format{Order: raster.Grey}
	const width, height = sceneWidth * sceneFine, sceneHeight * sceneFine
	lent := scratch.Borrow(width * height)
	defer lent.Return()
	fine := lent.Values
	err := im.Sample(fine, width, height, raster.Stretch(im.Bounds(), width, height), raster.Replicate, grey)
	f := Fingerprint{scene: blockMeans(fine)}
	if err != nil || points == nil {
		return f, err
	}
	f.face = make([]float32, faceSide*faceSide)
	err = im.Sample(f.face, faceSide, faceSide, points.Upright(faceSide, faceReach), raster.Replicate, grey)
	standardise(f.face)
	return f, err
}

// blockMeans averages blocks of sceneFine × sceneFine samples.
func blockMeans(fine []float32) []float32 {
	means := make([]float32, sceneWidth*sceneHeight)
	for y := range sceneHeight * sceneFine {
		line := fine[y*sceneWidth*sceneFine : (y+1)*sceneWidth*sceneFine]
		row := means[y/sceneFine*sceneWidth:]
		for x := range sceneWidth {
			for _, v := range line[x*sceneFine : (x+1)*sceneFine] {
				row[x] += v / (sceneFine * sceneFine)
			}
		}
	}
	return means
}

// standardise brings values to mean 0 and length 1; values without contrast become 0.
func standardise(v []float32) {
	var sum, square float64
	for _, x := range v {
		sum += float64(x)
	}
	mean := sum / float64(len(v))
	for _, x := range v {
		square += (float64(x) - mean) * (float64(x) - mean)
	}
	for i, x := range v {
		if square > 0 {
			v[i] = float32((float64(x) - mean) / math.Sqrt(square))
		} else {
			v[i] = 0
		}
	}
}

// Difference is the mean absolute difference of two scenes in levels, 0..255.
func Difference(a, b Fingerprint) float64 {
	var sum float64
	for i, x := range a.scene {
		sum += math.Abs(float64(x - b.scene[i]))
	}
	return sum / float64(len(a.scene))
}

// Likeness is the correlation of two faces, −1..1; ok is false unless both have one.
func Likeness(a, b Fingerprint) (likeness float64, ok bool) {
	if a.face == nil || b.face == nil {
		return 0, false
	}
	for i, x := range a.face {
		likeness += float64(x) * float64(b.face[i])
	}
	return likeness, true
}

const (
	// stillDifference is the mean difference under which two frames are one still: on 12 research clips of ten frames the least
	// difference between neighbouring frames is 0.9 levels; a still coded anew as JPEG of quality 85 or better stays under 0.21.
	stillDifference = 0.25
	// sameLikeness links two frames: the faces look like one person's. On 11 clips of one person each, and on a twelfth that shows two faces
	// in turn (ten frames each, all used to choose this), no one person's frames fall apart with it; make accuracy counts the spliced ones that do.
	sameLikeness = 0.4
	// movedLikeness is needed where the box has jumped as well.
	movedLikeness = 0.5
)

// Still tells whether two frames are the same picture. Fingerprints that were not taken are like no other.
func Still(a, b Fingerprint) bool {
	return a.scene != nil && b.scene != nil && Difference(a, b) < stillDifference
}

// Strangers are the indexes of frames whose face looks unlike the others'. Two frames belong together when they look alike themselves or by way
// of frames between, so that a face may turn and come back. The largest group, of two the earlier, is the person; frames
// without a face to compare are nobody's. apart says that the boxes of two frames don't overlap.
func Strangers(frames []Fingerprint, apart func(i, j int) bool) []int {
	groups := groups(frames, apart)
	person := -1
	for g, members := range groups {
		if person < 0 || len(members) > len(groups[person]) {
			person = g
		}
	}
	strangers := []int{}
	for g, members := range groups {
		if g != person {
			strangers = append(strangers, members...)
		}
	}
	slices.Sort(strangers)
	return strangers
}

// groups are the sets of frames that are linked, each in the order of the frames.
func groups(frames []Fingerprint, apart func(i, j int) bool) [][]int {
	var groups [][]int
	placed := make([]bool, len(frames))
	for first, f := range frames {
		if f.face == nil || placed[first] {
			continue
		}
		placed[first] = true
		members := []int{first}
		for at := 0; at < len(members); at++ {
			i := members[at]
			for j := range frames {
				if !placed[j] && linked(frames[i], frames[j], apart(i, j)) {
					placed[j] = true
					members = append(members, j)
				}
			}
		}
		groups = append(groups, members)
	}
	return groups
}

func linked(a, b Fingerprint, apart bool) bool {
	likeness, ok := Likeness(a, b)
	return ok && (likeness >= movedLikeness || likeness >= sameLikeness && !apart)
}
