package apiv1_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/apiv1"
	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/server/servertest"
	"github.com/bonafide-pad/bonafide/internal/upload"
)

// analyzer is one for all tests of the package: loading the networks takes long.
var analyzer = sync.OnceValues(func() (*bonafide.Analyzer, error) {
	return bonafide.Open(bonafide.Config{Models: cmp.Or(os.Getenv(catalog.EnvDir), filepath.Join("..", "..", "models"))})
})

// policies are the default requirements under each name.
func policies(names ...string) func() map[string]bonafide.Requirements {
	all := map[string]bonafide.Requirements{}
	for _, name := range names {
		all[name] = bonafide.DefaultRequirements()
	}
	return func() map[string]bonafide.Requirements { return all }
}

// service is a running server with the real networks, whose every answer is checked against its own OpenAPI document.
type service struct {
	address  string
	memory   *upload.Memory
	document *openapi3.T
	router   routers.Router
}

func start(t *testing.T, change func(*apiv1.API)) *service {
	t.Helper()
	catalogtest.Dir(t)
	a, err := analyzer()
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	memory := upload.NewMemory(64 << 20)
	api := &apiv1.API{
		Analyzer: a, Single: a, Turn: func(ctx context.Context, work func(context.Context) error) error { return work(ctx) }, Policies: policies(apiv1.DefaultPolicy), AllowOverrides: func() bool { return true },
		Uploads: &upload.Reader{Bytes: 1 << 20, Memory: memory},
		Permit:  func() error { return nil }, Reported: func(found int) int { return found }, Models: a.Models(), Version: "test", Parallel: 2, Log: log,
	}
	if change != nil {
		change(api)
	}
	t.Cleanup(func() { // after the server has ended
		if held, _ := memory.Held(); held != 0 {
			t.Errorf("%d bytes of uploads are still held", held)
		}
	})
	running := &service{address: servertest.Serve(t, api.Routes()), memory: memory}
	running.router = running.openAPI(t)
	return running
}

// openAPI fetches and validates the server's description of itself.
func (s *service) openAPI(t *testing.T) routers.Router {
	t.Helper()
	response, err := http.Get(s.address + "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("status %d: %v", response.StatusCode, err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatalf("/openapi.json is not valid OpenAPI: %v", err)
	}
	if doc.Paths.Value("/v1/liveness").Post.RequestBody.Value.Content["multipart/form-data"] == nil {
		t.Error("/openapi.json does not say how a picture is sent")
	}
	s.document = doc
	doc.Servers = openapi3.Servers{{URL: s.address}}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return router
}

// post sends a body, checks the answer against the OpenAPI document and decodes it into out.
func (s *service) post(t *testing.T, path, contentType string, body []byte, out any) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.address+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	s.checkAgainstOpenAPI(t, request, response, text)
	if out == nil {
		return response
	}
	if err := json.Unmarshal(text, out); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return response
}

