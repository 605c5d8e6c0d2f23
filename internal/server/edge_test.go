package server_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide/internal/access"
	"github.com/bonafide-pad/bonafide/internal/admission"
	"github.com/bonafide-pad/bonafide/internal/answer"
	"github.com/bonafide-pad/bonafide/internal/programtest"
	"github.com/bonafide-pad/bonafide/internal/server"
)

// answered is an answer without its body.
type answered struct {
	Header     http.Header
	StatusCode int
	Proto      string
	TLS        *tls.ConnectionState
}

// request sends one with the given headers.
func request(t *testing.T, client *http.Client, method, url string, header map[string]string) answered {
	t.Helper()
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return answered{resp.Header, resp.StatusCode, resp.Proto, resp.TLS}
}

func TestRoutesAskForKeys(t *testing.T) {
	var caller string
	whoami := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller = admission.CallerFrom(r.Context())
		answer.JSON(w, http.StatusOK, true)
	})
	key, text, err := access.Generate("test", []access.Scope{access.Analyse}, access.Limits{Daily: 3}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, server.Config{Access: access.NewGuard([]access.Key{key})}, nil,
		server.Route{Pattern: "GET /analyse", Scope: access.Analyse, Handler: whoami},
		server.Route{Pattern: "GET /admin", Scope: access.Admin, Handler: whoami},
		server.Route{Pattern: "GET /public", Handler: whoami})
	for _, c := range []struct {
		path, header, value string
		status              int
		caller              string
	}{
		{"/public", "", "", 200, "127.0.0.1"},
		{"/healthz", "", "", 200, ""},
		{"/analyse", "", "", 401, ""},
		{"/analyse", "X-API-Key", "wrong", 401, ""},
		{"/analyse", "Authorization", "Basic " + text, 401, ""},
		{"/admin", "X-API-Key", text, 403, ""},
		{"/analyse", "X-API-Key", text, 200, "key " + key.ID},
		{"/analyse", "Authorization", "Bearer " + text, 200, "key " + key.ID},
		{"/analyse", "Authorization", "bearer  " + text, 200, "key " + key.ID},
		{"/analyse", "X-API-Key", text, 429, ""},
	} {
		caller = ""
		header := map[string]string{}
		if c.header != "" {
			header[c.header] = c.value
		}
		resp := request(t, http.DefaultClient, http.MethodGet, "http://"+s.address+c.path, header)
		if resp.StatusCode != c.status || caller != c.caller {
			t.Errorf("%s with %s: status %d, caller %q, wanted is %d, %q", c.path, c.header, resp.StatusCode, caller, c.status, c.caller)
		}
		if c.status == 401 && resp.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: the answer does not say how to identify", c.path)
		}
		if c.status == 429 && resp.Header.Get("Retry-After") == "" {
			t.Errorf("%s: the answer does not say when to come back", c.path)
		}
	}
}

func TestSecurityHeaders(t *testing.T) {
	s := start(t, server.Config{}, nil)
	for _, path := range []string{"/healthz", "/nothing"} {
		h := request(t, http.DefaultClient, http.MethodGet, "http://"+s.address+path, nil).Header
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Strict-Transport-Security": "",
		} {
			if h.Get(name) != want {
				t.Errorf("%s: %s is %q, wanted is %q", path, name, h.Get(name), want)
			}
		}
	}
}

func TestCORS(t *testing.T) {
	s := start(t, server.Config{Origins: []string{"https://app.example"}}, nil, route("POST /read", readAll))
	preflight := map[string]string{"Access-Control-Request-Method": "POST"}
	for origin, want := range map[string]string{"https://app.example": "https://app.example", "https://evil.example": "", "": ""} {
		preflight["Origin"] = origin
		for _, method := range []string{http.MethodOptions, http.MethodPost} {
			resp := request(t, http.DefaultClient, method, "http://"+s.address+"/read", preflight)
			if got := resp.Header.Get("Access-Control-Allow-Origin"); got != want {
				t.Errorf("%s from %q: allowed is %q, wanted is %q", method, origin, got, want)
			}
			if !strings.Contains(resp.Header.Get("Vary"), "Origin") {
				t.Errorf("%s from %q: caches are not told that the answer varies", method, origin)
			}
			methods := resp.Header.Get("Access-Control-Allow-Methods")
			if allowed := strings.Contains(methods, "POST"); allowed != (want != "" && method == http.MethodOptions) {
				t.Errorf("%s from %q: methods are %q", method, origin, methods)
			}
			headers := resp.Header.Get("Access-Control-Allow-Headers")
			if methods != "" && (!strings.Contains(headers, "X-API-Key") || !strings.Contains(headers, "Traceparent")) {
				t.Errorf("%s from %q: headers are %q", method, origin, headers)
			}
		}
	}
	for _, wrong := range []string{"example.org", "https://example.org/", "https://example.org/path", "https://[", ""} {
		if _, err := server.New(server.Config{Origins: []string{wrong}}, nil); err == nil {
			t.Errorf("the origin %q was taken", wrong)
		}
	}
}

