package apiv1_test

import (
	"testing"

	"github.com/bonafide-pad/bonafide"
)

// What a client is generated from must say how a key is sent, and which headers come back.
func TestTheDescriptionHasKeysAndHeaders(t *testing.T) {
	doc := start(t, nil).document
	key, bearer := doc.Components.SecuritySchemes["key"], doc.Components.SecuritySchemes["bearer"]
	if key == nil || key.Value.In != "header" || key.Value.Name != "X-API-Key" || bearer == nil || bearer.Value.Scheme != "bearer" || len(doc.Security) != 3 {
		t.Errorf("keys: %+v, security %v", doc.Components.SecuritySchemes, doc.Security)
	}
	for path, item := range doc.Paths.Map() {
		for status, response := range item.Post.Responses.Map() {
			if headers := response.Value.Headers; headers["X-Request-Id"] == nil || (headers["Retry-After"] != nil) != (status == "429" || status == "503") {
				t.Errorf("%s, status %s: headers %v", path, status, headers)
			}
		}
	}
}

// A client that is generated from the description should have to look for no null in the place of a list, and know numbers as such.
func TestTheDescriptionSaysWhatValuesMayBe(t *testing.T) {
	doc := start(t, nil).document
	for name, schema := range doc.Components.Schemas {
		for property, p := range schema.Value.Properties {
			if p.Value.Type.Includes("array") && p.Value.Type.Includes("null") {
				t.Errorf("%s.%s may be null, which it never is", name, property)
			}
		}
	}
	for path, item := range doc.Paths.Map() {
		for name, most := range map[string]float64{"threshold": 1, "min_eye_distance": 1<<31 - 1, "max_angle": 180} {
			p := item.Post.Parameters.GetByInAndName("query", name)
			if p == nil && path == "/v1/quality" {
				continue
			}
			if s := p.Schema.Value; !s.Type.Is("number") || s.Min == nil || *s.Min != 0 || s.Max == nil || *s.Max != most {
				t.Errorf("%s, %s: %+v, wanted is a number from 0 to %v", path, name, s, most)
			}
		}
	}
	required := doc.Paths.Value("/v1/liveness").Post.Parameters.GetByInAndName("query", "required").Schema.Value
	if !required.Type.Is("array") || len(required.Items.Value.Enum) != len(bonafide.CheckCodes()) {
		t.Errorf("required: %+v", required)
	}
}

// docs/api-v1.md sends its reader to the description for every parameter and field.
func TestTheDescriptionExplainsEverything(t *testing.T) {
	doc := start(t, nil).document
	for name, schema := range doc.Components.Schemas {
		for property, p := range schema.Value.Properties {
			if p.Ref == "" && p.Value.Description == "" {
				t.Errorf("%s.%s is not described", name, property)
			}
		}
	}
	for path, item := range doc.Paths.Map() {
		for _, p := range item.Post.Parameters {
			if p.Value.Description == "" {
				t.Errorf("%s: the parameter %s is not described", path, p.Value.Name)
			}
		}
	}
}
