package faceplugin_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"image"
	"image/draw"
	"image/jpeg"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bonafide-pad/bonafide"
)

// shape puts the kind of a value in the place of every value.
func shape(v any) any {
	switch v := v.(type) {
	case map[string]any:
		shapes := map[string]any{}
		for k, e := range v {
			shapes[k] = shape(e)
		}
		return shapes
	case []any:
		shapes := []any{}
		for _, e := range v {
			shapes = append(shapes, shape(e))
		}
		return shapes
	case json.Number:
		if strings.ContainsAny(v.String(), ".e") {
			return "float"
		}
		return "int"
	case string:
		return "string"
	case bool:
		return "bool"
	default:
		return nil
	}
}

func faceShape() map[string]any {
	face := map[string]any{"x1": "int", "y1": "int", "x2": "int", "y2": "int", "landmark_68": slices.Repeat([]any{map[string]any{"x": "float", "y": "float"}}, 68)}
	for _, k := range []string{
		"liveness", "yaw", "roll", "pitch", "face_quality", "face_luminance", "eye_dist",
		"left_eye_closed", "right_eye_closed", "face_occlusion", "mouth_opened",
	} {
		face[k] = "float"
	}
	return face
}

// stateWithout is the face_state when no single face was judged.
func stateWithout(result string) map[string]any {
	return map[string]any{
		"is_not_front": nil, "is_occluded": nil, "eye_closed": nil, "mouth_opened": nil, "is_boundary_face": nil, "is_small": nil,
		"quality": nil, "luminance": nil, "liveness_score": nil, "result": result,
	}
}

func TestOneFaceHasTheExactShape(t *testing.T) {
	address := serve(t, nil)
	answered := decode(t, postFile(t, address, picture(t, "astronaut.jpg")), http.StatusOK)
	want := map[string]any{
		"face_state": map[string]any{
			"is_not_front": "bool", "is_occluded": "bool", "eye_closed": "bool", "mouth_opened": "bool", "is_boundary_face": "bool", "is_small": "bool",
			"quality": "string", "luminance": "string", "liveness_score": "float", "result": "string",
		},
		"faces": []any{faceShape()},
	}
	if d := cmp.Diff(want, shape(answered)); d != "" {
		t.Errorf("the shape differs (- wanted, + got):\n%s", d)
	}
}

