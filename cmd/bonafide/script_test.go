package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"bonafide": main})
}

// TestScripts runs every testdata/*.txtar: the command line as a user types it, with the real networks. $PICTURES is
// the module's testdata, $DOCS its docs; $PORT1 and $PORT2 are ports to serve on.
func TestScripts(t *testing.T) {
	models, err := filepath.Abs(catalogtest.Dir(t))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			env.Setenv(catalog.EnvDir, models)
			env.Setenv("PICTURES", filepath.Join(catalogtest.Root(t), "testdata"))
			env.Setenv("DOCS", filepath.Join(catalogtest.Root(t), "docs"))
			env.Setenv("HOME", env.WorkDir)
			return setPorts(env)
		},
		Cmds:          map[string]func(*testscript.TestScript, bool, []string){"walkthrough": walkThrough},
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
	})
}
