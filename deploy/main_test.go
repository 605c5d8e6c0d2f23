package deploy_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// TestMain leaves everything out of the short run, which is that of the race detector: these tests start programs and run nothing beside
// one another, and «make test» has them at full length.
func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		fmt.Println("deploy: its tests run at full length alone")
		return
	}
	os.Exit(m.Run())
}
