package issue_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bonafide-pad/bonafide/license"
	"github.com/bonafide-pad/bonafide/license/issue"
)

func TestReadBatch(t *testing.T) {
	const table = "\ufeffCustomer, machines ,expires,grace_days,features,requests_per_day,faces_per_picture,not_before\n" +
		"North Ltd,gkgr-t7g5-nvvh-ce1d,2028-01-31,7,kiosk; gate,5000,2,2026-12-01\n" +
		"\"South, Inc\",FGEB-ZMD5-S6WX-9ZCT;0123-4567-89AB-CDE4,,,,,,\n" +
		"Everyone,*,2027-06-01T12:00:00+02:00,,,,,\n"
	defaults := license.License{Expires: now.AddDate(1, 0, 0), GraceDays: 14, Limits: license.Limits{FacesPerPicture: 1}}
	got, err := issue.ReadBatch(strings.NewReader(table), defaults, now)
	if err != nil {
		t.Fatal(err)
	}
	want := []license.License{
		{
			Customer: "North Ltd", Machines: []string{here}, Issued: now,
			NotBefore: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), Expires: time.Date(2028, 1, 31, 0, 0, 0, 0, time.UTC),
			GraceDays: 7, Features: []string{"kiosk", "gate"}, Limits: license.Limits{RequestsPerDay: 5000, FacesPerPicture: 2},
		},
		{
			Customer: "South, Inc", Machines: []string{"0123-4567-89AB-CDE4", elsewhere}, Issued: now,
			Expires: defaults.Expires, GraceDays: 14, Limits: defaults.Limits,
		},
		{
			Customer: "Everyone", Machines: []string{"*"}, Issued: now,
			Expires: time.Date(2027, 6, 1, 10, 0, 0, 0, time.UTC), GraceDays: 14, Limits: defaults.Limits,
		},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(license.License{}, "ID")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReadBatchNamesEveryBadLine(t *testing.T) {
	const table = "customer,machines,expires\n" +
		"A,GKGR-T7G5-NVVH-CE1F,\n" + // mistyped
		"B,FGEB-ZMD5-S6WX-9ZCT,\n" +
		"C,FGEB-ZMD5-S6WX-9ZCT,\n" + // the same machine
		"D,0123-4567-89AB-CDE4,31.1.2028\n" +
		",GKGR-T7G5-NVVH-CE1D,\n"
	got, err := issue.ReadBatch(strings.NewReader(table), license.License{}, now)
	if err == nil || got != nil {
		t.Fatalf("ReadBatch = %v, %v, want nothing and an error", got, err)
	}
	for _, want := range []string{"line 2: not a machine code", "line 4: machine FGEB-ZMD5-S6WX-9ZCT is already on line 3", "line 5: expires: \"31.1.2028\"", "line 6: licence for \"\": customer"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q lacks %q", err, want)
		}
	}
}

func TestReadBatchRefusesTables(t *testing.T) {
	for _, tc := range []struct{ name, table, want string }{
		{"empty", "", "header line"},
		{"header alone", "customer,machines\n", "no line below the header"},
		{"missing column", "customer\nA\n", `column "machines" is missing`},
		{"unknown column", "customer,machines,colour\nA,*,red\n", `column "colour" is not known`},
		{"two unknown columns", "customer,machines,shape,colour\nA,*,x,red\n", `column "shape" is not known`},
		{"column twice", "customer,machines,customer\nA,*,B\n", `column "customer" stands twice`},
		{"ragged", "customer,machines\nA\n", "wrong number of fields"},
		{"count", "customer,machines,grace_days\nA,*,many\n", `grace_days: "many"`},
		{"negative count", "customer,machines,requests_per_day\nA,*,-1\n", `requests_per_day: "-1"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := issue.ReadBatch(strings.NewReader(tc.table), license.License{}, now); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
		})
	}
}

// FuzzReadBatch: whatever a table holds, the terms that come out can be signed.
func FuzzReadBatch(f *testing.F) {
	f.Add("customer,machines\nA,GKGR-T7G5-NVVH-CE1D\n")
	f.Add("customer,machines,expires,grace_days,features\nA,*,2028-01-31,7,\"x;y\"\n")
	f.Fuzz(func(t *testing.T, table string) {
		all, err := issue.ReadBatch(strings.NewReader(table), license.License{}, now)
		if err != nil {
			return
		}
		for _, l := range all {
			if _, err := license.MarshalClaims(l); err != nil {
				t.Errorf("%+v cannot be signed: %v", l, err)
			}
		}
	})
}
