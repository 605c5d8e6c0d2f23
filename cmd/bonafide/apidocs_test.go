package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/programtest"
)

// program is a program of a page with what the page says that it prints.
var program = regexp.MustCompile("(?s)```(python|js|go)\n(.*?)```\n\n```text\n(.*?)```")

// TestAPIDocsPrograms runs every program of docs/api-v1.md against a real server and compares what it prints. Its curl calls are compared
// by TestREADMEExamples.
func TestAPIDocsPrograms(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server of its own: not in short runs")
	}
	root := catalogtest.Root(t)
	page, err := os.ReadFile(filepath.Join(root, "docs", "api-v1.md"))
	if err != nil {
		t.Fatal(err)
	}
	server := startServer(t, programtest.Build(t))
	programs := program.FindAllStringSubmatch(string(page), -1)
	if len(programs) != 3 {
		t.Fatalf("%d programs found, wanted is one in each of three languages", len(programs))
	}
	for _, p := range programs {
		language, text, want := p[1], strings.ReplaceAll(p[2], "http://localhost:8888", server.url), p[3]
		t.Run(language, func(t *testing.T) {
			run := interpreter(t, language, text)
			run.Dir = root
			out, err := run.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if string(out) != want {
				t.Errorf("it prints %q, the page says %q", out, want)
			}
		})
	}
}

// interpreter is the command that runs a program.
func interpreter(t *testing.T, language, text string) *exec.Cmd {
	t.Helper()
	switch language {
	case "python":
		python, err := exec.LookPath("python3")
		if err != nil {
			t.Skip("python3 is not installed: the program in Python is not run")
		}
		return exec.CommandContext(t.Context(), python, "-c", text)
	case "js":
		return exec.CommandContext(t.Context(), "node", "--input-type=module", "-e", text)
	default:
		file := filepath.Join(t.TempDir(), "main.go")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return exec.CommandContext(t.Context(), "go", "run", file)
	}
}
