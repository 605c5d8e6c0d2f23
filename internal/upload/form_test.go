package upload

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
)

// headPart is a part of a form with the boundary x.
func headPart(name, headers, content string) string {
	return "--x\r\nContent-Disposition: form-data; name=" + name + "\r\n" + headers + "\r\n" + content + "\r\n"
}

func rawForm(body io.Reader) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", body)
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	return r
}

// sent is what a test sends, with how much of it was read.
type sent struct {
	rest io.Reader
	read int
}

func (s *sent) Read(p []byte) (int, error) {
	n, err := s.rest.Read(p)
	s.read += n
	return n, err
}

// formReaders read a form in each way that there is.
var formReaders = map[string]func(*Reader, *http.Request) error{
	"Part": func(r *Reader, req *http.Request) error {
		picture, err := r.Part(req, "file")
		if err == nil {
			picture.Release()
		}
		return err
	},
	"OnlyPart": func(r *Reader, req *http.Request) error {
		picture, err := r.OnlyPart(req, "file")
		if err == nil {
			picture.Release()
		}
		return err
	},
	"Each": func(r *Reader, req *http.Request) error {
		return r.Each(req, "file", 10, func(i Item) error {
			if i.Fault == nil {
				i.Picture.Release()
			}
			return i.Fault
		})
	},
}

func TestHeadersOfAPartTakeLittle(t *testing.T) {
	for name, headers := range map[string]string{
		"one line":        "X-Long: " + strings.Repeat("x", 1<<20) + "\r\n",
		"many lines":      strings.Repeat("X-Long: x\r\n", 1<<16),
		"continued lines": "X-Long: x\r\n" + strings.Repeat(" x\r\n", 1<<17),
		"just too long":   "X-Long: " + strings.Repeat("x", headerBytes+2*readAhead) + "\r\n",
	} {
		for before, content := range map[string]string{"first": "", "behind another": headPart("file", "", strings.Repeat("y", 50_000))} {
			for way, read := range formReaders {
				t.Run(name+"/"+before+"/"+way, func(t *testing.T) {
					body := &sent{rest: strings.NewReader(content + headPart("file", headers, "abc") + "--x--\r\n")}
					r := newReader()
					err := read(r, rawForm(body))
					wantFault(t, err, 413, "headers", "16384")
					wantCode(t, err, CodeTooLarge)
					if most := len(content) + headerBytes + 2*readAhead; body.read > most {
						t.Errorf("%d bytes were read, wanted are at most %d", body.read, most)
					}
					wantReleased(t, r.Memory)
				})
			}
		}
	}
}

func TestWhatStandsAfterHeadersIsNotCountedWithThem(t *testing.T) {
	full := "X-Long: " + strings.Repeat("x", headerBytes-200) + "\r\n"
	picture := headPart("file", full, strings.Repeat("y", limit))
	for name, c := range map[string]struct {
		body string
		ways []string
	}{
		"one":             {picture, []string{"Part", "OnlyPart", "Each"}},
		"several":         {strings.Repeat(picture, 5), []string{"Part", "Each"}},
		"others first":    {headPart("note", full, strings.Repeat("z\n", 2*limit)) + headPart("note", full, "") + picture, []string{"Part"}},
		"in small pieces": {strings.Repeat(headPart("file", full, "y"), 5), []string{"Part", "Each"}},
	} {
		for _, way := range c.ways {
			r := newReader()
			if err := formReaders[way](r, rawForm(strings.NewReader(c.body+"--x--\r\n"))); err != nil {
				t.Errorf("%s, %s: %v", name, way, err)
			}
			wantReleased(t, r.Memory)
		}
	}
}

// TestAFormEndsInItsLastBoundary: one that breaks off is not taken for whole, wherever that happens.
func TestAFormEndsInItsLastBoundary(t *testing.T) {
	picture := headPart("file", "", "abc")
	whole := picture + "--x--"
	lines := strings.ReplaceAll(picture, "\r\n", "\n")
	for name, c := range map[string]struct {
		body  string
		whole bool
	}{
		"whole":                    {whole + "\r\n", true},
		"no end of the last line":  {whole, true},
		"lines of LF":              {lines + "--x--\n", true},
		"lines of LF, no last end": {lines + "--x--", true},
		"with an epilogue":         {whole + "\r\n" + strings.Repeat("and so on\r\n", 1000), true},
		"white space at the end":   {whole + " \t ", true},
		"a word at the end":        {whole + " y", false},
		"with a preamble":          {"before\r\n" + whole, true},
		"in the content":           {picture[:len(picture)-4], false},
		"behind the content":       {picture, false},
		"in a boundary":            {picture + "--", false},
		"behind a boundary":        {picture + "--x", false},
		"behind a boundary's line": {picture + "--x\r\n", false},
		"in the last boundary":     {picture + "--x-", false},
		"in a header":              {picture + "--x\r\nContent-Dis", false},
		"behind a header":          {picture + "--x\r\nContent-Disposition: form-data; name=file\r\n", false},
		"behind the headers":       {picture + "--x\r\nContent-Disposition: form-data; name=file\r\n\r\n", false},
	} {
		for how, slowly := range map[string]func(io.Reader) io.Reader{
			"at once": func(r io.Reader) io.Reader { return r }, "by bytes": iotest.OneByteReader, "with its end": iotest.DataErrReader,
		} {
			for way, read := range formReaders {
				r := newReader()
				err := read(r, rawForm(slowly(strings.NewReader(c.body))))
				if c.whole && err != nil {
					t.Errorf("%s, %s, %s: %v", name, how, way, err)
				} else if !c.whole {
					wantFault(t, err, 400)
					wantCode(t, err, CodeBadRequest)
				}
				wantReleased(t, r.Memory)
			}
		}
	}
}

func TestABoundaryThatIsNotThere(t *testing.T) {
	for name, body := range map[string]string{
		"nothing":         "",
		"little":          "abc",
		"another":         strings.ReplaceAll(headPart("file", "", "abc"), "--x", "--y") + "--y--\r\n",
		"in a line":       strings.Repeat("line --x\r\n", 10),
		"many lines":      strings.Repeat("line\n", 1<<14),
		"no end of lines": strings.Repeat("x", 1<<20),
	} {
		for way, read := range formReaders {
			t.Run(name+"/"+way, func(t *testing.T) {
				r := newReader()
				err := read(r, rawForm(strings.NewReader(body)))
				wantFault(t, err, 400, "boundary", "not found")
				wantCode(t, err, CodeBadRequest)
				wantReleased(t, r.Memory)
			})
		}
	}
}

// Why a body breaks off is told wherever in a form it does: who sends too slowly is told so, and is not looked for a mistake in the form.
func TestWhyAFormBreaksOff(t *testing.T) {
	slow := fmt.Errorf("reading: %w", os.ErrDeadlineExceeded)
	for _, body := range []string{
		"", "--", "--x\r\n", "--x\r\nContent-Disp", "--x\r\nContent-Disposition: form-data; name=file\r\n", headPart("file", "", "abc"),
		headPart("file", "", "abc") + "--x\r\nContent-Disp",
	} {
		for way, read := range formReaders {
			r := newReader()
			err := read(r, rawForm(io.MultiReader(strings.NewReader(body), iotest.ErrReader(slow))))
			t.Logf("%q, %s", body, way)
			wantFault(t, err, http.StatusRequestTimeout, "too slowly")
			wantCode(t, err, CodeTooSlow)
			wantReleased(t, r.Memory)
		}
	}
}
