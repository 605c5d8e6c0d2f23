package upload

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/bonafide-pad/bonafide/internal/answer"
)

const limit = 100_000

func newReader() *Reader { return &Reader{Bytes: limit, Memory: NewMemory(10 * limit)} }

type part struct{ name, content string }

func formRequest(parts ...part) *http.Request {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, p := range parts {
		field, err := w.CreateFormFile(p.name, "picture.jpg")
		if err != nil {
			panic(err)
		}
		if _, err := io.WriteString(field, p.content); err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return r
}

func jsonRequest(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return r
}

// wantFault checks err's status and that its message says each of the given things.
func wantFault(t *testing.T, err error, status int, says ...string) {
	t.Helper()
	var fault *answer.Fault
	if !errors.As(err, &fault) {
		t.Fatalf("error %v, wanted is a fault with status %d", err, status)
	}
	if fault.Status != status {
		t.Errorf("status %d (%s), wanted is %d", fault.Status, fault.Message, status)
	}
	for _, s := range says {
		if !strings.Contains(fault.Message, s) {
			t.Errorf("the message %q does not say %q", fault.Message, s)
		}
	}
}

// wantCode checks the code of err, which is a fault.
func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var fault *answer.Fault
	if !errors.As(err, &fault) || fault.Code != code {
		t.Errorf("error %+v, wanted is a fault with the code %q", err, code)
	}
}

// wantReleased checks that no memory is held.
func wantReleased(t *testing.T, m *Memory) {
	t.Helper()
	if held, _ := m.Held(); held != 0 {
		t.Errorf("%d bytes are still held", held)
	}
}

func TestPart(t *testing.T) {
	full := strings.Repeat("x", limit)
	for name, parts := range map[string][]part{
		"alone":        {{"file", full}},
		"after other":  {{"note", "hello"}, {"file", full}},
		"first of two": {{"file", full}, {"file", "another"}},
		"empty":        {{"file", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReader()
			picture, err := r.Part(formRequest(parts...), "file")
			if err != nil {
				t.Fatal(err)
			}
			want := full
			if name == "empty" {
				want = ""
			}
			if string(picture.Bytes) != want {
				t.Errorf("%d bytes, wanted are %d", len(picture.Bytes), len(want))
			}
			if held, _ := r.Memory.Held(); held < int64(len(want)) {
				t.Errorf("%d bytes are accounted for", held)
			}
			picture.Release()
			wantReleased(t, r.Memory)
		})
	}
}

func TestPartFaults(t *testing.T) {
	cutOff := formRequest(part{"file", "abc"})
	body, err := io.ReadAll(cutOff.Body)
	if err != nil {
		t.Fatal(err)
	}
	cutOff.Body = io.NopCloser(bytes.NewReader(body[:len(body)-8]))
	noBoundary := formRequest()
	noBoundary.Header.Set("Content-Type", "multipart/form-data")
	notMultipart := formRequest()
	notMultipart.Header.Set("Content-Type", "image/jpeg")
	broken := formRequest(part{"file", "abc"})
	broken.Body = io.NopCloser(iotest.ErrReader(errors.New("wire cut")))
	unannounced := formRequest(part{"file", "abc"}, part{"other", strings.Repeat("x", overhead+limit)})
	unannounced.ContentLength = -1
	many := make([]part, mostParts+1)
	for name, c := range map[string]struct {
		request *http.Request
		status  int
		says    []string
	}{
		"no parts":          {formRequest(), 400, []string{"file"}},
		"other part":        {formRequest(part{"image", "abc"}), 400, []string{`"file"`}},
		"picture too large": {formRequest(part{"file", strings.Repeat("x", limit+1)}), 413, []string{"100000"}},
		"request too large": {formRequest(part{"file", strings.Repeat("x", 2*overhead)}), 413, []string{"1148576 are allowed"}},
		"unannounced":       {unannounced, 413, []string{"1148576 are allowed"}},
		"cut off":           {cutOff, 400, []string{"boundary"}},
		"no boundary":       {noBoundary, 400, []string{"boundary"}},
		"not multipart":     {notMultipart, 400, []string{"image/jpeg", "multipart/form-data", `"file"`}},
		"wire cut":          {broken, 400, []string{"wire cut"}},
		"too many parts":    {formRequest(many...), 400, []string{fmt.Sprint(mostParts)}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReader()
			_, err := r.Part(c.request, "file")
			wantFault(t, err, c.status, c.says...)
			wantReleased(t, r.Memory)
		})
	}
}