func (s *service) checkAgainstOpenAPI(t *testing.T, request *http.Request, response *http.Response, body []byte) {
	t.Helper()
	if response.Header.Get("Content-Type") == ndjson {
		s.checkLines(t, body)
		return
	}
	route, params, err := s.router.FindRoute(request)
	if err != nil {
		return // an unknown path
	}
	err = openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: request, Route: route, PathParams: params},
		Status:                 response.StatusCode, Header: response.Header, Body: io.NopCloser(bytes.NewReader(body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
	if err != nil {
		t.Errorf("the answer is not as /openapi.json says: %v", err)
	}
}

const ndjson = "application/x-ndjson"

// checkLines checks each line: OpenAPI has no schema for a sequence of values.
func (s *service) checkLines(t *testing.T, body []byte) {
	t.Helper()
	line := s.document.Paths.Value("/v1/batch").Post.Responses.Value("200").Value.Content[ndjson].Schema.Value
	for text := range bytes.Lines(body) {
		var value map[string]any
		if err := json.Unmarshal(text, &value); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		if err := line.VisitJSON(value); err != nil {
			t.Errorf("the line is not as /openapi.json says: %v", err)
		}
	}
}

func picture(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// formOf is a multipart form with every picture as a part "file".
func formOf(t *testing.T, pictures ...[]byte) (contentType string, body []byte) {
	t.Helper()
	return formWith(t, "file", pictures...)
}

// formWith is a multipart form with every picture as a part of the given name.
func formWith(t *testing.T, name string, pictures ...[]byte) (contentType string, body []byte) {
	t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for _, p := range pictures {
		part, err := w.CreateFormFile(name, "picture.jpg")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), form.Bytes()
}

func TestLivenessInEveryForm(t *testing.T) {
	s := start(t, nil)
	astronaut := picture(t, "astronaut.jpg")
	formType, form := formOf(t, astronaut)
	object, err := json.Marshal(map[string]string{"image": base64.StdEncoding.EncodeToString(astronaut)})
	if err != nil {
		t.Fatal(err)
	}
	for contentType, body := range map[string][]byte{
		"image/jpeg": astronaut, "application/octet-stream": astronaut, formType: form, "application/json": object,
	} {
		var got apiv1.Answer
		response := s.post(t, "/v1/liveness", contentType, body, &got)
		if response.StatusCode != http.StatusOK || got.Decision != "live" || got.Score == nil || *got.Score <= got.Threshold {
			t.Errorf("%s: status %d, %s with %v", contentType, response.StatusCode, got.Decision, got.Score)
		}
		if got.RequestID != response.Header.Get("X-Request-Id") || len(got.Faces) != 1 || len(got.Faces[0].Landmarks) != 68 || !got.Faces[0].Assessed {
			t.Errorf("%s: %+v", contentType, got)
		}
	}
}

func TestLivenessBrief(t *testing.T) {
	var got apiv1.Answer
	start(t, nil).post(t, "/v1/liveness?detail=brief", "image/jpeg", picture(t, "astronaut.jpg"), &got)
	if got.Decision != "live" || got.Faces != nil || got.Evidence != nil {
		t.Errorf("got %+v", got)
	}
}

// The profile's digest tells one calibration from another under the same name.
func TestEvidenceIdentifiesTheProfile(t *testing.T) {
	s := start(t, nil)
	var usual apiv1.Answer
	s.post(t, "/v1/liveness", "image/jpeg", picture(t, "astronaut.jpg"), &usual)
	a, err := analyzer()
	if err != nil {
		t.Fatal(err)
	}
	calibration, ok := a.Calibration()
	if !ok || usual.Evidence.ProfileSHA256 != calibration.SHA256() {
		t.Errorf("%q, the built-in one has %q", usual.Evidence.ProfileSHA256, calibration.SHA256())
	}
	harsher := calibration
	harsher.Intercept--
	report, err := a.Analyze(bonafide.WithProfile(t.Context(), harsher), picture(t, "astronaut.jpg"))
	if err != nil || report.ProfileSHA256 != harsher.SHA256() || report.ProfileSHA256 == calibration.SHA256() {
		t.Errorf("with another profile: %q, %v", report.ProfileSHA256, err)
	}
}

func TestCannotAssessSaysWhy(t *testing.T) {
	s := start(t, nil)
	var none, far apiv1.Answer
	s.post(t, "/v1/liveness", "image/jpeg", picture(t, "noface.jpg"), &none)
	if none.Decision != "cannot_assess" || none.Score != nil || none.Reasons[0].Code != "FACE_NOT_FOUND" {
		t.Errorf("no face: %+v", none)
	}
	if none.Faces == nil || len(none.Faces) > 0 { // what is absent is not known, and an empty list is
		t.Errorf("no face: the answer has the faces %v", none.Faces)
	}
	s.post(t, "/v1/liveness?min_eye_distance=60", "image/jpeg", picture(t, "astronaut.jpg"), &far)
	if far.Decision != "cannot_assess" || far.Reasons[0].Code != "FACE_TOO_SMALL" || !far.Reasons[0].Blocking || far.Reasons[0].Limit != 60 {
		t.Errorf("far: %+v", far.Reasons)
	}
}

func TestProblems(t *testing.T) {
	s := start(t, func(a *apiv1.API) { a.Policies = policies(apiv1.DefaultPolicy, "door") })
	locked := start(t, func(a *apiv1.API) { a.AllowOverrides = func() bool { return false } })
	astronaut := picture(t, "astronaut.jpg")
	odd, oddForm := formWith(t, "thresold", []byte("0.9"))
	two, twoForm := formOf(t, astronaut, astronaut)
	for name, test := range map[string]struct {
		on                *service
		path, contentType string
		body              []byte
		status            int
		code, says        string
	}{
		"no picture":       {s, "/v1/liveness", "image/jpeg", []byte("hello"), 422, "bad_image", "JPEG"},
		"empty":            {s, "/v1/liveness", "image/jpeg", nil, 400, "bad_request", "empty"},
		"too large":        {s, "/v1/liveness", "image/jpeg", make([]byte, 1<<20+1), 413, "too_large", "1048576"},
		"wrong type":       {s, "/v1/liveness", "text/html", astronaut, 415, "unsupported_media_type", "image/*"},
		"unknown key":      {s, "/v1/liveness", "application/json", []byte(`{"image":"AAAA","photo":"x"}`), 400, "unknown_key", `"photo"`},
		"missing key":      {s, "/v1/liveness", "application/json", []byte(`{}`), 400, "missing_key", `"image"`},
		"unknown query":    {s, "/v1/liveness?size=3", "image/jpeg", astronaut, 422, "bad_parameter", `unknown parameter "size", allowed are detail, profile, policy, faces, threshold`},
		"no such override": {s, "/v1/quality?detail=brief", "image/jpeg", astronaut, 422, "bad_parameter", `unknown parameter "detail", allowed are profile, timeout_ms`},
		"bad choice":       {s, "/v1/liveness?faces=none", "image/jpeg", astronaut, 422, "bad_parameter", "faces"},
		"bad number":       {s, "/v1/liveness?threshold=high", "image/jpeg", astronaut, 422, "bad_parameter", `threshold is "high", allowed is 0 to 1`},
		"large number":     {s, "/v1/liveness?min_eye_distance=-1", "image/jpeg", astronaut, 422, "bad_parameter", "allowed is 0 to 2147483647"},
		"out of range":     {s, "/v1/liveness?threshold=1.5", "image/jpeg", astronaut, 422, "bad_parameter", "threshold is 1.5, allowed is 0 to 1"},
		"unknown check":    {s, "/v1/liveness?required=NOSE", "image/jpeg", astronaut, 422, "bad_parameter", "FACE_TOO_SMALL"},
		"unknown policy":   {s, "/v1/liveness?policy=gate", "image/jpeg", astronaut, 422, "bad_parameter", `"door"`},
		"override refused": {locked, "/v1/liveness?threshold=0.1", "image/jpeg", astronaut, 403, "overrides_not_allowed", "default"},
		"unknown path":     {s, "/v1/nothing", "image/jpeg", nil, 404, "not_found", "/v1/nothing"},
		"unknown part":     {s, "/v1/liveness", odd, oddForm, 400, "unknown_part", `"thresold"`},
		"in quality":       {s, "/v1/quality", odd, oddForm, 400, "unknown_part", `"thresold"`},
		"in frames":        {s, "/v1/liveness/frames", odd, oddForm, 400, "unknown_part", `"thresold"`},
		"in a batch":       {s, "/v1/batch", odd, oddForm, 400, "unknown_part", `"thresold"`},
		"several pictures": {s, "/v1/liveness", two, twoForm, 400, "bad_request", "several"},
		"batch, type":      {s, "/v1/batch", "image/jpeg", astronaut, 415, "unsupported_media_type", "application/x-tar"},
		"batch, no tar":    {s, "/v1/batch", "application/x-tar", bytes.Repeat(astronaut, 2), 400, "bad_archive", "tar"},
		"batch, time":      {s, "/v1/batch?timeout_ms=700000", "application/zip", nil, 422, "bad_parameter", "timeout_ms"},
		"batch, query":     {s, "/v1/batch?size=3", "application/zip", nil, 422, "bad_parameter", `unknown parameter "size", allowed are detail`},
		"frames not form":  {s, "/v1/liveness/frames", "text/html", astronaut, 415, "unsupported_media_type", "multipart/form-data"},
		"no time":          {s, "/v1/liveness?timeout_ms=1", "image/jpeg", astronaut, 504, "timeout", "time"},
		"time, quality":    {s, "/v1/quality?timeout_ms=1", "image/jpeg", astronaut, 504, "timeout", "time"},
		"time, frames":     {s, "/v1/liveness/frames?timeout_ms=1", two, twoForm, 504, "timeout", "time"},
		"time, range":      {s, "/v1/liveness?timeout_ms=0", "image/jpeg", astronaut, 422, "bad_parameter", "timeout_ms"},
		"a still":          {s, "/v1/liveness/frames", "image/jpeg", astronaut, 422, "too_few_frames", "1, allowed are 2 to 30"},
	} {
		t.Run(name, func(t *testing.T) {
			var got apiv1.Problem
			response := test.on.post(t, test.path, test.contentType, test.body, &got)
			if response.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("Content-Type %q", response.Header.Get("Content-Type"))
			}
			if response.StatusCode != test.status || got.Status != test.status || got.Code != test.code || !strings.Contains(got.Detail, test.says) {
				t.Errorf("status %d, %+v", response.StatusCode, got)
			}
		})
	}
}

func TestFrames(t *testing.T) {
	s := start(t, nil)
	astronaut, turned := picture(t, "astronaut.jpg"), picture(t, "astronaut-exif2.jpg")
	contentType, body := formOf(t, astronaut, astronaut)
	var same apiv1.FramesAnswer
	s.post(t, "/v1/liveness/frames", contentType, body, &same)
	if e := same.Evidence; e == nil || len(e.Models) == 0 || len(e.ProfileSHA256) != 64 || e.Timings["liveness"] <= 0 {
		t.Errorf("evidence: %+v", e)
	}
	if same.Decision != "cannot_assess" || same.Reasons[0].Code != "FRAMES_IDENTICAL" || len(same.Frames) != 2 {
		t.Errorf("a still: %+v", same)
	}
	contentType, body = formOf(t, astronaut)
	var few apiv1.Problem
	s.post(t, "/v1/liveness/frames", contentType, body, &few)
	if few.Code != "too_few_frames" || !strings.Contains(few.Detail, "2 to 30") {
		t.Errorf("one frame: %+v", few)
	}
	contentType, body = formOf(t, turned, []byte("broken"))
	var broken apiv1.Problem
	s.post(t, "/v1/liveness/frames", contentType, body, &broken)
	if broken.Code != "bad_image" || !strings.HasPrefix(broken.Detail, "frame 2: ") {
		t.Errorf("broken frame: %+v", broken)
	}
}

func TestQualityHasNoDecision(t *testing.T) {
	var got apiv1.QualityAnswer
	start(t, nil).post(t, "/v1/quality", "image/jpeg", picture(t, "astronaut.jpg"), &got)
	if len(got.Faces) != 1 || got.Faces[0].Quality.Score <= 0 || got.Faces[0].Quality.Measures.Sharpness <= 0 {
		t.Errorf("got %+v", got)
	}
}
