package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWriteDocs(t *testing.T) {
	const before = "# A\n<!-- make accuracy: default eyes -->\nold\n<!-- end -->\nprose\n<!-- make accuracy: other eyes -->\nkept\n<!-- end -->\n"
	const want = "# A\n<!-- make accuracy: default eyes -->\n```text\nAUC 1\n```\n<!-- end -->\nprose\n<!-- make accuracy: other eyes -->\nkept\n<!-- end -->\n"
	path := filepath.Join(t.TempDir(), "a.md")
	if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // once more changes nothing
		if err := writeDocs(path, "default", map[string]string{"eyes": "AUC 1\n\n", "mouth": "unasked"}); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("wrote %q (%v), want %q", got, err, want)
		}
	}
	if err := writeDocs(path, "third", map[string]string{"eyes": "AUC 1"}); err == nil {
		t.Error("a set without a block was written")
	}
	if err := os.WriteFile(path, []byte("<!-- make accuracy: default eyes -->\nold\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := writeDocs(path, "default", map[string]string{"eyes": "AUC 1"}); err == nil {
		t.Error("a block without an end was written")
	}
}
