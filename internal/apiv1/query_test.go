package apiv1_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/apiv1"
)

// A request that was read in part would be judged more laxly than it asks.
func TestAQueryIsReadWholeOrRefused(t *testing.T) {
	s := start(t, func(a *apiv1.API) { a.Policies = policies(apiv1.DefaultPolicy, "door") })
	astronaut := picture(t, "astronaut.jpg")
	for _, c := range []struct{ path, says string }{
		{"/v1/liveness?threshold=0.99%zz", `"%zz"`},
		{"/v1/liveness?policy=door%zz", `"%zz"`},
		{"/v1/liveness?thresold=0.99;x", "semicolon"},
		{"/v1/liveness?profile=strict;x", "semicolon"},
		{"/v1/liveness?threshold=0.1&threshold=0.99", `"threshold" is given 2 times`},
		{"/v1/liveness?required=EYES_CLOSED&required=TOO_DARK", `"required" is given 2 times`},
		{"/v1/liveness/frames?threshold=0.99%zz", `"%zz"`},
		{"/v1/quality?timeout_ms=1;x", "semicolon"},
		{"/v1/batch?policy=door&policy=default", `"policy" is given 2 times`},
	} {
		var got apiv1.Problem
		response := s.post(t, c.path, "image/jpeg", astronaut, &got)
		if kind := response.Header.Get("Content-Type"); kind != "application/problem+json" {
			t.Errorf("%s: Content-Type %q", c.path, kind)
		}
		if response.StatusCode != http.StatusBadRequest || got.Code != "bad_request" || !strings.Contains(got.Detail, c.says) {
			t.Errorf("%s: status %d, %+v", c.path, response.StatusCode, got)
		}
	}
}

// A client whose value was lost must not be answered by the policy's.
func TestAParameterWithoutAValueIsRefused(t *testing.T) {
	s := start(t, nil)
	for _, path := range []string{"/v1/liveness", "/v1/liveness/frames", "/v1/batch"} {
		for _, name := range []string{"threshold", "required", "faces", "min_eye_distance", "max_angle", "policy", "detail", "timeout_ms", "unknown"} {
			for _, query := range []string{name, name + "="} {
				var got apiv1.Problem
				response := s.post(t, path+"?"+query, "image/jpeg", picture(t, "astronaut.jpg"), &got)
				if response.StatusCode != http.StatusUnprocessableEntity || got.Code != "bad_parameter" || !strings.Contains(got.Detail, `"`+name+`"`) {
					t.Errorf("%s?%s: status %d, %+v", path, query, response.StatusCode, got)
				}
			}
		}
	}
}

// What of a query is chosen by and what is answered is read alike: a name alone is no value.
func TestAProfileWithoutANameIsTheDefault(t *testing.T) {
	s := start(t, nil)
	for _, query := range []string{"detail=brief&profile", "profile&detail=brief", "profile=&detail=brief"} {
		var got apiv1.Answer
		response := s.post(t, "/v1/liveness?"+query, "image/jpeg", picture(t, "astronaut.jpg"), &got)
		if response.StatusCode != http.StatusOK || got.Profile != "default" || got.Faces != nil {
			t.Errorf("%s: status %d, profile %q", query, response.StatusCode, got.Profile)
		}
	}
}

func TestRequiredTakesSeveralChecks(t *testing.T) {
	var got apiv1.Answer
	start(t, nil).post(t, "/v1/liveness?required=FACE_TOO_SMALL,FACE_ANGLE_TOO_LARGE&max_angle=2&min_eye_distance=60", "image/jpeg", picture(t, "astronaut.jpg"), &got)
	blocking := 0
	for _, r := range got.Reasons {
		if r.Blocking {
			blocking++
		}
	}
	if got.Decision != "cannot_assess" || blocking != 2 {
		t.Errorf("%s with %+v", got.Decision, got.Reasons)
	}
}
