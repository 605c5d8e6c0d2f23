package answer_test

import (
	"math"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/answer"
)

// An answer with half of what it should hold, or none, must not pass for one.
func TestWhatIsNoJSONIsAFaultOfOurs(t *testing.T) {
	w := httptest.NewRecorder()
	defer func() {
		if recover() == nil || w.Body.Len() > 0 {
			t.Errorf("status %d was answered: %q", w.Code, w.Body)
		}
	}()
	answer.JSON(w, http.StatusOK, math.NaN())
}
