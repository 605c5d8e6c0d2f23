package upload

import (
	"archive/tar"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/bonafide-pad/bonafide/internal/answer"
)

// tarOverhead is what a tar holds for each entry beside the file: header, padding, extended headers with a long name.
const tarOverhead = 8 << 10

// tar reads the files of a tar as it arrives.
func (r *Reader) tar(req *http.Request, most int, use func(Item) error) error {
	if err := limitBody(req, r.tarLimit(most)); err != nil {
		return err
	}
	return r.readTar(req, req.Body, most, use)
}

func (r *Reader) tarLimit(most int) int64 {
	return int64(most)*(r.Bytes+entriesEach*tarOverhead) + overhead
}

// tarGzip does the same for a tar in gzip.
func (r *Reader) tarGzip(req *http.Request, most int, use func(Item) error) error {
	if err := limitBody(req, r.tarLimit(most)); err != nil {
		return err
	}
	packed := &counter{inner: req.Body}
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		return r.archiveFault(req, "gzip", err)
	}
	limited := &expansion{unpacked: unpacked, packed: func() int64 { return packed.read }, free: r.Bytes + overhead}
	return r.readTar(req, limited, most, use)
}

func (r *Reader) readTar(req *http.Request, archive io.Reader, most int, use func(Item) error) error {
	blocks, count := &tarBlocks{inner: archive}, entries{most: most}
	files := tar.NewReader(blocks)
	for {
		head, err := files.Next()
		if err == io.EOF { //nolint:errorlint // wrapped, io.EOF means that the archive broke off
			return r.endOfTar(req, blocks, count)
		}
		if err != nil {
			return r.archiveFault(req, "tar", err)
		}
		blocks.begin(head)
		if err := count.next(); err != nil {
			return err
		}
		if head.Typeflag == tar.TypeDir || head.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		if err := count.picture(); err != nil {
			return err
		}
		item := Item{Name: shown(head.Name), Fault: r.fault(entry{head.Name, head.Size, tarKind(head)})}
		if item.Fault == nil {
			if item, err = r.item(req.Context(), item.Name, files); err != nil {
				return r.archiveFault(req, "tar", err)
			}
		}
		if err := use(item); err != nil {
			return err
		}
	}
}

// endOfTar reads what follows the archive's end, so that a client that goes away is noticed and gzip's checksum is checked.
func (r *Reader) endOfTar(req *http.Request, archive *tarBlocks, count entries) error {
	whole := archive.ended()
	if _, err := io.Copy(io.Discard, archive); err != nil {
		return r.archiveFault(req, "tar", err)
	}
	if !whole {
		return r.archiveFault(req, "tar", io.ErrUnexpectedEOF)
	}
	return count.check()
}

// tarBlock is what a tar is made of, in bytes.
const tarBlock = 512

// tarBlocks is a tar that is being read. tar.Reader takes one that breaks off between two files for whole, this one knows better.
type tarBlocks struct {
	inner io.Reader
	read  int64
	zeros int64 // at the end of what was read
	file  int64 // where the content of the last file ends, with what fills its last block
}

func (b *tarBlocks) Read(p []byte) (int, error) {
	n, err := b.inner.Read(p)
	b.read += int64(n)
	zeros := n - len(bytes.TrimRight(p[:n], "\x00"))
	if zeros < n {
		b.zeros = 0
	}
	b.zeros += int64(zeros)
	return n, err
}

// begin notes where the content of the file ends whose header was just read.
func (b *tarBlocks) begin(head *tar.Header) {
	b.file = b.read
	if tarKind(head) == "" {
		b.file += (head.Size + tarBlock - 1) / tarBlock * tarBlock
	}
}

// ended tells whether a block of zeros stands behind the last file. There should be two; tar.Reader is content with one.
func (b *tarBlocks) ended() bool { return min(b.zeros, b.read-b.file) >= tarBlock }

// check refuses an archive without anything that is answered.
func (e entries) check() error {
	if e.pictures == 0 {
		return answer.Faultf(http.StatusBadRequest, CodeBadArchive, "the archive has no files")
	}
	return nil
}

// tarKind names what is not a file; "" for a file. The holes of a sparse one are in no archive: it would unpack to any size, past expansion.
func tarKind(head *tar.Header) string {
	for key := range head.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return "a sparse file"
		}
	}
	switch head.Typeflag {
	case tar.TypeReg:
		return ""
	case tar.TypeGNUSparse:
		return "a sparse file"
	case tar.TypeSymlink:
		return "a symbolic link"
	case tar.TypeLink:
		return "a hard link"
	case tar.TypeChar, tar.TypeBlock:
		return "a device"
	case tar.TypeFifo:
		return "a named pipe"
	default:
		return "of an unknown kind"
	}
}

// archiveFault says why an archive could not be read on: it is damaged, or its connection is.
func (r *Reader) archiveFault(req *http.Request, kind string, err error) error {
	var corrupt flate.CorruptInputError
	damaged := errors.As(err, &corrupt) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, tar.ErrHeader) || errors.Is(err, tar.ErrFieldTooLong) ||
		errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum)
	if damaged && req.Context().Err() == nil {
		return answer.Faultf(http.StatusBadRequest, CodeBadArchive, "the body is no %s archive, or is cut off or damaged: %v", kind, err)
	}
	return r.readFault(req, err)
}

// counter counts what is read.
type counter struct {
	inner io.Reader
	read  int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.inner.Read(p)
	c.read += int64(n)
	return n, err
}
