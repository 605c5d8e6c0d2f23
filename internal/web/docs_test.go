package web_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// Whoever reads the page instead of /openapi.json must not miss a value, a header or how a key is sent.
func TestTheAPIPageShowsTheWholeDescription(t *testing.T) {
	b := open(t, serve(t, nil))
	response, err := http.Get(b.server + "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var document map[string]any
	if err := json.NewDecoder(response.Body).Decode(&document); err != nil {
		t.Fatal(err)
	}
	b.visit("/docs")
	b.until(`document.querySelector(".operation")`)
	page := evaluate[string](b, `document.getElementById("main").textContent`)
	wanted := said(map[string]any{"paths": document["paths"], "components": document["components"]})
	for _, text := range append(wanted, "X-API-Key", "Authorization: Bearer", "X-Request-Id", "Retry-After", "FACE_TOO_CLOSE") {
		if !strings.Contains(page, text) {
			t.Errorf("/docs does not show %q", text)
		}
	}
}

// said are the descriptions and the values to choose from anywhere within a part of a description.
func said(part any) (texts []string) {
	switch part := part.(type) {
	case map[string]any:
		if text, ok := part["description"].(string); ok {
			texts = append(texts, text)
		}
		values, _ := part["enum"].([]any)
		for _, value := range values {
			texts = append(texts, value.(string))
		}
		for _, inner := range part {
			texts = append(texts, said(inner)...)
		}
	case []any:
		for _, inner := range part {
			texts = append(texts, said(inner)...)
		}
	}
	return texts
}
