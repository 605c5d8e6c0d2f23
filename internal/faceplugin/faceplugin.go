package faceplugin

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/access"
	"github.com/bonafide-pad/bonafide/internal/activation"
	"github.com/bonafide-pad/bonafide/internal/answer"
	"github.com/bonafide-pad/bonafide/internal/audit"
	"github.com/bonafide-pad/bonafide/internal/faults"
	"github.com/bonafide-pad/bonafide/internal/server"
	"github.com/bonafide-pad/bonafide/internal/upload"
)

// Analyzer measures the faces of a picture; *bonafide.Analyzer and *admission.Analyzer are such.
type Analyzer interface {
	Analyze(ctx context.Context, picture []byte) (bonafide.Report, error)
}

// API answers the reference system's routes.
type API struct {
	Analyzer Analyzer
	// Policy gives the policy in force.
	Policy  func() bonafide.Policy
	Uploads *upload.Reader
	// Licence is asked whether pictures may be analysed. Counting them is the Analyzer's matter.
	Licence *activation.Keeper
	// Networks is why the networks failed to load; nil when they did not.
	Networks error
	// Decided, where it is set, is told of every decision before it is answered.
	Decided func(context.Context, audit.Decision)
	// Log gets the faults that are ours.
	Log *slog.Logger
}

// Routes are the routes to be served.
func (a *API) Routes() server.API {
	return server.API{Routes: []server.Route{
		{Pattern: "GET /get-machine-code", Scope: access.Activate, Handler: http.HandlerFunc(a.machineCode)},
		{Pattern: "POST /activate-machine", Scope: access.Activate, Handler: a.handle(a.activate)},
		{Pattern: "POST /liveness-detection", Scope: access.Analyse, Handler: a.handle(a.detectPart)},
		{Pattern: "POST /liveness-detection-base64", Scope: access.Analyse, Handler: a.handle(a.detectBase64)},
	}}
}

// handle answers the errors of h.
func (a *API) handle(h func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil {
			return
		}
		fault := faults.Of(err)
		if fault.Status == http.StatusInternalServerError {
			a.Log.Error("an analysis failed", "id", server.RequestID(r.Context()), "error", err)
		}
		fault.Write(w)
	})
}

func (a *API) detectPart(w http.ResponseWriter, r *http.Request) error {
	return a.detect(w, r, func() (*upload.Picture, error) { return a.Uploads.Part(r, "file") })
}

func (a *API) detectBase64(w http.ResponseWriter, r *http.Request) error {
	return a.detect(w, r, func() (*upload.Picture, error) { return a.Uploads.Base64(r, "base64") })
}

// detect reads a picture and answers with what is found in it.
func (a *API) detect(w http.ResponseWriter, r *http.Request, read func() (*upload.Picture, error)) error {
	if a.Licence.Permit() != nil {
		refuse(w)
		return nil
	}
	picture, err := read()
	if err != nil {
		return err
	}
	defer picture.Release()
	report, err := a.Analyzer.Analyze(r.Context(), picture.Bytes)
	var refusal *activation.RefusalError
	switch {
	case errors.As(err, &refusal): // it ended while the picture waited
		refuse(w)
		return nil
	case bonafide.CodeOf(err) == bonafide.CodeBadImage:
		answer.JSON(w, http.StatusOK, withoutFaces(failedToOpen))
		return nil
	case err != nil:
		return err
	}
	policy := a.Policy()
	verdict := bonafide.Judge(report, policy)
	a.record(r.Context(), report, verdict, policy)
	answer.JSON(w, http.StatusOK, newDetection(a.licensed(report), verdict))
	return nil
}
