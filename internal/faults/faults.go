// Package faults says, once for every API, how an error of the domain is answered over HTTP.
package faults

import (
	"context"
	"errors"
	"net/http"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/activation"
	"github.com/bonafide-pad/bonafide/internal/admission"
	"github.com/bonafide-pad/bonafide/internal/answer"
	"github.com/bonafide-pad/bonafide/internal/upload"
)

// statuses says with which HTTP status an error of the domain is answered.
var statuses = map[bonafide.Code]int{
	bonafide.CodeBadImage:      http.StatusUnprocessableEntity,
	bonafide.CodeTooLarge:      http.StatusRequestEntityTooLarge,
	bonafide.CodeTooFewFrames:  http.StatusUnprocessableEntity,
	bonafide.CodeTooManyFrames: http.StatusUnprocessableEntity,
	bonafide.CodeCanceled:      upload.StatusCanceled,
	bonafide.CodeModels:        http.StatusInternalServerError,
	bonafide.CodeConfig:        http.StatusInternalServerError,
	bonafide.CodeInternal:      http.StatusInternalServerError,
}

// Of is the answer to an error: an *answer.Fault as it is, and any other by its type or its bonafide.Code.
func Of(err error) *answer.Fault {
	var fault *answer.Fault
	var busy *admission.BusyError
	var quota *activation.QuotaError
	var refusal *activation.RefusalError
	switch {
	case errors.As(err, &fault):
		return fault
	case errors.As(err, &refusal):
		return answer.Faultf(http.StatusForbidden, "not_activated", "%v", refusal)
	case errors.As(err, &busy):
		f := answer.Faultf(http.StatusServiceUnavailable, "busy", "%v", busy)
		f.RetryAfter = busy.RetryAfter
		return f
	case errors.As(err, &quota):
		f := answer.Faultf(http.StatusTooManyRequests, "quota", "%v", quota)
		f.RetryAfter = quota.Wait
		return f
	case errors.Is(err, context.DeadlineExceeded):
		return answer.Faultf(http.StatusGatewayTimeout, "timeout", "the analysis was not done within the time allowed")
	case errors.Is(err, context.Canceled):
		return answer.Faultf(upload.StatusCanceled, string(bonafide.CodeCanceled), "the request was given up before its analysis was done")
	}
	code := bonafide.CodeOf(err)
	if statuses[code] == http.StatusInternalServerError {
		return answer.Faultf(http.StatusInternalServerError, "internal", "the analysis failed; the server's log has more under the request's id")
	}
	return answer.Faultf(statuses[code], string(code), "%v", err)
}
