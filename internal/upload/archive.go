package upload

import (
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bonafide-pad/bonafide/internal/answer"
)

// archives are the Content-Types of archives that are taken, each with how its pictures are read.
var archives = map[string]func(*Reader, *http.Request, int, func(Item) error) error{
	"application/x-tar":            (*Reader).tar,
	"application/tar":              (*Reader).tar,
	"application/gzip":             (*Reader).tarGzip,
	"application/x-gzip":           (*Reader).tarGzip,
	"application/x-tar+gzip":       (*Reader).tarGzip,
	"application/zip":              (*Reader).zip,
	"application/x-zip-compressed": (*Reader).zip,
}

// TakenArchives are those of the Content-Types of archives that documentation names.
func TakenArchives() []string {
	return []string{"application/x-tar", "application/gzip", "application/zip"}
}

// IsArchive tells whether the body of req is announced to be an archive that [Reader.Archive] reads.
func IsArchive(req *http.Request) bool {
	kind, _ := contentType(req)
	return archives[kind] != nil
}

// Archive calls use with every file of the tar (also in gzip) or zip archive that is req's body, in the archive's order, at most most
// of them. Nothing is written anywhere: a tar is read as it arrives, one file at a time; a zip, whose directory stands at its end, is
// received into memory first, and may have as many bytes as half of all pictures together. Directories are passed over. Links, devices, files
// in encryption and names that lead out of the archive become the fault of their own item. It stops at use's first error.
func (r *Reader) Archive(req *http.Request, most int, use func(Item) error) error {
	kind, _ := contentType(req)
	read := archives[kind]
	if read == nil {
		return answer.Faultf(http.StatusUnsupportedMediaType, CodeMediaType, "the Content-Type is %q, allowed are %s",
			req.Header.Get("Content-Type"), strings.Join(TakenArchives(), ", "))
	}
	return read(r, req, most, use)
}

const (
	// entriesEach bounds an archive's entries of every kind, directories among them, for each picture that it may have.
	entriesEach = 2
	// mostExpansion bounds how many times its size an archive may unpack to: pictures hardly shrink, bombs a thousandfold.
	mostExpansion = 20
	// longestName is longer than any file system takes, in bytes.
	longestName = 1024
	// shownName is how much of a name that is not taken is shown.
	shownName = 64
)

// entries counts what an archive holds.
type entries struct{ seen, pictures, most int }

// next counts one more entry.
func (e *entries) next() error {
	if e.seen++; e.seen > entriesEach*e.most {
		return answer.Faultf(http.StatusRequestEntityTooLarge, CodeTooLarge, "the archive has more than %d entries", entriesEach*e.most)
	}
	return nil
}

// picture counts an entry that is answered.
func (e *entries) picture() error {
	if e.pictures++; e.pictures > e.most {
		return answer.Faultf(http.StatusRequestEntityTooLarge, CodeTooLarge, "the archive has more than %d files", e.most)
	}
	return nil
}

// entry says what is known of a file in an archive before its content.
type entry struct {
	name string
	size int64
	// wrong says why the entry is not a file that can be read; "" where it is.
	wrong string
}

// fault says why the entry cannot be taken; nil when it can.
func (r *Reader) fault(e entry) error {
	switch why := badName(e.name); {
	case why != "":
		return answer.Faultf(http.StatusUnprocessableEntity, CodeBadEntry, "the entry's name %q %s", shorten(e.name), why)
	case e.wrong != "":
		return answer.Faultf(http.StatusUnprocessableEntity, CodeBadEntry, "the entry is %s; taken are plain files", e.wrong)
	case e.size > r.Bytes:
		return r.tooLarge()
	default:
		return nil
	}
}

// badName says what is wrong with a name; "" when nothing is. Names are never used as paths here: they are shown in answers, which the
// receiver may use as paths.
func badName(name string) string {
	clean := strings.ReplaceAll(name, `\`, "/")
	switch {
	case name == "":
		return "is empty"
	case len(name) > longestName:
		return fmt.Sprintf("has %d bytes, allowed are %d", len(name), longestName)
	case strings.ContainsFunc(name, unicode.IsControl):
		return "has control characters"
	case path.IsAbs(clean) || len(clean) > 1 && clean[1] == ':':
		return "is absolute"
	}
	for part := range strings.SplitSeq(clean, "/") {
		if part == ".." {
			return "leads out of its folder"
		}
	}
	return ""
}

// shorten makes a name fit to be shown.
func shorten(name string) string {
	name = strings.ToValidUTF8(name, "�")
	if len(name) <= shownName {
		return name
	}
	cut := shownName
	for !utf8.RuneStart(name[cut]) {
		cut--
	}
	return name[:cut] + "…"
}

// shown is a name as an item has it: as it came where it can be taken and shown.
func shown(name string) string {
	if badName(name) == "" {
		return strings.ToValidUTF8(name, "�")
	}
	return shorten(strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return '�'
		}
		return c
	}, name))
}

// expansion fails when an archive unpacks to more than its size allows.
type expansion struct {
	unpacked io.Reader
	// packed is how many bytes of the archive have been used so far.
	packed func() int64
	// free may be unpacked beyond what the size allows.
	free     int64
	read     int64
	exceeded bool
}

func (e *expansion) Read(p []byte) (int, error) {
	n, err := e.unpacked.Read(p)
	e.read += int64(n)
	if e.read > e.free+mostExpansion*e.packed() {
		e.exceeded = true
		return 0, answer.Faultf(http.StatusRequestEntityTooLarge, CodeTooLarge, "the archive unpacks to more than %d times its size", mostExpansion)
	}
	return n, err
}
