package apiv1

import (
	"context"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/answer"
	"github.com/bonafide-pad/bonafide/internal/upload"
)

// The parts and keys under which pictures come.
const (
	filePart = "file"
	imageKey = "image"
)

// DetailInput says how much is answered.
type DetailInput struct {
	Detail string `query:"detail" enum:"brief,full" default:"full" doc:"brief leaves out the faces' measures, the timings and the networks."`
}

// TimeoutInput bounds the time of an analysis beyond what the operator allows.
type TimeoutInput struct {
	TimeoutMs int `query:"timeout_ms" minimum:"1" maximum:"600000" doc:"Longest time for an analysis in milliseconds, waiting included, receiving the pictures not; of a batch for each picture, of frames for all. The operator's own limit holds beside it."`
}

// bound ends ctx when the request's own time is over, of which some was spent before.
func (in TimeoutInput) bound(ctx context.Context, spent time.Duration) (context.Context, context.CancelFunc) {
	if in.TimeoutMs == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, time.Duration(in.TimeoutMs)*time.Millisecond-spent)
}

// ProfileInput says how liveness is scored.
type ProfileInput struct {
	Profile string `query:"profile" default:"default" doc:"The name of the calibration that scores liveness, as the operator configured them."`
}

// PolicyInput says how a picture is assessed. The zero value of a parameter leaves the policy as it is.
type PolicyInput struct {
	ProfileInput
	Policy         string   `query:"policy" default:"default" doc:"The name of the requirements to assess by, as the operator configured them."`
	Faces          string   `query:"faces" enum:"reject,largest,central,all" doc:"Which faces are assessed; reject refuses pictures with several."`
	Threshold      string   `query:"threshold" doc:"Live above this score, 0 to 1."`
	MinEyeDistance string   `query:"min_eye_distance" doc:"Between the eyes' centres at least this, in pixels."`
	MaxAngle       string   `query:"max_angle" doc:"Yaw, pitch and roll at most this, in degrees."`
	Required       []string `query:"required" doc:"The checks, by their reason's code, that must pass for a decision, separated by commas."`
}

// requirements are those of the chosen policy with the request's changes.
func (a *API) requirements(in PolicyInput) (bonafide.Requirements, error) {
	policies := a.Policies()
	names := slices.Sorted(maps.Keys(policies))
	q, ok := policies[in.Policy]
	if !ok {
		return q, badParameter("policy: there is no policy %q, allowed are %q", in.Policy, names)
	}
	if !in.overrides() {
		return q, nil
	}
	if !a.AllowOverrides() {
		detail := fmt.Sprintf("this server does not let requests change requirements; choose a policy of %q", names)
		return q, newProblem(http.StatusForbidden, "overrides_not_allowed", detail)
	}
	if in.Faces != "" {
		q.Faces = bonafide.FaceChoice(in.Faces)
	}
	if in.Required != nil {
		q.Required = nil
	}
	for _, code := range in.Required {
		q.Required = append(q.Required, bonafide.ReasonCode(code))
	}
	if err := in.setNumbers(&q); err != nil {
		return q, err
	}
	if err := q.Validate(); err != nil {
		return q, badParameter("%v", err)
	}
	return q, nil
}

// mostOf is how large a parameter that is a number may be; the least is 0.
var mostOf = map[string]float64{"threshold": 1, "min_eye_distance": math.MaxInt32, "max_angle": 180}

// setNumbers changes the numbers of q that the request names.
func (in PolicyInput) setNumbers(q *bonafide.Requirements) error {
	for _, number := range []struct {
		name, text string
		target     *float64
	}{
		{"threshold", in.Threshold, &q.Liveness}, {"min_eye_distance", in.MinEyeDistance, &q.MinEyeDistance}, {"max_angle", in.MaxAngle, &q.MaxAngle},
	} {
		if number.text == "" {
			continue
		}
		most := mostOf[number.name]
		allowed := "allowed is 0 to " + strconv.FormatFloat(most, 'f', -1, 64)
		v, err := strconv.ParseFloat(number.text, 64)
		if err != nil {
			return badParameter("%s is %.200q, %s", number.name, number.text, allowed)
		}
		if !(v >= 0 && v <= most) { // not written the other way round: NaN must fail
			return badParameter("%s is %g, %s", number.name, v, allowed)
		}
		*number.target = v
	}
	return nil
}

func badParameter(format string, args ...any) *Problem {
	return newProblem(http.StatusUnprocessableEntity, "bad_parameter", fmt.Sprintf(format, args...))
}

func (in PolicyInput) overrides() bool {
	return in.Faces != "" || in.Threshold != "" || in.MinEyeDistance != "" || in.MaxAngle != "" || in.Required != nil
}

// readPicture reads the picture of a request in whichever form it comes.
func (a *API) readPicture(ctx context.Context) (*upload.Picture, error) {
	if err := a.Permit(); err != nil {
		return nil, err
	}
	r := requestOf(ctx)
	switch upload.Kind(r) {
	case upload.Multipart:
		return a.Uploads.OnlyPart(r, filePart)
	case upload.JSON:
		return a.Uploads.OnlyBase64(r, imageKey)
	case upload.Raw:
		return a.Uploads.Body(r)
	default:
		return nil, answer.Faultf(http.StatusUnsupportedMediaType, upload.CodeMediaType,
			"the Content-Type is %q, allowed are image/*, application/octet-stream, multipart/form-data and application/json", r.Header.Get("Content-Type"))
	}
}

// binary is the schema of bytes.
func binary() *huma.Schema { return &huma.Schema{Type: huma.TypeString, Format: "binary"} }

func pictureBody() *huma.RequestBody {
	return &huma.RequestBody{
		Required: true, Description: "The picture: JPEG, PNG, WebP, GIF, BMP or TIFF, found from its bytes.",
		Content: map[string]*huma.MediaType{
			"image/*":                  {Schema: binary()},
			"application/octet-stream": {Schema: binary()},
			"multipart/form-data":      {Schema: form(&huma.Schema{Type: huma.TypeString, Format: "binary", Description: "The picture."})},
			"application/json": {Schema: &huma.Schema{
				Type: huma.TypeObject, Required: []string{imageKey}, AdditionalProperties: false,
				Properties: map[string]*huma.Schema{imageKey: {
					Type: huma.TypeString, ContentEncoding: "base64", Description: "The picture in base64; data URLs, line breaks and the alphabet for URLs are taken.",
				}},
			}},
		},
	}
}

// form is a multipart form with the given schema for its part "file".
func form(file *huma.Schema) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeObject, Required: []string{filePart}, AdditionalProperties: false, Properties: map[string]*huma.Schema{filePart: file},
	}
}
