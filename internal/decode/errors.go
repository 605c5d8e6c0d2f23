package decode

import (
	"errors"
	"fmt"
)

// TooLargeError says that a picture is over a limit.
type TooLargeError struct {
	What  string // what was counted: "bytes", "pixels", "pixels of width", "pixels of height", "pixels in an animation"
	Got   int64
	Limit int64
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("picture too large: %d %s, at most %d are allowed", e.Got, e.What, e.Limit)
}

// BadImageError says that the bytes are no picture of a kind that is taken, or a broken one.
type BadImageError struct {
	Found string // what the bytes look like: "JPEG", "HEIC or AVIF picture", "unknown data", …
	Err   error
}

func (e *BadImageError) Error() string { return fmt.Sprintf("bad image: found %s: %v", e.Found, e.Err) }

func (e *BadImageError) Unwrap() error { return e.Err }

var (
	errNotTaken = errors.New("not a kind that is taken (" + takenKinds + ")")
	// errTruncated says that pixel data is missing.
	errTruncated = errors.New("the file is cut off or damaged: pixels are missing")
)
