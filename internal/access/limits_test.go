package access

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestBurstFollowsTheRate(t *testing.T) {
	for given, want := range map[Limits]int{
		{Rate: 0.5}: 1, {Rate: 1}: 1, {Rate: 2.9}: 2, {Rate: mostRate}: mostRate, {Rate: 5, Burst: 1}: 1, {Rate: 5, Burst: 9}: 9, {Daily: 7}: 0,
	} {
		k, _, err := Generate("test", Scopes, given, noon)
		if err != nil || k.Burst != want || k.Rate != given.Rate || k.Daily != given.Daily {
			t.Errorf("%+v became %+v, error %v, wanted is a burst of %d", given, k.Limits, err, want)
		}
	}
}

func TestLimitsThatAreNoNumbersAreRefused(t *testing.T) {
	for _, rate := range []float64{math.NaN(), math.Inf(1), -0.1} {
		if _, _, err := Generate("test", Scopes, Limits{Rate: rate, Burst: 1}, noon); err == nil || !strings.Contains(err.Error(), "rate is") {
			t.Errorf("%g: error %v", rate, err)
		}
	}
	if _, _, err := Generate(strings.Repeat("n", longestName), Scopes, Limits{}, noon); err != nil {
		t.Errorf("the longest name: %v", err)
	}
}

// A reload, of whatever other keys, gives nobody a new burst; other limits of the key and another key under its id begin anew.
func TestReloadKeepsWhatWasUsedOfALimit(t *testing.T) {
	k, text := generate(t, []Scope{Analyse}, Limits{Rate: 1, Burst: 2})
	g := newGuard([]Key{k}, func() time.Time { return noon })
	for range 2 {
		if _, err := g.Admit(text, Analyse); err != nil {
			t.Fatal(err)
		}
	}
	g.Reload([]Key{k})
	_, err := g.Admit(text, Analyse)
	_ = wantRefusal(t, err, OverRate)
	k.Burst = 3
	g.Reload([]Key{k})
	if _, err := g.Admit(text, Analyse); err != nil {
		t.Errorf("with another burst: %v", err)
	}

	daily, dailyText := generate(t, []Scope{Analyse}, Limits{Daily: 1})
	other, otherText := generate(t, []Scope{Analyse}, Limits{Daily: 1})
	g = newGuard([]Key{daily}, func() time.Time { return noon })
	if _, err := g.Admit(dailyText, Analyse); err != nil {
		t.Fatal(err)
	}
	otherText = strings.Replace(otherText, other.ID, daily.ID, 1)
	other.ID, other.Hash = daily.ID, hash(otherText)
	g.Reload([]Key{other})
	if _, err := g.Admit(otherText, Analyse); err != nil {
		t.Errorf("another key with the id: %v", err)
	}
}

// The day of a quota is that of UTC, wherever the server stands.
func TestTheDayIsThatOfUTC(t *testing.T) {
	k, text := generate(t, []Scope{Analyse}, Limits{Daily: 1})
	now := time.Date(2026, 3, 4, 23, 30, 0, 0, time.FixedZone("west", -2*3600)) // 01:30 of the 5th in UTC
	g := newGuard([]Key{k}, func() time.Time { return now })
	if _, err := g.Admit(text, Analyse); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour) // the 5th there as well
	_, err := g.Admit(text, Analyse)
	if r := wantRefusal(t, err, OverQuota); r.RetryAfter != 21*time.Hour+30*time.Minute {
		t.Errorf("to come back after %v, wanted is midnight in UTC", r.RetryAfter)
	}
}

// What a limit refuses is not counted against the other.
func TestARefusalUsesNothing(t *testing.T) {
	k, text := generate(t, []Scope{Analyse}, Limits{Rate: 1, Burst: 1, Daily: 2})
	now := noon
	g := newGuard([]Key{k}, func() time.Time { return now })
	if _, err := g.Admit(text, Analyse); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		_, err := g.Admit(text, Analyse)
		if r := wantRefusal(t, err, OverRate); r.RetryAfter != time.Second {
			t.Errorf("to come back after %v, wanted is a second", r.RetryAfter)
		}
	}
	now = now.Add(time.Second)
	if _, err := g.Admit(text, Analyse); err != nil {
		t.Errorf("the second of two: %v", err)
	}
}
