package faceplugin_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/activation"
	"github.com/bonafide-pad/bonafide/internal/faceplugin"
	"github.com/bonafide-pad/bonafide/license"
	"github.com/bonafide-pad/bonafide/license/issue"
)

var issued = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func keeper(t *testing.T, c activation.Config) *activation.Keeper {
	t.Helper()
	c.Log = slog.New(slog.DiscardHandler)
	k, err := activation.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// enforced is a machine that needs a licence, its vendor's key and its clock.
type enforced struct {
	key    issue.PrivateKey
	now    time.Time
	keeper *activation.Keeper
}

func enforce(t *testing.T) *enforced {
	e := &enforced{key: issue.GenerateKey(), now: issued}
	e.keeper = keeper(t, activation.Config{
		Issuers: []license.PublicKey{e.key.Public()}, DataDir: t.TempDir(), Machine: machineCode,
		Now: func() time.Time { return e.now },
	})
	return e
}

// token is a licence of a year for this machine, unless changed.
func (e *enforced) token(t *testing.T, change func(*license.License)) string {
	t.Helper()
	l, err := issue.New(license.License{Customer: "Example Ltd", Machines: []string{machineCode}, Expires: issued.AddDate(1, 0, 0)}, issued)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&l)
	}
	token, err := e.key.Sign(l)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (e *enforced) serve(t *testing.T) string {
	return serve(t, func(a *faceplugin.API) {
		a.Licence = e.keeper
		a.Analyzer = counting{e.keeper, a.Analyzer}
	})
}

// counting counts pictures against the licence, as the server's analyser does.
type counting struct {
	keeper *activation.Keeper
	inner  faceplugin.Analyzer
}

func (c counting) Analyze(ctx context.Context, picture []byte) (bonafide.Report, error) {
	if _, err := c.keeper.Admit(); err != nil {
		return bonafide.Report{}, err
	}
	return c.inner.Analyze(ctx, picture)
}

func activate(t *testing.T, address, licence string) string {
	t.Helper()
	body, err := json.Marshal(map[string]string{"license": licence})
	if err != nil {
		t.Fatal(err)
	}
	got := do(t, http.MethodPost, address+"/activate-machine", "application/json", strings.NewReader(string(body)))
	if got.status != http.StatusOK {
		t.Errorf("status %d, %s", got.status, got.body)
	}
	return strings.TrimSpace(string(got.body))
}

func wantStatuses(t *testing.T, got string, activated, initialised int) {
	t.Helper()
	if want := fmt.Sprintf(`[{"activationStatus":%d},{"initStatus":%d}]`, activated, initialised); got != want {
		t.Errorf("%s, wanted is %s", got, want)
	}
}

func wantRefusal(t *testing.T, address string) {
	t.Helper()
	want := map[string]any{"face_state": stateWithout("Not activated"), "faces": []any{}}
	for _, r := range []reply{postFile(t, address, picture(t, "astronaut.jpg")), postBase64(t, address, nil)} {
		if d := cmp.Diff(want, decode(t, r, http.StatusForbidden)); d != "" {
			t.Errorf("the answer differs (- wanted, + got):\n%s", d)
		}
	}
}

func TestRefusedLicencesAreNumbered(t *testing.T) {
	e := enforce(t)
	address := e.serve(t)
	wantRefusal(t, address)
	for name, c := range map[string]struct {
		licence string
		status  int
	}{
		"text":            {"hello", -1},
		"huge":            {strings.Repeat("A", 1<<19), -1},
		"another issuer":  {enforce(t).token(t, nil), -1},
		"another machine": {e.token(t, func(l *license.License) { l.Machines = []string{"FGEB-ZMD5-S6WX-9ZCT"} }), -2},
		"expired": {e.token(t, func(l *license.License) {
			l.Issued, l.Expires = issued.AddDate(-1, 0, 0), issued
		}), -3},
		"not yet valid": {e.token(t, func(l *license.License) { l.NotBefore = issued.Add(time.Hour) }), -4},
	} {
		t.Run(name, func(t *testing.T) {
			wantStatuses(t, activate(t, address, c.licence), c.status, -4)
			wantRefusal(t, address)
		})
	}
	got := do(t, http.MethodGet, address+"/get-machine-code", "", nil)
	if got.status != http.StatusOK || !strings.Contains(string(got.body), machineCode) {
		t.Errorf("the machine code of a server that is not activated: status %d, %s", got.status, got.body)
	}
}

func TestActivationAndExpiryTakeEffectAtOnce(t *testing.T) {
	e := enforce(t)
	address := e.serve(t)
	wantStatuses(t, activate(t, address, e.token(t, nil)), 0, 0)
	astronaut := picture(t, "astronaut.jpg")
	if got := postFile(t, address, astronaut); got.status != http.StatusOK {
		t.Errorf("activated: status %d, %s", got.status, got.body)
	}
	wantStatuses(t, activate(t, address, "hello"), -1, 0)
	if got := postFile(t, address, astronaut); got.status != http.StatusOK {
		t.Errorf("after a refused licence: status %d, %s", got.status, got.body)
	}
	e.now = issued.AddDate(2, 0, 0)
	wantRefusal(t, address)
	wantStatuses(t, activate(t, address, "hello"), -1, -3)
}

func TestWithoutNetworksInitialisationFails(t *testing.T) {
	e := enforce(t)
	broken := errors.New("networks: no such file")
	address := serve(t, func(a *faceplugin.API) { a.Licence, a.Networks = e.keeper, broken })
	wantStatuses(t, activate(t, address, e.token(t, nil)), 0, -5)
}

func TestLicencesLimitsAreEnforced(t *testing.T) {
	e := enforce(t)
	address := e.serve(t)
	activate(t, address, e.token(t, func(l *license.License) { l.Limits = license.Limits{RequestsPerDay: 2, FacesPerPicture: 1} }))

	two := decode(t, postFile(t, address, twice(t, picture(t, "astronaut.jpg"))), http.StatusOK).(map[string]any)
	if faces := two["faces"].([]any); len(faces) != 1 {
		t.Errorf("%d faces are reported, the licence allows 1", len(faces))
	}
	if d := cmp.Diff(stateWithout("Multiple face"), two["face_state"]); d != "" {
		t.Errorf("the limit changed the verdict (- wanted, + got):\n%s", d)
	}

	if got := postBase64(t, address, picture(t, "astronaut.jpg")); got.status != http.StatusOK {
		t.Errorf("second picture: status %d, %s", got.status, got.body)
	}
	got := postFile(t, address, picture(t, "astronaut.jpg"))
	if got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") == "" || !strings.Contains(string(got.body), `"code":"quota"`) {
		t.Errorf("third picture of two: status %d, Retry-After %q, %s", got.status, got.header.Get("Retry-After"), got.body)
	}
}
