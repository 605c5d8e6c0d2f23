package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/decode"
)

// version is set at build time by -ldflags; otherwise the module's version stands.
var version = ""

type versionCmd struct{}

// Run prints the versions of the binary's parts.
func (versionCmd) Run(s *streams) error {
	fmt.Fprintf(s.out, "bonafide %s (%s, %s/%s)\n", productVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	entry, err := catalog.Runtime()
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s, %s\n", entry.Purpose, entry.File)
	fmt.Fprintf(s.out, "JPEG: %s\n", decode.JPEGDecoder())
	return nil
}

func productVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
