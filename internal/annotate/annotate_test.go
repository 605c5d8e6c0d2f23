package annotate

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestTargets(t *testing.T) {
	dir := t.TempDir()
	in := func(names ...string) []string {
		for i, name := range names {
			names[i] = filepath.Join(dir, name)
		}
		return names
	}
	for _, folder := range []string{"one", "two", "drawn"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range in("one/a.jpg", "one/b.png", "two/a.png", "drawn/old.png") {
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(dir, "drawn", "old.png"), filepath.Join(dir, "two", "link.png")); err != nil {
		t.Fatal(err)
	}
	drawn := filepath.Join(dir, "drawn")
	for name, c := range map[string]struct {
		dir   string
		paths []string
		want  []string
		says  string
	}{
		"names apart":          {drawn, in("one/a.jpg", "one/b.png", "two/a.png", "one/old.jpg"), in("drawn/a.png", "drawn/b.png", "drawn/a-2.png", "drawn/old.png"), ""},
		"standard input":       {drawn, []string{"-"}, in("drawn/stdin.png"), ""},
		"into its own folder":  {filepath.Join(dir, "one"), in("one/a.jpg", "one/b.png"), nil, "b.png is one of the pictures"},
		"named another way":    {filepath.Join(dir, "one"), in("one/../one/b.png"), nil, "b.png is one of the pictures"},
		"onto another picture": {drawn, in("one/old.jpg", "two/link.png"), nil, "old.png is one of the pictures"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Targets(c.dir, c.paths)
			if !slices.Equal(got, c.want) {
				t.Errorf("the targets are %q, wanted are %q", got, c.want)
			}
			if c.says == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, wanted is one with %q", err, c.says)
			}
		})
	}
}
