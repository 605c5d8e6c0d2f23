package evaluate

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/jpeg"

	"golang.org/x/image/draw"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/decode"
)

// thumbnailSide is the longer side of a thumbnail in pixels.
const thumbnailSide = 200

// thumbnail returns a small upright copy of a picture as a data URL.
func thumbnail(path string, limits bonafide.Limits) (template.URL, error) {
	data, err := readBounded(path, limits.Bytes)
	if err != nil {
		return "", fmt.Errorf("making a thumbnail: %w", err)
	}
	decoded, err := decode.Decode(data, limits)
	if err != nil {
		return "", fmt.Errorf("making a thumbnail of %s: %w", path, err)
	}
	full := decoded.Image.ToRGBA()
	w, h := full.Rect.Dx(), full.Rect.Dy()
	scale := min(1, thumbnailSide/float64(max(w, h)))
	small := image.NewRGBA(image.Rect(0, 0, max(1, int(scale*float64(w))), max(1, int(scale*float64(h)))))
	draw.BiLinear.Scale(small, small.Rect, full, full.Rect, draw.Src, nil)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, small, &jpeg.Options{Quality: 80}); err != nil {
		return "", fmt.Errorf("making a thumbnail: %w", err)
	}
	return template.URL("data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(out.Bytes())), nil //nolint:gosec // encoded here
}
