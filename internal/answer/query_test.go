package answer_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/answer"
)

func TestQueryIsReadWholeOrRefused(t *testing.T) {
	for raw, says := range map[string]string{
		"":                         "",
		"profile=lobby":            "",
		"profile=lobby%3Bx&size=3": "",
		"profile=lobby%zz":         `"%zz"`,
		"profile=lobby;x":          "semicolon",
		"profile=lobby&size=3;4":   "semicolon",
		"profile=a&profile=b":      `"profile" is given 2 times`,
		"profile=a&%70rofile=a":    `"profile" is given 2 times`,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.URL.RawQuery = raw
		query, fault := answer.Query(r)
		if fault == nil {
			fault = answer.Once(query, "profile")
		}
		switch {
		case says == "" && fault != nil:
			t.Errorf("%q is refused: %v", raw, fault)
		case says != "" && (fault == nil || fault.Status != http.StatusBadRequest || fault.Code != "bad_request" || !strings.Contains(fault.Message, says)):
			t.Errorf("%q: %+v", raw, fault)
		}
	}
}