func TestAnswersHoldWhatWasMeasured(t *testing.T) {
	address := serve(t, nil)
	content := picture(t, "astronaut.jpg")
	a, err := analyzer()
	if err != nil {
		t.Fatal(err)
	}
	report, err := a.Analyze(t.Context(), content)
	if err != nil {
		t.Fatal(err)
	}
	verdict := bonafide.Judge(report, bonafide.DefaultPolicy())
	s, f := verdict.State, report.Faces[0]
	points := [68]map[string]float64{}
	for i, p := range f.Landmarks {
		points[i] = map[string]float64{"x": p.X, "y": p.Y}
	}
	want, err := json.Marshal(map[string]any{
		"face_state": map[string]any{
			"is_not_front": s.NotFront, "is_occluded": s.Occluded, "eye_closed": s.EyeClosed, "mouth_opened": s.MouthOpened,
			"is_boundary_face": s.BoundaryFace, "is_small": s.Small, "quality": s.Quality, "luminance": s.Luminance,
			"result": verdict.Result, "liveness_score": s.Liveness,
		},
		"faces": []any{map[string]any{
			"x1": f.Box.X1, "y1": f.Box.Y1, "x2": f.Box.X2, "y2": f.Box.Y2, "liveness": f.Liveness,
			"yaw": f.Pose.Yaw, "roll": f.Pose.Roll, "pitch": f.Pose.Pitch,
			"face_quality": f.Quality.Score, "face_luminance": f.Luminance, "eye_dist": f.EyeDistance,
			"left_eye_closed": f.LeftEyeClosed, "right_eye_closed": f.RightEyeClosed, "face_occlusion": f.Occlusion,
			"mouth_opened": f.MouthOpened, "landmark_68": points,
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for route, r := range map[string]reply{"multipart": postFile(t, address, content), "base64": postBase64(t, address, content)} {
		var got, wanted any
		if err := errors.Join(json.Unmarshal(r.body, &got), json.Unmarshal(want, &wanted)); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(wanted, got); d != "" {
			t.Errorf("%s: the answer differs (- measured, + answered):\n%s", route, d)
		}
	}
}

func TestResultsWithoutASingleFace(t *testing.T) {
	address := serve(t, nil)
	for name, c := range map[string]struct {
		content []byte
		result  string
		faces   int
	}{
		"no face":       {picture(t, "noface.jpg"), "No face", 0},
		"two faces":     {twice(t, picture(t, "astronaut.jpg")), "Multiple face", 2},
		"not a picture": {[]byte("hello"), "Failed to open file", 0},
		"empty":         {nil, "Failed to open file", 0},
		"cut off":       {picture(t, "astronaut.jpg")[:300], "Failed to open file", 0},
	} {
		t.Run(name, func(t *testing.T) {
			want := map[string]any{"face_state": stateWithout("string"), "faces": slices.Repeat([]any{faceShape()}, c.faces)}
			for _, r := range []reply{postFile(t, address, c.content), postBase64(t, address, c.content)} {
				answered := decode(t, r, http.StatusOK)
				if d := cmp.Diff(want, shape(answered)); d != "" {
					t.Errorf("the shape differs (- wanted, + got):\n%s", d)
				}
				if d := cmp.Diff(stateWithout(c.result), answered.(map[string]any)["face_state"]); d != "" {
					t.Errorf("the state differs (- wanted, + got):\n%s", d)
				}
			}
		})
	}
}

// twice is the picture beside itself.
func twice(t *testing.T, content []byte) []byte {
	t.Helper()
	one, err := jpeg.Decode(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	w, h := one.Bounds().Dx(), one.Bounds().Dy()
	two := image.NewRGBA(image.Rect(0, 0, 2*w, h))
	draw.Draw(two, image.Rect(0, 0, w, h), one, one.Bounds().Min, draw.Src)
	draw.Draw(two, image.Rect(w, 0, 2*w, h), one, one.Bounds().Min, draw.Src)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, two, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The reference misses a face that is cut off on the right.
func TestAFaceAtTheRightEdgeIsABoundaryFace(t *testing.T) {
	address := serve(t, nil)
	whole, err := jpeg.Decode(bytes.NewReader(picture(t, "astronaut.jpg")))
	if err != nil {
		t.Fatal(err)
	}
	isBoundary := func(r image.Rectangle) bool {
		t.Helper()
		var b bytes.Buffer
		if err := jpeg.Encode(&b, whole.(*image.YCbCr).SubImage(r), nil); err != nil {
			t.Fatal(err)
		}
		answered := decode(t, postFile(t, address, b.Bytes()), http.StatusOK).(map[string]any)
		boundary, ok := answered["face_state"].(map[string]any)["is_boundary_face"].(bool)
		if !ok {
			t.Fatalf("no single face in %v: %v", r, answered["face_state"])
		}
		return boundary
	}
	if isBoundary(whole.Bounds()) {
		t.Error("the face in the middle is called a boundary face")
	}
	if !isBoundary(image.Rect(0, 0, 272, 512)) {
		t.Error("the face at the right edge is not called a boundary face")
	}
}

// The reference reads these lying down or with the wrong stride.
func TestOrientedAndOddPicturesAreUpright(t *testing.T) {
	address := serve(t, nil)
	for _, name := range []string{
		"astronaut-exif1.jpg", "astronaut-exif3.jpg", "astronaut-exif6.jpg", "astronaut-exif8.jpg",
		"astronaut-cmyk.jpg", "astronaut.png", "astronaut.webp",
	} {
		answered := decode(t, postFile(t, address, picture(t, name)), http.StatusOK).(map[string]any)
		faces := answered["faces"].([]any)
		if len(faces) != 1 {
			t.Errorf("%s: %d faces, wanted is 1", name, len(faces))
			continue
		}
		roll, err := faces[0].(map[string]any)["roll"].(json.Number).Float64()
		if err != nil || roll < -15 || roll > 15 {
			t.Errorf("%s: the head is rolled by %v°", name, roll)
		}
	}
}

func TestActivation(t *testing.T) {
	address := serve(t, nil)
	got := do(t, http.MethodGet, address+"/get-machine-code", "", nil)
	if want := `{"machineCode":"` + machineCode + `"}`; got.status != http.StatusOK || strings.TrimSpace(string(got.body)) != want {
		t.Errorf("status %d, %s, wanted is %s", got.status, got.body, want)
	}
	got = do(t, http.MethodPost, address+"/activate-machine", "application/json", strings.NewReader(`{"license":"any"}`))
	if want := `[{"activationStatus":0},{"initStatus":0}]`; got.status != http.StatusOK || strings.TrimSpace(string(got.body)) != want {
		t.Errorf("status %d, %s, wanted is %s", got.status, got.body, want)
	}
}

func TestConcurrentRequestsGetTheSameAnswer(t *testing.T) {
	address := serve(t, nil)
	content := picture(t, "astronaut.jpg")
	want := postFile(t, address, content).body
	var done sync.WaitGroup
	for i := range 12 {
		done.Go(func() {
			var got reply
			if i%2 == 0 {
				got = postFile(t, address, content)
			} else {
				got = postBase64(t, address, content)
			}
			if got.status != http.StatusOK || !bytes.Equal(got.body, want) {
				t.Errorf("status %d, another answer than alone: %.200s", got.status, got.body)
			}
		})
	}
	done.Wait()
}
