//go:build linux || darwin

package main

import (
	"io"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/whole/wholetest"
)

func TestADiskThatIsFullLeavesNoSecretKey(t *testing.T) {
	wholetest.LeavesNothing(t, "secret.txt", func(path string) error { return retainedNewKeyCmd{File: path}.Run(&streams{out: io.Discard}) })
}
