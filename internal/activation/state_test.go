package activation_test

import (
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide/internal/activation"
	"github.com/bonafide-pad/bonafide/license"
)

func TestDaysLeftOfALongLicence(t *testing.T) {
	l := license.License{ID: "long", Expires: issued.AddDate(0, 0, 1_000_000), GraceDays: 14}
	for at, want := range map[time.Time]int{issued: 1_000_000, issued.Add(time.Millisecond): 1_000_000, issued.Add(license.Day): 999_999} {
		if days, grace, ok := (activation.State{License: l}).DaysLeft(at); days != want || grace != 14 || !ok {
			t.Errorf("at %s: %d days left and %d of grace, want %d and 14", at, days, grace, want)
		}
	}
}

func TestNoDaysAreLeftWhereNothingExpires(t *testing.T) {
	for _, l := range []license.License{{}, {ID: "for ever", GraceDays: 14}} {
		if days, grace, ok := (activation.State{License: l}).DaysLeft(issued); days != 0 || grace != 0 || ok {
			t.Errorf("licence %q: %d days left, %d of grace, %t; want 0, 0, false", l.ID, days, grace, ok)
		}
	}
}
