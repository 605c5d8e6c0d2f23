package upload

import (
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
)

// contentType is the media type of req's body in lower case, with its parameters; "" where there is none.
func contentType(req *http.Request) (kind string, params map[string]string) {
	return parameters(req.Header.Get("Content-Type"))
}

// isJSON tells whether kind is a media type of JSON.
func isJSON(kind string) bool {
	return kind == "application/json" || strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json")
}

// disposition is the name of a form's part and the name of its file as it came: part.FileName leaves out the folders, also those of a name
// that is to be refused. It need not call itself form-data: programs for .NET are seen to write attachment.
func disposition(part *multipart.Part) (name, file string) {
	_, params := parameters(part.Header.Get("Content-Disposition"))
	return params["name"], params["filename"]
}

// parameters reads a header such as «multipart/form-data; boundary=x». Where it is not as the standards want it, it is read as other servers do:
// clients that put it together themselves leave out quotes («boundary====1===», «filename=my photo.jpg») or don't escape them. Of a parameter
// that comes several times the first counts.
func parameters(header string) (value string, params map[string]string) {
	if value, params, err := mime.ParseMediaType(header); err == nil {
		return value, params
	}
	parts := strings.Split(header, ";")
	params = map[string]string{}
	for _, part := range parts[1:] {
		name, text, _ := strings.Cut(part, "=")
		name, text = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(text)
		if _, seen := params[name]; !seen {
			params[name] = strings.TrimSuffix(strings.TrimPrefix(text, `"`), `"`)
		}
	}
	return strings.ToLower(strings.TrimSpace(parts[0])), params
}
