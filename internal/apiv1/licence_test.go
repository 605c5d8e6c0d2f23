package apiv1_test

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/activation"
	"github.com/bonafide-pad/bonafide/internal/apiv1"
	"github.com/bonafide-pad/bonafide/license"
	"github.com/bonafide-pad/bonafide/license/issue"
)

const machineCode = "GKGR-T7G5-NVVH-CE1D"

// licensed starts a server whose vendor's licence has the given limits; without activated it has none.
func licensed(t *testing.T, activated bool, limits license.Limits) *service {
	t.Helper()
	key := issue.GenerateKey()
	keeper, err := activation.Open(activation.Config{
		Issuers: []license.PublicKey{key.Public()}, DataDir: t.TempDir(), Machine: machineCode, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	if activated {
		l, err := issue.New(license.License{
			Customer: "Example Ltd", Machines: []string{machineCode}, Expires: time.Now().AddDate(1, 0, 0), Limits: limits,
		}, time.Now().Add(-time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		token, err := key.Sign(l)
		if err != nil {
			t.Fatal(err)
		}
		if err := keeper.Activate(token); err != nil {
			t.Fatal(err)
		}
	}
	return start(t, func(a *apiv1.API) {
		a.Permit = keeper.Permit
		a.Reported = func(found int) int { return keeper.State().Faces(found) }
		a.Single = counting{keeper, a.Single}
		a.Analyzer = a.Single
	})
}

// counting counts pictures against the licence, as the server's analyser does.
type counting struct {
	keeper *activation.Keeper
	inner  apiv1.Analyzer
}

func (c counting) Analyze(ctx context.Context, picture []byte) (bonafide.Report, error) {
	if _, err := c.keeper.Admit(); err != nil {
		return bonafide.Report{}, err
	}
	return c.inner.Analyze(ctx, picture)
}

func TestNothingWithoutALicence(t *testing.T) {
	s := licensed(t, false, license.Limits{})
	form, body := formOf(t, picture(t, "astronaut.jpg"))
	for _, path := range []string{"/v1/liveness", "/v1/liveness/frames", "/v1/quality", "/v1/batch"} {
		var got apiv1.Problem
		if response := s.post(t, path, form, body, &got); response.StatusCode != http.StatusForbidden || got.Code != "not_activated" {
			t.Errorf("%s: status %d, %+v", path, response.StatusCode, got)
		}
	}
}

func TestQuotaOfTheLicence(t *testing.T) {
	s := licensed(t, true, license.Limits{RequestsPerDay: 1})
	var first apiv1.Answer
	s.post(t, "/v1/liveness", "image/jpeg", picture(t, "astronaut.jpg"), &first)
	if first.Decision != "live" {
		t.Errorf("the first: %+v", first)
	}
	var second apiv1.Problem
	response := s.post(t, "/v1/liveness", "image/jpeg", picture(t, "astronaut.jpg"), &second)
	wait, err := strconv.Atoi(response.Header.Get("Retry-After"))
	if response.StatusCode != http.StatusTooManyRequests || second.Code != "quota" || err != nil || wait < 1 || wait > 24*60*60 {
		t.Errorf("the second: status %d, %+v, Retry-After %d, %v", response.StatusCode, second, wait, err)
	}
}

// pairs answers every picture with its faces twice.
type pairs struct{ inner apiv1.Analyzer }

func (p pairs) Analyze(ctx context.Context, picture []byte) (bonafide.Report, error) {
	r, err := p.inner.Analyze(ctx, picture)
	r.Faces = append(r.Faces, r.Faces...)
	return r, err
}

func TestFacesBeyondTheLicenceCountButAreNotShown(t *testing.T) {
	limited := start(t, func(a *apiv1.API) {
		a.Single = pairs{a.Single}
		a.Reported = func(int) int { return 1 }
	})
	astronaut := picture(t, "astronaut.jpg")
	var rejected, all apiv1.Answer
	limited.post(t, "/v1/liveness", "image/jpeg", astronaut, &rejected)
	if rejected.Decision != "cannot_assess" || rejected.Reasons[0].Code != "TOO_MANY_FACES" || len(rejected.Faces) != 1 {
		t.Errorf("reject: %+v", rejected)
	}
	limited.post(t, "/v1/liveness?faces=all", "image/jpeg", astronaut, &all)
	if all.Decision != "live" || len(all.Faces) != 1 || !all.Faces[0].Assessed {
		t.Errorf("all: %+v", all)
	}
	var quality apiv1.QualityAnswer
	limited.post(t, "/v1/quality", "image/jpeg", astronaut, &quality)
	if len(quality.Faces) != 1 {
		t.Errorf("quality shows %d faces", len(quality.Faces))
	}
}
