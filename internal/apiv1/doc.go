// Package apiv1 is bonafide's native HTTP API, under /v1: explained verdicts on pictures.
//
//   - POST /v1/liveness: one picture; a decision (live, spoof or cannot_assess) with its score, reasons, every face's measures and
//     the cues behind the score.
//   - POST /v1/liveness/frames: 2 to 30 frames of one person, fused and compared.
//   - POST /v1/quality: the measures alone, without a decision.
//   - POST /v1/batch: many pictures; an NDJSON line for each as it finishes.
//   - GET /openapi.json, /openapi.yaml: the API's description (OpenAPI 3.1), generated from the types of this package.
//
// A picture comes as the body itself (Content-Type image/* or application/octet-stream), as the part "file" of a multipart form, or as
// base64 under "image" in a JSON object. What is in the query says how it is assessed; no part of it is ignored. Unknown parameters and unknown JSON
// keys are refused by name. Errors are problem details (RFC 9457) with the stable member "code".
package apiv1
