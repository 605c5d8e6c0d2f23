package upload

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"

	"github.com/bonafide-pad/bonafide/internal/answer"
)

// zip receives a zip into memory and reads its files.
func (r *Reader) zip(req *http.Request, most int, use func(Item) error) error {
	received, err := r.receive(req)
	if err != nil {
		return err
	}
	defer received.lease.release()
	return r.readZip(req, received, most, use)
}

func (r *Reader) readZip(req *http.Request, received *received, most int, use func(Item) error) error {
	archive, free, err := r.openZip(req.Context(), received)
	if err != nil {
		return err
	}
	defer free()
	unpacked, count := &expansion{packed: func() int64 { return received.size }, free: r.Bytes}, entries{most: most}
	for _, f := range archive.File {
		if err := count.next(); err != nil {
			return err
		}
		if f.FileInfo().IsDir() {
			continue
		}
		if err := count.picture(); err != nil {
			return err
		}
		item, err := r.zipped(req.Context(), f, unpacked)
		if err != nil {
			return r.readFault(req, err)
		}
		if err := use(item); err != nil {
			return err
		}
	}
	return count.check()
}

// directoryBytes bounds what is read of a zip's directory, for which a reader takes ten times as much memory: 20,000 names of 100 bytes.
const directoryBytes = 3 << 20

var errDirectory = errors.New("the directory is too large")

// directoryTakes is how many bytes of memory a reader takes for one of the directory.
const directoryTakes = 10

// openZip reads the directory of a zip, and holds memory for it until free is called.
func (r *Reader) openZip(ctx context.Context, zipped *received) (archive *zip.Reader, free func(), err error) {
	_, memory := r.Memory.Held()
	longest := min(directoryBytes, memory/(8*directoryTakes)) // an eighth of all there is, for half may be the zip
	whole, err := r.Memory.Hold(ctx, directoryTakes*min(longest, zipped.size))
	if err != nil {
		return nil, nil, err
	}
	archive, length, err := readDirectory(zipped, longest)
	whole()
	if err != nil {
		return nil, nil, err
	}
	free, err = r.Memory.Hold(ctx, directoryTakes*length)
	return archive, free, err
}

// readDirectory reads at most longest bytes, and says how many it read.
func readDirectory(r *received, longest int64) (archive *zip.Reader, length int64, err error) {
	r.mayRead = longest
	archive, err = zip.NewReader(r, r.size)
	length, r.mayRead = longest-r.mayRead, math.MaxInt64
	switch {
	case errors.Is(err, errDirectory):
		return nil, 0, answer.Faultf(http.StatusRequestEntityTooLarge, CodeTooLarge, "the zip's directory has more than %d bytes", longest)
	case err != nil:
		return nil, 0, answer.Faultf(http.StatusBadRequest, CodeBadArchive, "the body is no zip archive, or is cut off or damaged: %v", err)
	default:
		return archive, length, nil
	}
}

// zipped unpacks one file of a zip.
func (r *Reader) zipped(ctx context.Context, f *zip.File, unpacked *expansion) (Item, error) {
	item := Item{Name: shown(f.Name), Fault: r.fault(entry{f.Name, int64(min(f.UncompressedSize64, math.MaxInt64)), zipKind(f)})}
	if item.Fault != nil {
		return item, nil
	}
	content, err := f.Open()
	if err != nil {
		item.Fault = damagedEntry(err)
		return item, nil
	}
	defer content.Close()
	unpacked.unpacked = content
	read, err := r.item(ctx, item.Name, unpacked)
	if err != nil {
		item.Fault = damagedEntry(err) // the archive is in memory: nothing but this entry can be at fault
		return item, nil
	}
	var fault *answer.Fault
	if errors.As(read.Fault, &fault) && unpacked.exceeded {
		return Item{}, fault
	}
	return read, nil
}

func damagedEntry(err error) error {
	return answer.Faultf(http.StatusUnprocessableEntity, CodeBadEntry, "the entry could not be unpacked: %v", err)
}

// zipKind names what is not a file that can be read; "" for one.
func zipKind(f *zip.File) string {
	const encrypted = 1
	switch {
	case f.Flags&encrypted != 0:
		return "encrypted"
	case !f.Mode().IsRegular():
		return "a link or a device"
	default:
		return ""
	}
}

// received is a body in memory, in pieces, so that it never has to be copied to grow.
type received struct {
	pieces [][]byte
	size   int64
	// mayRead is how many bytes may be read further.
	mayRead int64
	lease   *lease
}

const pieceBytes = 256 << 10

// receive takes a body whole.
func (r *Reader) receive(req *http.Request) (*received, error) {
	_, all := r.Memory.Held()
	if err := limitBody(req, all/2); err != nil {
		return nil, err
	}
	body := &received{lease: r.Memory.lease(req.Context())}
	if err := body.readFrom(req.Body); err != nil {
		body.lease.release()
		return nil, r.readFault(req, err)
	}
	return body, nil
}

func (b *received) readFrom(body io.Reader) error {
	for {
		if b.size == int64(len(b.pieces))*pieceBytes {
			if err := b.lease.grow(pieceBytes); err != nil {
				return err
			}
			b.pieces = append(b.pieces, make([]byte, pieceBytes))
		}
		n, err := body.Read(b.pieces[len(b.pieces)-1][b.size%pieceBytes:])
		b.size += int64(n)
		if err == io.EOF { //nolint:errorlint // wrapped, io.EOF means that the connection broke
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// ReadAt reads from the pieces. A damaged directory may place a file before the beginning.
func (b *received) ReadAt(p []byte, at int64) (int, error) {
	if at < 0 {
		return 0, fmt.Errorf("reading at %d", at)
	}
	n := 0
	for n < len(p) && at < b.size {
		piece := b.pieces[at/pieceBytes]
		end := min(b.size-at/pieceBytes*pieceBytes, pieceBytes)
		copied := copy(p[n:], piece[at%pieceBytes:end])
		n, at = n+copied, at+int64(copied)
	}
	if b.mayRead -= int64(n); b.mayRead < 0 {
		return 0, errDirectory
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
