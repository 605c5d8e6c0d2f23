package apiv1_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// values are what a parameter of a given schema is tried with: what it allows and what it doesn't.
func values(schema *openapi3.Schema) []string {
	tried := []string{"", "0", "1", "-1", "0.5", "1e308", "NaN", "Inf", "é\x00\n", "true", "[]", "default", "a,b,,c"}
	if schema.Items != nil {
		schema = schema.Items.Value
	}
	for _, choice := range schema.Enum {
		tried = append(tried, fmt.Sprint(choice))
	}
	return tried
}

// TestNoRequestIsOurFault sends to every route of the OpenAPI document what its schemas allow and what they don't. Every answer must
// be as the document says, and none a 500.
func TestNoRequestIsOurFault(t *testing.T) {
	s := start(t, nil)
	random := rand.New(rand.NewPCG(1, 2)) // the same requests with every run
	noface := picture(t, "noface.jpg")
	form, formBody := formOf(t, noface, noface)
	bodies := [][]byte{noface, noface[:len(noface)/2], formBody, formBody[:len(formBody)-9], nil, []byte(`{"image":"AAAA"}`), []byte(`{"image":null}`), []byte(`[`)}
	types := []string{"image/jpeg", "application/octet-stream", "application/json", form, "multipart/form-data", "text/plain", "", ";", "application/x-tar", "application/gzip", "application/zip"}
	rounds := 40
	if testing.Short() {
		rounds = 8
	}
	for path, item := range s.document.Paths.Map() {
		if item.Post == nil {
			continue
		}
		for range rounds {
			query := url.Values{}
			for _, p := range item.Post.Parameters {
				if random.IntN(3) == 0 {
					query.Set(p.Value.Name, pick(random, values(p.Value.Schema.Value)))
				}
			}
			if random.IntN(8) == 0 {
				query.Set("unknown", "1")
			}
			contentType := pick(random, types)
			target := path + "?" + query.Encode()
			if response := s.post(t, target, contentType, pick(random, bodies), nil); response.StatusCode >= 500 {
				if response.StatusCode == http.StatusGatewayTimeout && query.Get("timeout_ms") == "1" {
					continue // as asked
				}
				t.Errorf("%s as %q: status %d", target, contentType, response.StatusCode)
			}
		}
	}
}

func pick[T any](random *rand.Rand, of []T) T { return of[random.IntN(len(of))] }
