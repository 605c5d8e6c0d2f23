//go:build linux || darwin

package issue_test

import (
	"testing"

	"github.com/bonafide-pad/bonafide/internal/whole/wholetest"
	"github.com/bonafide-pad/bonafide/license/issue"
)

func TestADiskThatIsFullLeavesNoKeyFile(t *testing.T) {
	wholetest.LeavesNothing(t, "issuer.key", func(path string) error { return issue.WriteKeyFile(path, issue.GenerateKey(), "") })
}
