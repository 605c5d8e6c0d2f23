// Package faceplugin serves the HTTP API of the reference system, the liveness detection server of Faceplugin, so that a
// client written for it works unchanged.
//
// # Routes
//
//	GET  /get-machine-code           → {"machineCode": "…"}
//	POST /activate-machine           {"license": "…"} → [{"activationStatus": n}, {"initStatus": n}]
//	POST /liveness-detection         multipart/form-data, part "file" → {"face_state": {…}, "faces": […]}
//	POST /liveness-detection-base64  {"base64": "…"} → the same
//
// Every answer is JSON with the Content-Type "application/json; charset=utf-8". face_state holds result: "Real", "Spoof",
// "No face", "Multiple face", "Failed to open file", or "Not activated"; and is_not_front, is_occluded, eye_closed, mouth_opened,
// is_boundary_face, is_small (booleans), quality ("Low", "Medium", "High"), luminance ("Dark", "Normal", "Light") and
// liveness_score (0..1), which are all null unless there is exactly one face. faces has up to ten, the largest first, each with
// x1, y1, x2, y2 (whole pixels), liveness, yaw, roll, pitch (degrees), face_quality (0..1), face_luminance (0..255), eye_dist
// (pixels), left_eye_closed, right_eye_closed, face_occlusion, mouth_opened (0..1) and landmark_68, 68 times {"x", "y"}.
// What is a float there is always written as one (1.0, not 1), as the reference does.
//
// Without a licence that holds, where one is needed, the detection routes answer with status 403 and "Not activated". Beyond the
// licence's pictures of a day they answer with 429 and Retry-After; of more faces than the licence lets them report, the
// largest are reported.
//
// A picture that cannot be read is answered with status 200 and "Failed to open file". Everything else that is wrong with a
// request is answered with a 4xx status and an error in the shape of package answer.
//
// # Faults of the reference that are mended
//
//   - is_boundary_face: the box comes within 5 % of any edge of the picture. The reference compares the left edge with all
//     sides, so faces cut off on the right or at the bottom are missed and landscape pictures give false alarms.
//   - EXIF orientation is applied: phone pictures stand upright, and all coordinates are those of the upright picture.
//   - Grey, palette, transparent, CMYK and 16-bit pictures are converted instead of being read with the wrong stride.
//   - A server that needs a licence and has none says so, with status 403 and the result "Not activated". The reference calls
//     every picture a spoof with score 0.
//   - Requests are served concurrently; pictures and requests are bounded in bytes, pixels and time (413, 408), and beyond
//     the bounded queue answered with 503 and Retry-After.
//   - A missing key, wrong JSON or wrong base64 is answered with status 400 and a message; the reference answers some of these with an
//     HTML page of status 500, others as a picture that cannot be read.
package faceplugin
