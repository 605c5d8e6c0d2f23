package apiv1_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/apiv1"
)

// That no picture is kept is promised only where it is so.
func TestTheDescriptionSaysWhetherPicturesAreKept(t *testing.T) {
	for keepsNothing, says := range map[bool]string{true: "Nothing of a picture is kept.", false: "may be kept, encrypted"} {
		s := start(t, func(a *apiv1.API) { a.KeepsNothing = keepsNothing })
		text, err := json.Marshal(s.document)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(s.document.Info.Description, says) {
			t.Errorf("keeping nothing is %v: the description is %q", keepsNothing, s.document.Info.Description)
		}
		for _, promise := range []string{"Nothing of a picture", "Nothing is written"} {
			if !keepsNothing && strings.Contains(string(text), promise) {
				t.Errorf("pictures may be kept, and the document says %q", promise)
			}
		}
	}
}
