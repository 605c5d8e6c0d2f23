package upload

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Clients that put a form together themselves write its headers in these ways, and the reference system takes them.
func TestFormsWithSloppyHeaders(t *testing.T) {
	const usual, disposition = "multipart/form-data; boundary=abc", `form-data; name="file"; filename="one.jpg"`
	for name, c := range map[string]struct{ contentType, boundary, disposition, file string }{
		"plain":                  {usual, "abc", disposition, "one.jpg"},
		"boundary with =":        {"multipart/form-data; boundary====1700000000===", "===1700000000===", disposition, "one.jpg"},
		"boundary of a mail":     {"multipart/form-data; boundary=----=_Part_0_1.2", "----=_Part_0_1.2", disposition, "one.jpg"},
		"boundary with / and :":  {"multipart/form-data;boundary=a/b:c;charset=utf-8", "a/b:c", disposition, "one.jpg"},
		"boundary in quotes":     {`multipart/form-data; boundary="a/b=c"`, "a/b=c", disposition, "one.jpg"},
		"parameter without =":    {"Multipart/Form-Data; charset; Boundary=abc", "abc", disposition, "one.jpg"},
		"two boundaries":         {"multipart/form-data; boundary=abc; boundary=def", "abc", disposition, "one.jpg"},
		"file name with a space": {usual, "abc", `form-data; name="file"; filename=my photo.jpg`, "my photo.jpg"},
		"file name, not ASCII":   {usual, "abc", `form-data; name=file; filename=grün.jpg`, "grün.jpg"},
		"quotes in quotes":       {usual, "abc", `form-data; name="file"; filename="a"b".jpg"`, `a"b".jpg`},
		"two file names":         {usual, "abc", `Form-Data; Name="file"; FileName="one.jpg"; filename="two.jpg"`, "one.jpg"},
		"attachment":             {usual, "abc", `attachment; name="file"; filename="one.jpg"`, "one.jpg"},
		"both ways of .NET":      {usual, "abc", `form-data; name=file; filename="=?utf-8?B?w6QuanBn?="; filename*=utf-8''%C3%A4.jpg`, "ä.jpg"},
	} {
		t.Run(name, func(t *testing.T) {
			body := "--" + c.boundary + "\r\nContent-Disposition: " + c.disposition + "\r\n\r\ncontent\r\n--" + c.boundary + "--\r\n"
			request := func() *http.Request {
				r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
				r.Header.Set("Content-Type", c.contentType)
				return r
			}
			if Kind(request()) != Multipart {
				t.Errorf("%q is not taken for a form", c.contentType)
			}
			r := newReader()
			picture, err := r.OnlyPart(request(), "file")
			if err != nil || string(picture.Bytes) != "content" {
				t.Fatalf("%+v, %v", picture, err)
			}
			picture.Release()
			err = r.Each(request(), "file", 1, func(i Item) error {
				if i.Name != c.file {
					t.Errorf("the file name is %q, wanted is %q", i.Name, c.file)
				}
				i.Picture.Release()
				return i.Fault
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// What stands behind the media type says nothing that is needed, so that it may be wrong.
func TestJSONWithSloppyParameters(t *testing.T) {
	for contentType, want := range map[string]bool{
		"application/json; charset": true, "application/json; charset=utf-8; charset=latin1": true, "application/json;profile=http://example.org/a": true,
		"Application/JSON;": true, "application/hal+json; a=b=c": true,
		"text/json": false, "application/json, application/json": false, "application/jsonp": false, ";": false, "": false,
	} {
		req := jsonRequest(`{"image": "YWJj"}`)
		req.Header.Set("Content-Type", contentType)
		picture, err := newReader().Base64(req, "image")
		switch {
		case want && (err != nil || string(picture.Bytes) != "abc"):
			t.Errorf("%q: %v", contentType, err)
		case !want:
			wantFault(t, err, http.StatusUnsupportedMediaType, "application/json")
		}
	}
}
