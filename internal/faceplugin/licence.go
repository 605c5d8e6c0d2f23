package faceplugin

import (
	"net/http"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/activation"
	"github.com/bonafide-pad/bonafide/internal/answer"
	"github.com/bonafide-pad/bonafide/internal/upload"
)

// maxLicenceRequest is so much more than a request with any licence needs, in bytes, that what is merely no licence gets
// the reference's answer, -1, and not a fault.
const maxLicenceRequest = 1 << 20

type activationStatus struct {
	Status activation.Status `json:"activationStatus"`
}

type initStatus struct {
	Status activation.Status `json:"initStatus"`
}

func (a *API) machineCode(w http.ResponseWriter, _ *http.Request) {
	answer.JSON(w, http.StatusOK, struct {
		MachineCode string `json:"machineCode"`
	}{a.Licence.Machine()})
}

func (a *API) activate(w http.ResponseWriter, r *http.Request) error {
	licence, err := upload.Text(r, "license", maxLicenceRequest, a.Uploads.Memory)
	if err != nil {
		return err
	}
	activated := activation.StatusOf(a.Licence.Activate(licence)) // the keeper logs why a licence is refused
	initialised := a.Licence.State().InitStatus(a.Networks)
	answer.JSON(w, http.StatusOK, []any{activationStatus{activated}, initStatus{initialised}})
	return nil
}

// refuse answers that the licence permits nothing.
func refuse(w http.ResponseWriter) {
	answer.JSON(w, http.StatusForbidden, withoutFaces(notActivated))
}

// licensed leaves so many faces in a report as the licence lets the answer hold.
func (a *API) licensed(r bonafide.Report) bonafide.Report {
	r.Faces = r.Faces[:a.Licence.State().Faces(len(r.Faces))]
	return r
}
