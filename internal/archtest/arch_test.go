// Package archtest keeps the rules of docs/architecture.md: who may import what.
package archtest

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/bonafide-pad/bonafide"

// pkg is what the go command says of a package.
type pkg struct {
	ImportPath string
	Name       string
	Dir        string
	Imports    []string
	CgoFiles   []string
	GoFiles    []string
}

// local is the import path below the module, "" for the root package.
func (p pkg) local() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

func packages(t *testing.T) []pkg {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Name,Dir,Imports,CgoFiles,GoFiles", module+"/...")
	out, err := list.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := list.Start(); err != nil {
		t.Fatal(err)
	}
	var found []pkg
	for decoder := json.NewDecoder(out); ; {
		var p pkg
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		found = append(found, p)
	}
	if err := list.Wait(); err != nil {
		t.Fatal(err)
	}
	if len(found) < 10 {
		t.Fatalf("go list found only %d packages", len(found))
	}
	return found
}

// ours are the imports of p within the module, as local paths.
func (p pkg) ours() []string {
	var local []string
	for _, i := range p.Imports {
		if i == module || strings.HasPrefix(i, module+"/") {
			local = append(local, pkg{ImportPath: i}.local())
		}
	}
	return local
}

// below tells whether a local path is root or lies below one of the roots.
func below(local string, roots ...string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return local == root || strings.HasPrefix(local, root+"/")
	})
}

// onlyFrom is the rule that an import is reserved to some packages.
type onlyFrom struct {
	imported string
	allowed  []string
	why      string
}

var reserved = []onlyFrom{
	{"C", []string{"internal/decode/jpegturbo", "internal/raster/bilinear", "internal/quality/texture"}, "native code stays at the edge"},
	{"github.com/yalue/onnxruntime_go", []string{"internal/infer/ort"}, "stages know networks by infer.Backend alone"},
	{
		"net/http",
		[]string{"internal/server", "internal/apiv1", "internal/faceplugin", "internal/web", "internal/answer", "internal/faults", "internal/upload", "internal/access", "cmd", "client"},
		"the domain knows nothing of HTTP",
	},
}

func TestReservedImports(t *testing.T) {
	for _, p := range packages(t) {
		for _, r := range reserved {
			if slices.Contains(p.Imports, r.imported) && !below(p.local(), r.allowed...) {
				t.Errorf("%s imports %s, which only %v may: %s", p.ImportPath, r.imported, r.allowed, r.why)
			}
		}
	}
}

func TestStagesImportOnlyRasterAndInfer(t *testing.T) {
	stages := []string{"internal/detect", "internal/landmark", "internal/attribute", "internal/quality", "internal/sequence", "internal/spoof", "internal/mesh"}
	allowed := append([]string{"internal/raster", "internal/infer", "internal/scratch"}, stages...)
	for _, p := range packages(t) {
		if !below(p.local(), stages...) {
			continue
		}
		for _, i := range p.ours() {
			if !below(i, allowed...) {
				t.Errorf("stage %s imports %s; stages import raster, infer and other stages alone", p.ImportPath, i)
			}
		}
	}
}

func TestDirection(t *testing.T) {
	for _, rule := range []struct {
		from, never []string
	}{
		{[]string{"internal/raster"}, []string{"", "internal", "cmd", "license"}},
		{[]string{"internal/decode", "internal/infer", "internal/catalog"}, []string{"", "internal/server", "internal/apiv1", "internal/faceplugin", "cmd"}},
		{[]string{"license"}, []string{"", "internal", "cmd"}},
		{[]string{"internal/apiv1"}, []string{"internal/faceplugin"}},
		{[]string{"internal/faceplugin"}, []string{"internal/apiv1"}},
		{[]string{""}, []string{"internal/server", "internal/apiv1", "internal/faceplugin", "internal/web", "cmd"}},
	} {
		for _, p := range packages(t) {
			if !matches(p.local(), rule.from) {
				continue
			}
			for _, i := range p.ours() {
				if matches(i, rule.never) && !below(i, rule.from...) {
					t.Errorf("%s imports %s", p.ImportPath, i)
				}
			}
		}
	}
}

// matches is below, where "" means the root package itself and not all below it.
func matches(local string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return local == root || root != "" && below(local, root)
	})
}

// TestClientIsLight wants nothing but the standard library in the client: who calls a server needs no network and no C.
func TestClientIsLight(t *testing.T) {
	found := false
	for _, p := range packages(t) {
		if p.local() != "client" {
			continue
		}
		found = true
		for _, i := range p.Imports {
			if first, _, _ := strings.Cut(i, "/"); strings.Contains(first, ".") || i == "C" {
				t.Errorf("%s imports %s", p.ImportPath, i)
			}
		}
	}
	if !found {
		t.Error("there is no package client")
	}
}

func TestNoDrawerPackages(t *testing.T) {
	for _, p := range packages(t) {
		if slices.Contains([]string{"util", "utils", "common", "helpers", "misc"}, path.Base(p.local())) {
			t.Errorf("package %s: name it by what it does", p.ImportPath)
		}
	}
}

func TestNoWorkInInit(t *testing.T) {
	for _, p := range packages(t) {
		for _, name := range append(p.GoFiles, p.CgoFiles...) {
			if strings.HasSuffix(name, ".pb.go") {
				continue // generated code registers itself
			}
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, 0)
			if errors.Is(err, fs.ErrNotExist) {
				continue // generated by cgo
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
					t.Errorf("%s/%s has an init function", p.ImportPath, name)
				}
			}
		}
	}
}