func TestAFormMayHaveAsManyPartsAsItMay(t *testing.T) {
	parts := make([]part, mostParts)
	parts[mostParts-1] = part{"file", "abc"}
	r := newReader()
	picture, err := r.Part(formRequest(parts...), "file")
	if err != nil {
		t.Fatal(err)
	}
	if got := string(picture.Bytes); got != "abc" {
		t.Errorf("the picture is %q", got)
	}
	picture.Release()
	wantReleased(t, r.Memory)
}

func TestMemoryIsShared(t *testing.T) {
	r := newReader()
	var held []*Picture
	for {
		picture, err := r.Part(formRequest(part{"file", strings.Repeat("x", limit)}), "file")
		if err != nil {
			wantFault(t, err, 503, "1000000 bytes")
			break
		}
		if held = append(held, picture); len(held) > 10 {
			t.Fatal("more pictures are held than fit")
		}
	}
	if len(held) < 5 {
		t.Errorf("only %d pictures of a tenth of the memory fitted", len(held))
	}
	for _, p := range held {
		p.Release()
	}
	wantReleased(t, r.Memory)
}

func TestBase64(t *testing.T) {
	content := make([]byte, 5000) // longer than a group of the decoder
	for i := range content {
		content[i] = byte(i * 7)
	}
	std, url := base64.StdEncoding.EncodeToString(content), base64.URLEncoding.EncodeToString(content)
	var lines strings.Builder
	for i := 0; i < len(std); i += 76 {
		lines.WriteString(std[i:min(i+76, len(std))] + "\r\n")
	}
	for name, text := range map[string]string{
		"standard": std, "for URLs": url, "unpadded": strings.TrimRight(std, "="), "in lines": lines.String(),
		"data URL": "data:image/jpeg;base64," + std, "data URL with parameters": "DATA:image/svg+xml;charset=utf-8;BASE64," + url,
		"spaces around": "  \n" + std + " \t",
	} {
		t.Run(name, func(t *testing.T) {
			body, err := json.Marshal(map[string]string{"base64": text, "other": "ignored"})
			if err != nil {
				t.Fatal(err)
			}
			r := newReader()
			picture, err := r.Base64(jsonRequest(string(body)), "base64")
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(picture.Bytes, content) {
				t.Error("the content is another")
			}
			picture.Release()
			wantReleased(t, r.Memory)
		})
	}
}

func TestBase64TakesThePictureLimitNotTheTextLimit(t *testing.T) {
	for size, status := range map[int]int{limit: 0, limit + 1: 413, 3 * limit: 413, 20 * limit: 413} {
		text := base64.StdEncoding.EncodeToString(make([]byte, size))
		r := &Reader{Bytes: limit, Memory: NewMemory(100 * limit)}
		picture, err := r.Base64(jsonRequest(`{"base64":"`+text+`"}`), "base64")
		if status != 0 {
			wantFault(t, err, status, "allowed")
			continue
		}
		if err != nil || len(picture.Bytes) != size {
			t.Errorf("%d bytes: error %v", size, err)
		}
	}
}

