package bonafide

import (
	"errors"
	"fmt"

	"github.com/bonafide-pad/bonafide/internal/decode"
)

// Code names a kind of failure. The codes are stable: APIs map them to a status, programs may compare them.
type Code string

// The codes of the errors that Open, Analyze and AnalyzeFrames return.
const (
	// CodeBadImage: the bytes are not a picture that can be read.
	CodeBadImage Code = "bad_image"
	// CodeTooLarge: the picture is over one of the Limits.
	CodeTooLarge Code = "too_large"
	// CodeTooFewFrames and CodeTooManyFrames: fewer than MinFrames or more than MostFrames.
	CodeTooFewFrames  Code = "too_few_frames"
	CodeTooManyFrames Code = "too_many_frames"
	// CodeCanceled: the context was cancelled, its deadline passed or the Analyzer was closed before the analysis was done.
	CodeCanceled Code = "canceled"
	// CodeModels: a network or the runtime is missing, damaged or of the wrong shape.
	CodeModels Code = "models"
	// CodeConfig: a setting is out of its range.
	CodeConfig Code = "config"
	// CodeInternal: anything else; the fault is bonafide's.
	CodeInternal Code = "internal"
)

// ErrClosed is what an analysis fails with, under CodeCanceled, once its Analyzer was closed.
var ErrClosed = errors.New("the analyzer is closed")

// Error is an error with a code.
type Error struct {
	Code Code
	Err  error
}

// Error is the message without the code.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf returns the code of err: "" for nil, CodeInternal for an error without one.
func CodeOf(err error) Code {
	var coded *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &coded):
		return coded.Code
	default:
		return CodeInternal
	}
}

func coded(code Code, format string, args ...any) error {
	return &Error{Code: code, Err: fmt.Errorf(format, args...)}
}

// decodeError gives the decoder's typed errors their codes.
func decodeError(err error) error {
	var large *decode.TooLargeError
	if errors.As(err, &large) {
		return &Error{Code: CodeTooLarge, Err: err}
	}
	return &Error{Code: CodeBadImage, Err: err}
}
