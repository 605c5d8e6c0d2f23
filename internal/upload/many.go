package upload

import (
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"

	"github.com/bonafide-pad/bonafide/internal/answer"
)

// Item is one of the pictures of a request: Picture, which then is the receiver's to release, or the *answer.Fault that says why
// this one, and this one alone, cannot be used.
type Item struct {
	// Name is the file's name as it came, made fit to be shown where it cannot be taken.
	Name    string
	Picture *Picture
	Fault   error
}

// Each calls use with every part called name of the multipart form in req, one after the other as they arrive. At most most parts
// are taken; a part of another name is refused. It stops at use's first error.
func (r *Reader) Each(req *http.Request, name string, most int, use func(Item) error) error {
	f, err := r.openForm(req, name, int64(most)*r.Bytes+overhead)
	if err != nil {
		return err
	}
	seen := 0
	for {
		part, err := f.next()
		if err != nil {
			return r.endOfForm(req, err, seen, name)
		}
		called, file := disposition(part)
		if called != name {
			return unknownPart(called, name)
		}
		if seen++; seen > most {
			return answer.Faultf(http.StatusRequestEntityTooLarge, CodeTooLarge, "the form has more than %d parts %q", most, name)
		}
		item, err := r.partItem(req.Context(), file, part)
		if err != nil {
			return r.readFault(req, malformed(err))
		}
		if err := use(item); err != nil {
			return err
		}
	}
}

// partItem reads the picture in the part whose file is called name, unless that is one that no archive's entry may have either.
func (r *Reader) partItem(ctx context.Context, name string, part *multipart.Part) (Item, error) {
	if why := badName(name); name != "" && why != "" {
		return Item{Name: shown(name), Fault: answer.Faultf(http.StatusUnprocessableEntity, CodeBadEntry,
			"the part's file name %q %s", shorten(name), why)}, nil
	}
	return r.item(ctx, shown(name), part)
}

// endOfForm says whether a form with seen parts called name ended well.
func (r *Reader) endOfForm(req *http.Request, err error, seen int, name string) error {
	switch {
	case err != io.EOF: //nolint:errorlint // wrapped, io.EOF means that the form broke off
		return r.readFault(req, malformed(err))
	case seen == 0:
		return missingPart(name)
	default:
		return nil
	}
}

// item reads one picture. One that is too large, or for which there is no memory now, becomes the item's own fault; an error is that
// of reading.
func (r *Reader) item(ctx context.Context, name string, content io.Reader) (Item, error) {
	l := r.Memory.lease(ctx)
	picture, err := l.readAll(content, r.Bytes)
	if err == nil {
		return Item{Name: name, Picture: &Picture{Bytes: picture, lease: l}}, nil
	}
	l.release()
	var fault *answer.Fault
	switch {
	case errors.As(err, &fault):
		return Item{Name: name, Fault: fault}, nil
	case errors.Is(err, errTooLong):
		return Item{Name: name, Fault: r.tooLarge()}, nil
	default:
		return Item{}, err
	}
}
