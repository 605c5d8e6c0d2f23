package upload

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEscapesTakeNoMemory(t *testing.T) {
	written := []byte(`"` + strings.Repeat(`AAAA\/+\u002b\r\n`, 1000) + `"`)
	raw := make([]byte, 0, len(written))
	allocated := testing.AllocsPerRun(5, func() {
		raw = append(raw[:0], written...)
		if text, err := textOf(raw, "base64"); err != nil || len(text) != 9000 {
			t.Fatalf("%d bytes, %v", len(text), err)
		}
	})
	if allocated > 0 {
		t.Errorf("%.0f allocations", allocated)
	}
}

// FuzzUnescape compares with what the standard library reads, which replaces what is no UTF-8 and stands here as it came.
func FuzzUnescape(f *testing.F) {
	for _, text := range []string{
		``, `plain`, `\"\\\/\b\f\n\r\t`, `\u0041\u00e9\u20AC`, `\ud83d\ude00`, `\ud83d`, `\ud83dx`, `\ude00\ud83d`, `\ud83d\u0041`, `\ud83d\ud83d\ude00`,
		`é\n€`, `\\u0041`, `\ud83d\n`, `\u0000`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var want string
		if !utf8.ValidString(text) || json.Unmarshal([]byte(`"`+text+`"`), &want) != nil {
			return
		}
		if got := string(unescape([]byte(text))); got != want {
			t.Errorf("%s: got %q, wanted is %q", text, got, want)
		}
	})
}
