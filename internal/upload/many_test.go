package upload

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/answer"
)

func TestEach(t *testing.T) {
	r := newReader()
	var got []string
	err := r.Each(formRequest(part{"file", "one"}, part{"file", strings.Repeat("x", limit+1)}, part{"file", "three"}), "file", 3, func(i Item) error {
		if i.Fault != nil {
			wantFault(t, i.Fault, 413, "100000")
			got = append(got, "!")
			return nil //nolint:nilerr // a fault is one of the things read
		}
		got = append(got, string(i.Picture.Bytes))
		i.Picture.Release()
		return nil
	})
	if err != nil || !slices.Equal(got, []string{"one", "!", "three"}) {
		t.Errorf("got %q, %v", got, err)
	}
	wantReleased(t, r.Memory)
	err = r.Each(formRequest(part{"file", "one"}, part{"image", "two"}), "file", 3, func(i Item) error { i.Picture.Release(); return nil })
	wantFault(t, err, 400, `"image"`, `"file"`)
}

func TestNamesOfParts(t *testing.T) {
	long := strings.Repeat("n", 3000)
	for name, c := range map[string]struct{ sent, shown, says string }{
		"plain":     {`; filename="one.jpg"`, "one.jpg", ""},
		"none":      {``, "", ""},
		"empty":     {`; filename=""`, "", ""},
		"quotes":    {`; filename="a \"b\" (1); c.jpg"`, `a "b" (1); c.jpg`, ""},
		"percent":   {`; filename="a %22b%22.jpg"`, "a %22b%22.jpg", ""}, // as browsers and curl write quotes
		"UTF-8":     {`; filename="grün.jpg"`, "grün.jpg", ""},
		"folder":    {`; filename="below/one.jpg"`, "below/one.jpg", ""}, // as browsers name the files of a folder
		"above":     {`; filename=".."`, "..", "leads out"},
		"way up":    {`; filename="../one.jpg"`, "../one.jpg", "leads out"},
		"up below":  {`; filename="below/../../one.jpg"`, "below/../../one.jpg", "leads out"},
		"absolute":  {`; filename="/root/one.jpg"`, "/root/one.jpg", "absolute"},
		"backslash": {`; filename*=UTF-8''..%5Cone.jpg`, `..\one.jpg`, "leads out"},
		"root":      {`; filename="/"`, "/", "absolute"},
		"drive":     {`; filename="C:\one.jpg"`, `C:\one.jpg`, "absolute"},
		"control":   {`; filename*=UTF-8''one%0A.jpg`, "one\uFFFD.jpg", "control"},
		"no UTF-8":  {`; filename*=UTF-8''one%FF.jpg`, "one\uFFFD.jpg", ""},
		"long":      {`; filename="` + long + `"`, long[:64] + "…", "3000 bytes, allowed are 1024"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReader()
			var got []Item
			body := headPart("file"+c.sent, "", strings.Repeat("y", limit)) + headPart("file; filename=last.jpg", "", "last") + "--x--\r\n"
			err := r.Each(rawForm(strings.NewReader(body)), "file", 3, func(i Item) error {
				if got = append(got, i); i.Fault == nil {
					i.Picture.Release()
				}
				return nil //nolint:nilerr // a fault is one of the things read
			})
			if err != nil || len(got) != 2 || got[0].Name != c.shown || got[1].Name != "last.jpg" || got[1].Fault != nil {
				t.Fatalf("got %.300v, %v", got, err)
			}
			if c.says == "" {
				if got[0].Fault != nil {
					t.Error(got[0].Fault)
				}
			} else {
				wantFault(t, got[0].Fault, 422, "file name", c.says)
				wantCode(t, got[0].Fault, CodeBadEntry)
			}
			wantReleased(t, r.Memory)
		})
	}
}

func FuzzEach(f *testing.F) {
	for _, r := range []*http.Request{formRequest(part{"file", "abc"}, part{"file", ""}), formRequest(part{"a", "b"}), formRequest()} {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(r.Header.Get("Content-Type"), body)
	}
	f.Add(`multipart/form-data; boundary=x`, []byte("--x\r\nContent-Disposition: form-data; name=file; filename*=UTF-8''..%2Fa\r\n\r\nabc\r\n--x--"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		const most = 4
		r := &Reader{Bytes: 64, Memory: NewMemory(1024)}
		seen := 0
		err := r.Each(archiveRequest(contentType, body), "file", most, func(i Item) error {
			if seen++; i.Name != "" && badName(i.Name) != "" && i.Fault == nil {
				t.Errorf("taken with the name %q", i.Name)
			}
			if i.Fault == nil {
				i.Picture.Release()
			}
			return nil
		})
		var fault *answer.Fault
		if err != nil && (!errors.As(err, &fault) || fault.Status < 400 || fault.Status >= 500) || seen > most {
			t.Errorf("%d items, error %v (%+v), wanted is a fault of the client's", seen, err, fault)
		}
		wantReleased(t, r.Memory)
	})
}
