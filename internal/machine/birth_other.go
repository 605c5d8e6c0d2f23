//go:build !linux

package machine

import "os"

// birthTime is 0, "not known": only Linux is asked.
func birthTime(*os.File) (int64, error) { return 0, nil }
