package bonafide

import (
	"context"
	"iter"

	"github.com/bonafide-pad/bonafide/internal/decode"
)

// Animation is an animated file (GIF, WebP, APNG) of one capture, for those who analyse its frames one at a time; AnalyzeFrames does
// all at once.
type Animation struct {
	// Format is that of the file: "gif", "webp" or "png".
	Format string
	// Width and Height are those of every frame, in pixels; Frames is their number, 2 to 30.
	Width, Height, Frames int

	inner *decode.Animation
}

// OpenAnimation finds the frames of an animated file within limits, of which those that are 0 have their default. Its errors carry
// CodeBadImage, CodeTooLarge, CodeTooFewFrames or CodeTooManyFrames: a picture that is not animated has one frame.
func OpenAnimation(file []byte, limits Limits) (*Animation, error) {
	found, err := decode.OpenAnimation(file, limits.WithDefaults(), MostFrames)
	if err != nil {
		return nil, decodeError(err)
	}
	if err := CheckFrames(found.Count); err != nil {
		return nil, coded(CodeOf(err), "the %s file: %w", found.Format, err)
	}
	return &Animation{Format: string(found.Format), Width: found.Width, Height: found.Height, Frames: found.Count, inner: found}, nil
}

// Pictures yields every frame, as a viewer shows it, as the bytes of a picture file that Analyze takes. It ends with the first error,
// which carries CodeBadImage.
func (a *Animation) Pictures() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for picture, err := range a.inner.Frames() {
			if err != nil {
				err = decodeError(err)
			}
			if !yield(picture, err) {
				return
			}
		}
	}
}

// analyzeAnimation measures the frames of an animated file.
func (a *Analyzer) analyzeAnimation(ctx context.Context, file []byte) (FramesReport, error) {
	animation, err := OpenAnimation(file, a.config.Limits)
	if err != nil {
		return FramesReport{}, err
	}
	var reports []Report
	for picture, err := range animation.Pictures() {
		if err != nil {
			return FramesReport{}, err
		}
		r, err := a.Analyze(ctx, picture)
		if err != nil {
			return FramesReport{}, coded(CodeOf(err), "frame %d: %w", len(reports)+1, err)
		}
		r.Format = animation.Format
		reports = append(reports, r)
	}
	return CompareFrames(reports), nil
}