// writeCertificate writes a new self-signed certificate for 127.0.0.1 and returns it.
func writeCertificate(t *testing.T, certificate, key string) *x509.Certificate {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	rawKey, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{certificate: {Type: "CERTIFICATE", Bytes: raw}, key: {Type: "PRIVATE KEY", Bytes: rawKey}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestTLSTakesAChangedCertificateAndNotABrokenOne(t *testing.T) {
	dir := t.TempDir()
	certificate, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	first := writeCertificate(t, certificate, key)
	var log programtest.Output
	config, err := server.CertificateFiles(certificate, key, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, server.Config{TLS: config}, nil)
	served := func() *x509.Certificate {
		client := &http.Client{Transport: &http.Transport{
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true, ForceAttemptHTTP2: true}} // it looks at whatever is served
		resp := request(t, client, http.MethodGet, "https://"+s.address+"/healthz", nil)
		if resp.StatusCode != http.StatusOK || resp.Proto != "HTTP/2.0" || resp.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("status %d, %s, %v", resp.StatusCode, resp.Proto, resp.Header)
		}
		return resp.TLS.PeerCertificates[0]
	}
	if !served().Equal(first) {
		t.Error("another certificate is served")
	}
	second := writeCertificate(t, certificate, key)
	waitUntil(t, "the changed certificate is served", func() bool { return served().Equal(second) })
	if err := os.WriteFile(key, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "the broken key is logged", func() bool { return served().Equal(second) && strings.Contains(log.String(), "last one stays") })
	if _, err := server.CertificateFiles(certificate, key, slog.Default()); err == nil {
		t.Error("at the start the broken key was taken")
	}
}

// TestTLSTakesFilesThatBecomeReadableLater: owner and mode are often set after a file was written, which changes neither its size nor its time.
func TestTLSTakesFilesThatBecomeReadableLater(t *testing.T) {
	dir := t.TempDir()
	certificate, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writeCertificate(t, certificate, key)
	var log programtest.Output
	config, err := server.CertificateFiles(certificate, key, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	second := writeCertificate(t, certificate, key)
	good, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(time.Minute)
	write := func(content []byte) {
		t.Helper()
		if err := errors.Join(os.WriteFile(key, content, 0o600), os.Chtimes(key, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	write(make([]byte, len(good))) // root could read it whatever its mode
	complaints := func() int {
		if _, err := config.GetCertificate(nil); err != nil {
			t.Error(err)
		}
		return strings.Count(log.String(), "last one stays")
	}
	waitUntil(t, "the useless key is logged", func() bool { return complaints() > 0 })
	time.Sleep(1100 * time.Millisecond) // until the files are looked at again
	if n := complaints(); n != 1 {
		t.Errorf("the log has the same complaint %d times", n)
	}
	write(good)
	waitUntil(t, "the pair is served", func() bool {
		served, err := config.GetCertificate(nil)
		return err == nil && bytes.Equal(served.Certificate[0], second.Raw)
	})
}

// certified are the settings of TLS with a certificate of the test's own.
func certified(t *testing.T) *tls.Config {
	t.Helper()
	dir := t.TempDir()
	certificate, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writeCertificate(t, certificate, key)
	config, err := server.CertificateFiles(certificate, key, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// TestAPauseBetweenPiecesEndsNoAnswer: a batch is answered a line at a time, with as long between lines as the pictures take.
func TestAPauseBetweenPiecesEndsNoAnswer(t *testing.T) {
	const patience = 100 * time.Millisecond
	s := start(t, server.Config{TLS: certified(t), Write: patience}, nil, route("GET /lines", func(w http.ResponseWriter, _ *http.Request) {
		for range 2 {
			_, _ = io.WriteString(w, "line\n")
			_ = http.NewResponseController(w).Flush() // the client says what it got
			time.Sleep(5 * patience)
		}
	}))
	for _, two := range []bool{true, false} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: two} // its own certificate
		resp, err := (&http.Client{Transport: transport}).Get("https://" + s.address + "/lines")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		transport.CloseIdleConnections()
		if err != nil || string(body) != "line\nline\n" {
			t.Errorf("over %s: %q, %v", resp.Proto, body, err)
		}
	}
}
