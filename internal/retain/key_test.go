package retain

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestKeys(t *testing.T) {
	id := identity(t)
	file := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(file, []byte("# two\n"+id.Recipient().String()+"\n"+identity(t).Recipient().String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for source, want := range map[string]int{id.Recipient().String(): 1, file: 2} {
		if got, err := ReadRecipients(source); err != nil || len(got) != want {
			t.Errorf("%s: %v, %v", source, got, err)
		}
	}
	if err := os.WriteFile(file, []byte(id.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for source, want := range map[string]string{file: "secret key", "age1wrong": "reading public keys", "nowhere": "would start with age1"} {
		if _, err := ReadRecipients(source); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", source, err)
		}
	}
	if got, err := ReadIdentities(file); err != nil || len(got) != 1 {
		t.Errorf("%v, %v", got, err)
	}
}

// A key that is left out opens nothing: where the bytes that are read end with a line, nobody would notice.
func TestAKeyFileIsReadWhole(t *testing.T) {
	key := identity(t).Recipient().String() + "\n"
	fill := strings.Repeat("\n", maxKeyFile-len(key))
	file := filepath.Join(t.TempDir(), "keys")
	for extra, want := range map[string]int{"": 1, key: 0} {
		if err := os.WriteFile(file, []byte(key+fill+extra), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := ReadRecipients(file)
		if len(got) != want || (err == nil) != (want > 0) {
			t.Errorf("with %d bytes more: %d keys, error %v", len(extra), len(got), err)
		}
	}
}
