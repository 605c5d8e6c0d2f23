package faceplugin_test

import (
	"bytes"
	stdcmp "cmp"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/activation"
	"github.com/bonafide-pad/bonafide/internal/admission"
	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/faceplugin"
	"github.com/bonafide-pad/bonafide/internal/server/servertest"
	"github.com/bonafide-pad/bonafide/internal/upload"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// analyzer is one for all tests of the package: loading the networks takes long.
var analyzer = sync.OnceValues(func() (*bonafide.Analyzer, error) {
	return bonafide.Open(bonafide.Config{Models: stdcmp.Or(os.Getenv(catalog.EnvDir), filepath.Join("..", "..", "models"))})
})

const machineCode = "GKGR-T7G5-NVVH-CE1D"

const maxBytes = 1 << 20

// serve serves the API with the real networks on a real listener, and returns its address.
func serve(t *testing.T, change func(*faceplugin.API)) string {
	t.Helper()
	catalogtest.Dir(t)
	a, err := analyzer()
	if err != nil {
		t.Fatal(err)
	}
	gate, err := admission.NewGate(admission.Config{})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	api := &faceplugin.API{
		Analyzer: &admission.Analyzer{Turns: admission.Turns{Gate: gate}, Inner: a},
		Policy:   bonafide.DefaultPolicy,
		Uploads:  &upload.Reader{Bytes: maxBytes, Memory: upload.NewMemory(64 << 20)},
		Licence:  keeper(t, activation.Config{Machine: machineCode}),
		Log:      log,
	}
	if change != nil {
		change(api)
	}
	return servertest.Serve(t, api.Routes())
}

// reply is an answer that was read.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func do(t *testing.T, method, url, contentType string, body io.Reader) reply {
	t.Helper()
	req, err := http.NewRequest(method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got := resp.Header.Get("Content-Type"); got != "application/json; charset=utf-8" {
		t.Errorf("the Content-Type is %q", got)
	}
	return reply{resp.StatusCode, resp.Header, content}
}

func postFile(t *testing.T, address string, content []byte) reply {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	field, err := w.CreateFormFile("file", "picture")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := field.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return do(t, http.MethodPost, address+"/liveness-detection", w.FormDataContentType(), &body)
}

func postBase64(t *testing.T, address string, content []byte) reply {
	t.Helper()
	body, err := json.Marshal(map[string]string{"base64": base64.StdEncoding.EncodeToString(content)})
	if err != nil {
		t.Fatal(err)
	}
	return do(t, http.MethodPost, address+"/liveness-detection-base64", "application/json", bytes.NewReader(body))
}

func picture(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// decode reads an answer as a client without a schema does, numbers as they are written.
func decode(t *testing.T, r reply, status int) any {
	t.Helper()
	if r.status != status {
		t.Fatalf("status %d (%s), wanted is %d", r.status, r.body, status)
	}
	d := json.NewDecoder(bytes.NewReader(r.body))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v: %s", err, r.body)
	}
	return v
}
