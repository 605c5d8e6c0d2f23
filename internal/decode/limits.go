package decode

import (
	"cmp"
	"errors"
	"fmt"
	"image"
)

// Limits bounds what is decoded. Each limit is inclusive.
type Limits struct {
	Bytes  int64 // of the file
	Pixels int64 // width × height
	Side   int   // of width and of height, in pixels
}

// DefaultLimits is 20 MiB, 50 million pixels and sides of 16,000.
func DefaultLimits() Limits {
	return Limits{Bytes: 20 << 20, Pixels: 50_000_000, Side: 16_000}
}

// WithDefaults are the limits with those of DefaultLimits where they are 0.
func (l Limits) WithDefaults() Limits {
	d := DefaultLimits()
	return Limits{Bytes: cmp.Or(l.Bytes, d.Bytes), Pixels: cmp.Or(l.Pixels, d.Pixels), Side: cmp.Or(l.Side, d.Side)}
}

// mostLimit is the highest value of a limit: far beyond what can be, and so far from the largest integer that one may be added.
const mostLimit = 1 << 40

// Validate returns an error that names each limit that is not above zero or absurdly high.
func (l Limits) Validate() error {
	var errs []error
	for _, limit := range []struct {
		name  string
		value int64
	}{{"bytes", l.Bytes}, {"pixels", l.Pixels}, {"side", int64(l.Side)}} {
		if limit.value <= 0 || limit.value > mostLimit {
			errs = append(errs, fmt.Errorf("picture limit %s is %d, must be at least 1 and at most %d", limit.name, limit.value, int64(mostLimit)))
		}
	}
	return errors.Join(errs...)
}

func (l Limits) checkBytes(n int) error {
	if int64(n) > l.Bytes {
		return &TooLargeError{What: "bytes", Got: int64(n), Limit: l.Bytes}
	}
	return nil
}

// checkSize checks a header's width and height.
func (l Limits) checkSize(width, height int) error {
	switch {
	case width <= 0 || height <= 0:
		return fmt.Errorf("a picture of %d×%d pixels", width, height)
	case width > l.Side:
		return &TooLargeError{What: "pixels of width", Got: int64(width), Limit: int64(l.Side)}
	case height > l.Side:
		return &TooLargeError{What: "pixels of height", Got: int64(height), Limit: int64(l.Side)}
	case int64(width) > l.Pixels/int64(height):
		return &TooLargeError{What: "pixels", Got: int64(width) * int64(height), Limit: l.Pixels}
	}
	return nil
}

// checkAnnounced refuses pixels of another size than the one that was announced, which is the one that limits were checked on.
func checkAnnounced(got, announced image.Point) error {
	if got != announced {
		return fmt.Errorf("pixels of %d×%d where %d×%d are announced", got.X, got.Y, announced.X, announced.Y)
	}
	return nil
}
