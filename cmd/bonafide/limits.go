package main

import (
	"fmt"
	"math"
	"time"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/upload"
)

// largest is more bytes or pixels than any machine holds; what is reckoned with fewer does not overflow.
const largest = 1 << 40

// limit is a setting with what is allowed.
type limit struct {
	setting            string
	value, least, most int64
}

// validateEngine names the first limit of the analyser that is out of its range. A 0 is none of the defaults here: who sets it means none or
// no bound.
func (f engineFlags) validateEngine() error {
	return firstWrong([]limit{
		{"max-bytes", f.MaxBytes, 1, largest},
		{"max-pixels", f.MaxPixels, 1, largest},
		{"max-side", int64(f.MaxSide), 1, math.MaxInt64},
		{"max-faces", int64(f.MaxFaces), bonafide.LeastFaces, bonafide.MostFaces},
	})
}

// validateLimits names the first limit of the server that is out of its range.
func (f serveFlags) validateLimits() error {
	if err := f.validateEngine(); err != nil {
		return err
	}
	if err := firstWrong([]limit{
		{"workers", int64(f.Workers), 0, math.MaxInt64},
		{"queue", int64(f.Queue), 1, math.MaxInt64},
		{"connections", int64(f.Connections), 1, math.MaxInt64},
	}); err != nil {
		return err
	}
	// With less a picture that is allowed would never find room.
	if least := upload.Needed(f.MaxBytes); f.UploadMemory < least {
		return fmt.Errorf("upload-memory is %d, allowed is %d and more: what one picture of max-bytes (%d) may need", f.UploadMemory, least, f.MaxBytes)
	}
	return f.validateTimes()
}

// firstWrong names the first limit that is out of its range.
func firstWrong(limits []limit) error {
	for _, n := range limits {
		switch {
		case n.value >= n.least && n.value <= n.most:
		case n.most == math.MaxInt64:
			return fmt.Errorf("%s is %d, allowed is %d and more", n.setting, n.value, n.least)
		default:
			return fmt.Errorf("%s is %d, allowed is %d to %d", n.setting, n.value, n.least, n.most)
		}
	}
	return nil
}

func (f serveFlags) validateTimes() error {
	for _, d := range []struct {
		setting string
		value   time.Duration
	}{{"deadline", f.Deadline}, {"body-time", f.BodyTime}, {"drain", f.Drain}} {
		if d.value <= 0 {
			return fmt.Errorf("%s is %v, allowed is more than 0, such as 20s", d.setting, d.value)
		}
	}
	if f.DrainDelay < 0 {
		return fmt.Errorf("drain-delay is %v, allowed is 0s and more", f.DrainDelay)
	}
	return nil
}