func TestBase64Faults(t *testing.T) {
	wrongType := jsonRequest(`{"base64":"AAAA"}`)
	wrongType.Header.Set("Content-Type", "text/plain")
	for name, c := range map[string]struct {
		request *http.Request
		status  int
		says    []string
	}{
		"no JSON":           {jsonRequest(`base64=AAAA`), 400, []string{"not JSON", "byte 1"}},
		"empty":             {jsonRequest(``), 400, []string{"not JSON"}},
		"cut off":           {jsonRequest(`{"base64":"AAA`), 400, []string{"not JSON"}},
		"two values":        {jsonRequest(`{"base64":"AAAA"} {}`), 400, []string{"not JSON"}},
		"array":             {jsonRequest(`["AAAA"]`), 400, []string{"array", `"base64"`}},
		"null":              {jsonRequest(`null`), 400, []string{`"base64"`}},
		"no key":            {jsonRequest(`{"image":"AAAA"}`), 400, []string{`"base64"`}},
		"number":            {jsonRequest(`{"base64":12}`), 400, []string{"number", "string"}},
		"null value":        {jsonRequest(`{"base64":null}`), 400, []string{"null", "string"}},
		"object":            {jsonRequest(`{"base64":{}}`), 400, []string{"object", "string"}},
		"wrong character":   {jsonRequest(`{"base64":"AA!A"}`), 400, []string{"character 3", "!"}},
		"not ASCII":         {jsonRequest(`{"base64":"AA…A"}`), 400, []string{"character 3 is '…'"}},
		"after the padding": {jsonRequest(`{"base64":"AA==AAAA"}`), 400, []string{"padding"}},
		"too much padding":  {jsonRequest(`{"base64":"AA==="}`), 400, []string{"padded"}},
		"one left over":     {jsonRequest(`{"base64":"AAAAA"}`), 400, []string{"cut off"}},
		"other data URL":    {jsonRequest(`{"base64":"data:text/plain,hello"}`), 400, []string{"base64"}},
		"endless data URL":  {jsonRequest(`{"base64":"data:` + strings.Repeat("x", 500) + `"}`), 400, []string{"comma"}},
		"content type":      {wrongType, 415, []string{"text/plain", "application/json"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReader()
			_, err := r.Base64(c.request, "base64")
			wantFault(t, err, c.status, c.says...)
			wantReleased(t, r.Memory)
		})
	}
}

func TestText(t *testing.T) {
	memory := NewMemory(1 << 20)
	text, err := Text(jsonRequest(`{"license":"v4.public.\u0041"}`), "license", 64, memory)
	if err != nil || text != "v4.public.A" {
		t.Errorf("%q, error %v", text, err)
	}
	_, err = Text(jsonRequest(`{"license":"`+strings.Repeat("x", 64)+`"}`), "license", 64, memory)
	wantFault(t, err, 413, "64 are allowed")
	wantReleased(t, memory)
	if _, err := memory.Hold(t.Context(), 1<<20-8); err != nil { // others hold nearly all
		t.Fatal(err)
	}
	_, err = Text(jsonRequest(`{"license":"v4.public.A"}`), "license", 64, memory)
	wantFault(t, err, 503)
}

func FuzzPart(f *testing.F) {
	for _, r := range []*http.Request{formRequest(part{"file", "abc"}), formRequest(part{"a", "b"}, part{"file", ""}), formRequest()} {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(r.Header.Get("Content-Type"), body)
	}
	f.Add(`multipart/form-data; boundary="x"`, []byte("--x\r\nContent-Disposition: form-data; name=file\r\n\r\nabc"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		req := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		req.Header.Set("Content-Type", contentType)
		r := &Reader{Bytes: 64, Memory: NewMemory(1024)}
		checkFuzzed(t, r, body)(r.Part(req, "file"))
	})
}

func FuzzBase64(f *testing.F) {
	for _, body := range []string{`{"base64":"AAAA"}`, `{"base64":"data:image/png;base64,_-8="}`, `{"base64":"AA\r\n=="}`, `[]`, `{"base64":1}`, `{"BASE64":null}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := &Reader{Bytes: 64, Memory: NewMemory(4 << 20)}
		checkFuzzed(t, r, body)(r.Base64(jsonRequest(string(body)), "base64"))
	})
}

// checkFuzzed checks what holds for any body: a picture within the limit or a fault of the client's, and no memory kept.
func checkFuzzed(t *testing.T, r *Reader, body []byte) func(*Picture, error) {
	return func(picture *Picture, err error) {
		if err == nil {
			if int64(len(picture.Bytes)) > r.Bytes || len(picture.Bytes) > len(body) {
				t.Errorf("%d bytes out of %d", len(picture.Bytes), len(body))
			}
			picture.Release()
		} else {
			var fault *answer.Fault
			if !errors.As(err, &fault) || fault.Status < 400 || fault.Status >= 500 {
				t.Errorf("error %v (%+v), wanted is a fault of the client's", err, fault)
			}
		}
		wantReleased(t, r.Memory)
	}
}
