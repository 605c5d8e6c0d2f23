package license_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bonafide-pad/bonafide/license"
)

const here, elsewhere = "GKGR-T7G5-NVVH-CE1D", "FGEB-ZMD5-S6WX-9ZCT"

func date(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// sample is the licence of the package comment's test vector.
func sample(t *testing.T) license.License {
	return license.License{
		ID: "vector", Customer: "Example Ltd", Machines: []string{here},
		Issued: date(t, "2026-01-01T00:00:00Z"), Expires: date(t, "2027-01-01T00:00:00Z"), GraceDays: 14,
		Features: []string{"kiosk"},
		Limits:   license.Limits{RequestsPerDay: 10000, FacesPerPicture: 1},
	}
}

func TestCheck(t *testing.T) {
	forever := sample(t)
	forever.Expires = time.Time{}
	later := sample(t)
	later.NotBefore = date(t, "2026-06-01T00:00:00Z")
	everywhere := sample(t)
	everywhere.Machines = []string{license.AnyMachine}

	for _, tc := range []struct {
		name    string
		l       license.License
		machine string
		at      string
		want    error
		inGrace bool
	}{
		{"first second", sample(t), here, "2026-01-01T00:00:00Z", nil, false},
		{"last second", sample(t), here, "2026-12-31T23:59:59Z", nil, false},
		{"grace begins", sample(t), here, "2027-01-01T00:00:00Z", nil, true},
		{"grace ends", sample(t), here, "2027-01-14T23:59:59Z", nil, true},
		{"expired", sample(t), here, "2027-01-15T00:00:00Z", license.ErrExpired, false},
		{"another machine", sample(t), elsewhere, "2026-06-01T00:00:00Z", license.ErrMachine, false},
		{"another machine comes before expired", sample(t), elsewhere, "2030-01-01T00:00:00Z", license.ErrMachine, false},
		{"any machine", everywhere, elsewhere, "2026-06-01T00:00:00Z", nil, false},
		{"before the start", later, here, "2026-05-31T23:59:59Z", license.ErrNotYetValid, false},
		{"at the start", later, here, "2026-06-01T00:00:00Z", nil, false},
		{"for ever", forever, here, "2999-01-01T00:00:00Z", nil, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			at := date(t, tc.at)
			if err := tc.l.Check(tc.machine, at); !errors.Is(err, tc.want) {
				t.Errorf("Check: %v, want %v", err, tc.want)
			}
			if got := tc.l.InGrace(at); got != tc.inGrace {
				t.Errorf("InGrace = %v, want %v", got, tc.inGrace)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	for _, tc := range []struct {
		name  string
		spoil func(*license.License)
		want  string
	}{
		{"no id", func(l *license.License) { l.ID = "" }, "id (jti) is empty"},
		{"no customer", func(l *license.License) { l.Customer = "" }, "customer (sub) is empty"},
		{"no machine", func(l *license.License) { l.Machines = nil }, "no machines"},
		{"empty machine", func(l *license.License) { l.Machines = []string{here, ""} }, "machine code is empty"},
		{"any and one", func(l *license.License) { l.Machines = []string{"*", here} }, "goes alone"},
		{"empty feature", func(l *license.License) { l.Features = []string{""} }, "feature's name"},
		{"line in the customer", func(l *license.License) { l.Customer = "Example\nsignature     verified" }, `"Example\nsignature     verified" has a control character`},
		{"escape in the id", func(l *license.License) { l.ID = "\x1b[2J" }, "control character"},
		{"tab in a feature", func(l *license.License) { l.Features = []string{"a", "b\tc"} }, "control character"},
		{"line in a machine", func(l *license.License) { l.Machines = []string{"A\r"} }, "control character"},
		{"negative requests", func(l *license.License) { l.Limits.RequestsPerDay = -1 }, "limit is negative"},
		{"negative faces", func(l *license.License) { l.Limits.FacesPerPicture = -1 }, "limit is negative"},
		{"never issued", func(l *license.License) { l.Issued = time.Time{} }, "no time of issue"},
		{"negative grace", func(l *license.License) { l.GraceDays = -1 }, "0 to 366"},
		{"endless grace", func(l *license.License) { l.GraceDays = 367 }, "0 to 366"},
		{"expires first", func(l *license.License) { l.Expires = l.Issued }, "expires (exp) before it is issued"},
		{"issued long ago", func(l *license.License) { l.Issued = date(t, "1969-12-31T23:59:59Z") }, "the year 1969; 1970 to 9999"},
		{"starts long ago", func(l *license.License) { l.NotBefore = date(t, "1969-12-31T23:59:59Z") }, "the year 1969; 1970 to 9999"},
		{"expires in a year of five digits", func(l *license.License) { l.Expires = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }, "the year 10000; 1970 to 9999"},
		{"starts last", func(l *license.License) { l.NotBefore = l.Expires }, "expires (exp) before it starts"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := sample(t)
			tc.spoil(&l)
			if err := l.Validate(); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Validate: %v, want an error with %q", err, tc.want)
			}
			if _, err := license.MarshalClaims(l); err == nil {
				t.Error("MarshalClaims took it all the same")
			}
		})
	}
	longest := sample(t)
	longest.Issued, longest.Expires, longest.GraceDays = date(t, "1970-01-01T00:00:00Z"), date(t, "9999-12-31T23:59:59Z"), license.MaxGraceDays
	for name, l := range map[string]license.License{"the sample": sample(t), "the longest": longest} {
		if err := l.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHasFeature(t *testing.T) {
	l := sample(t)
	if !l.HasFeature("kiosk") || l.HasFeature("gate") {
		t.Errorf("HasFeature does not follow %q", l.Features)
	}
}

// The package comment is the specification: its test vector must be the real one.
func TestVectorStandsInThePackageComment(t *testing.T) {
	source, err := os.ReadFile("license.go")
	if err != nil {
		t.Fatal(err)
	}
	spec, _, _ := strings.Cut(string(source), "\npackage license")
	spec = strings.NewReplacer("//\t", "", "\n", "").Replace(spec)
	claims, err := license.MarshalClaims(sample(t))
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{"public key": vectorKey, "claims": string(claims), "token": vectorToken} {
		if !strings.Contains(spec, text) {
			t.Errorf("the package comment lacks the vector's %s:\n%s", what, text)
		}
	}
	keys, err := license.ParsePublicKeys(vectorKey)
	if err != nil {
		t.Fatal(err)
	}
	got, err := license.Verify(vectorToken, keys...)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample(t), got); diff != "" {
		t.Errorf("the vector says otherwise (-want +got):\n%s", diff)
	}
}
