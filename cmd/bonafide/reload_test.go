package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide/internal/access"
)

func TestReadKeys(t *testing.T) {
	key, _, err := access.Generate("test", access.Scopes, access.Limits{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		named   bool
		before  []access.Key
		content string
		wrong   bool
	}{
		"none yet, at the default place":             {},
		"none yet, at a place that is named":         {named: true, wrong: true},
		"gone from the default place":                {before: []access.Key{key}, wrong: true},
		"gone from a place that is named":            {named: true, before: []access.Key{key}, wrong: true},
		"without keys, at the default place":         {content: `{"keys": []}`},
		"without keys, as the operator wished":       {named: true, content: `{"keys": []}`},
		"cut off, at the default place, none before": {content: `{"keys": [`, wrong: true},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), access.FileName)
			if c.content != "" {
				if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			r := &reloadable{guard: access.NewGuard(c.before), keys: access.Store{Path: path}, named: c.named}
			keys, err := r.readKeys()
			if (err != nil) != c.wrong || len(keys) > 0 {
				t.Errorf("%d keys, error %v", len(keys), err)
			}
		})
	}
}
