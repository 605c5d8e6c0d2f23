package faceplugin

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/answer"
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
	Policy   bonafide.Policy
	Uploads  *upload.Reader
	Licence  Licence
	// Log gets the faults that are ours.
	Log *slog.Logger
}

// Routes are the routes to be served.
func (a *API) Routes() server.API {
	return server.API{Routes: []server.Route{
		{Pattern: "GET /get-machine-code", Handler: http.HandlerFunc(a.machineCode)},
		{Pattern: "POST /activate-machine", Handler: a.handle(a.activate)},
		{Pattern: "POST /liveness-detection", Handler: a.handle(a.detectPart)},
		{Pattern: "POST /liveness-detection-base64", Handler: a.handle(a.detectBase64)},
	}}
}

// handle answers the errors of h.
func (a *API) handle(h func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil {
			return
		}
		fault := faultOf(err)
		if fault.Status == http.StatusInternalServerError {
			a.Log.Error("an analysis failed", "id", server.RequestID(r.Context()), "error", err)
		}
		fault.Write(w, r)
	})
}

func (a *API) machineCode(w http.ResponseWriter, _ *http.Request) {
	answer.JSON(w, http.StatusOK, struct {
		MachineCode string `json:"machineCode"`
	}{a.Licence.MachineCode()})
}

// maxLicenceRequest is more than a request with any licence needs, in bytes.
const maxLicenceRequest = 64 << 10

type activationStatus struct {
	Status Status `json:"activationStatus"`
}

type initStatus struct {
	Status Status `json:"initStatus"`
}

func (a *API) activate(w http.ResponseWriter, r *http.Request) error {
	licence, err := upload.Text(r, "license", maxLicenceRequest)
	if err != nil {
		return err
	}
	activation, initialisation := a.Licence.Activate(r.Context(), licence)
	answer.JSON(w, http.StatusOK, []any{activationStatus{activation}, initStatus{initialisation}})
	return nil
}

func (a *API) detectPart(w http.ResponseWriter, r *http.Request) error {
	return a.detect(w, r, func() (*upload.Picture, error) { return a.Uploads.Part(r, "file") })
}

func (a *API) detectBase64(w http.ResponseWriter, r *http.Request) error {
	return a.detect(w, r, func() (*upload.Picture, error) { return a.Uploads.Base64(r, "base64") })
}

// detect reads a picture and answers with what is found in it.
func (a *API) detect(w http.ResponseWriter, r *http.Request, read func() (*upload.Picture, error)) error {
	if err := a.Licence.Permit(); err != nil {
		answer.JSON(w, http.StatusForbidden, withoutFaces(notActivated))
		return nil
	}
	picture, err := read()
	if err != nil {
		return err
	}
	defer picture.Release()
	report, err := a.Analyzer.Analyze(r.Context(), picture.Bytes)
	if bonafide.CodeOf(err) == bonafide.CodeBadImage {
		answer.JSON(w, http.StatusOK, withoutFaces(failedToOpen))
		return nil
	}
	if err != nil {
		return err
	}
	answer.JSON(w, http.StatusOK, newDetection(report, bonafide.Judge(report, a.Policy)))
	return nil
}
