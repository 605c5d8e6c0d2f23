package decode

import (
	"errors"
	"image"
	"math"
	"strings"
	"testing"
)

func TestDefaultLimits(t *testing.T) {
	want := Limits{Bytes: 20 * 1024 * 1024, Pixels: 50_000_000, Side: 16_000}
	if got := DefaultLimits(); got != want {
		t.Errorf("%+v", got)
	}
	for given, inForce := range map[Limits]Limits{
		{}:                          want,
		{Bytes: 1}:                  {Bytes: 1, Pixels: 50_000_000, Side: 16_000},
		{Pixels: 2}:                 {Bytes: 20 << 20, Pixels: 2, Side: 16_000},
		{Side: 3}:                   {Bytes: 20 << 20, Pixels: 50_000_000, Side: 3},
		{Bytes: 1 << 30, Side: 1e6}: {Bytes: 1 << 30, Pixels: 50_000_000, Side: 1e6},
	} {
		if got := given.WithDefaults(); got != inForce {
			t.Errorf("%+v became %+v, want %+v", given, got, inForce)
		}
	}
}

func TestLimitsAreInclusive(t *testing.T) {
	l := Limits{Bytes: 100, Pixels: 1000, Side: 200}
	for _, test := range []struct {
		width, height int
		what          string // "" where it is allowed
	}{
		{200, 5, ""}, {5, 200, ""}, {25, 40, ""}, {1, 1, ""},
		{201, 1, "pixels of width"}, {1, 201, "pixels of height"}, {25, 41, "pixels"}, {26, 40, "pixels"}, {200, 6, "pixels"},
		{math.MaxInt, math.MaxInt, "pixels of width"},
		{0, 1, "0×1"}, {1, 0, "1×0"}, {-1, 1, "-1×1"}, {1, -1, "1×-1"},
	} {
		err := l.checkSize(test.width, test.height)
		var large *TooLargeError
		switch isLarge := errors.As(err, &large); {
		case test.what == "" && err != nil, test.what != "" && err == nil:
			t.Errorf("%d×%d: error %v", test.width, test.height, err)
		case isLarge && large.What != test.what, err != nil && !isLarge && !strings.Contains(err.Error(), test.what):
			t.Errorf("%d×%d: error %v, want one of %s", test.width, test.height, err, test.what)
		}
	}
	var large *TooLargeError
	if err := l.checkBytes(100); err != nil {
		t.Errorf("as many bytes as are allowed: %v", err)
	}
	if err := l.checkBytes(101); !errors.As(err, &large) || large.Got != 101 || large.Limit != 100 {
		t.Errorf("a byte more: %v", err)
	}
}

func TestLimitsMayBeFromOneTo2To40(t *testing.T) {
	for value, allowed := range map[int64]bool{1: true, 1 << 40: true, 0: false, -1: false, 1<<40 + 1: false, math.MinInt64: false} {
		l := DefaultLimits()
		l.Pixels = value
		if err := l.Validate(); (err == nil) != allowed {
			t.Errorf("%d: %v", value, err)
		}
	}
}

func TestPixelsOfAnotherSizeThanAnnouncedAreRefused(t *testing.T) {
	announced := image.Pt(3, 4)
	if err := checkAnnounced(announced, announced); err != nil {
		t.Error(err)
	}
	for _, got := range []image.Point{{4, 3}, {3, 5}, {2, 4}, {0, 0}} {
		if err := checkAnnounced(got, announced); err == nil {
			t.Errorf("%v where %v are announced was taken", got, announced)
		}
	}
}
