package apiv1

import (
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bonafide-pad/bonafide"
)

// describe adds to the API's description what the types of requests and answers don't say: how a key is sent, what some parameters may be, and
// the headers of answers.
func describe(doc *huma.OpenAPI) {
	doc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key":    {Type: "apiKey", In: "header", Name: "X-API-Key", Description: "An API key with the scope analyse."},
		"bearer": {Type: "http", Scheme: "bearer", Description: "The same key as a bearer token."},
	}
	doc.Security = []map[string][]string{{"key": {}}, {"bearer": {}}, {}} // one of them, or none: a server without keys asks for none
	doc.Components.Headers = map[string]*huma.Header{
		"X-Request-Id": {
			Description: "The request's id, which the server's log has as well: the client's own, where it sent one.",
			Schema:      &huma.Schema{Type: huma.TypeString},
		},
		"Retry-After": {Description: "After how many seconds to come back.", Schema: &huma.Schema{Type: huma.TypeInteger, Minimum: new(1.0)}},
	}
	for _, item := range doc.Paths {
		for _, p := range item.Post.Parameters {
			describeParameter(p)
		}
		for status, response := range item.Post.Responses {
			response.Headers = headersOf(status)
		}
	}
}

// describeParameter says what a parameter may be where the type that it is read into doesn't: huma reads numbers that may be absent as text.
func describeParameter(p *huma.Param) {
	if most, isNumber := mostOf[p.Name]; isNumber {
		p.Schema = &huma.Schema{Type: huma.TypeNumber, Format: "double", Minimum: new(0.0), Maximum: &most, Description: p.Schema.Description}
	}
	if p.Name == "required" {
		checks := &huma.Schema{Type: huma.TypeString}
		for _, code := range bonafide.CheckCodes() {
			checks.Enum = append(checks.Enum, string(code))
		}
		p.Schema = &huma.Schema{Type: huma.TypeArray, Items: checks, Description: p.Schema.Description}
	}
}

// headersOf are the headers of answers with a status.
func headersOf(status string) map[string]*huma.Header {
	headers := map[string]*huma.Header{"X-Request-Id": {Ref: "#/components/headers/X-Request-Id"}}
	switch status {
	case strconv.Itoa(http.StatusTooManyRequests), strconv.Itoa(http.StatusServiceUnavailable):
		headers["Retry-After"] = &huma.Header{Ref: "#/components/headers/Retry-After"}
	}
	return headers
}
