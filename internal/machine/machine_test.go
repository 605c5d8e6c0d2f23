package machine

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide/license/machinecode"
)

const sampleID = "0123456789abcdef0123456789abcdef"

func writeFile(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func code(t *testing.T, s Source) string {
	t.Helper()
	c, err := s.Code()
	if err != nil {
		t.Fatal(err)
	}
	if canonical, err := machinecode.Parse(c); err != nil || canonical != c {
		t.Fatalf("Code() = %q, which parses to %q, %v", c, canonical, err)
	}
	return c
}

// An upgrade must not change a machine's code: this one is for ever.
func TestCodeIsStableAcrossReleases(t *testing.T) {
	dir := t.TempDir()
	got := code(t, Source{IDFile: writeFile(t, filepath.Join(dir, "machine-id"), sampleID+"\n"), DataDir: dir})
	if want := "GKGR-T7G5-NVVH-CE1D"; got != want {
		t.Errorf("code of %s = %s, want %s", sampleID, got, want)
	}
	if _, err := os.Stat(filepath.Join(dir, seedName)); err == nil {
		t.Error("a seed was made though there is a machine id")
	}
}

func TestSeedCodeIsStableAcrossReleases(t *testing.T) {
	seed := strings.Repeat("5a", seedLen)
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, seedName), "bonafide machine seed 1 "+seed+"\nborn 0\n")
	if got, want := code(t, Source{DataDir: dir}), "FGEB-ZMD5-S6WX-9ZCT"; got != want {
		t.Errorf("code of seed %s = %s, want %s", seed, got, want)
	}
}

func TestMachinesDiffer(t *testing.T) {
	dir := t.TempDir()
	seen := map[string]string{}
	for i, id := range []string{sampleID, strings.Repeat("ab", 16), "0123456789abcdef0123456789abcdee"} {
		c := code(t, Source{IDFile: writeFile(t, filepath.Join(dir, string(rune('a'+i))), id)})
		if before, ok := seen[c]; ok {
			t.Errorf("%s and %s have the same code", before, id)
		}
		seen[c] = id
	}
	if a, b := code(t, Source{DataDir: t.TempDir()}), code(t, Source{DataDir: t.TempDir()}); a == b {
		t.Errorf("two seeds make the same code %s", a)
	}
}

func TestCodeDoesNotShowTheID(t *testing.T) {
	dir := t.TempDir()
	c := code(t, Source{IDFile: writeFile(t, filepath.Join(dir, "machine-id"), sampleID)})
	raw, err := hex.DecodeString(sampleID)
	if err != nil {
		t.Fatal(err)
	}
	if c == machinecode.New(raw) {
		t.Errorf("%s is the machine id in another alphabet", c)
	}
}

func TestSeedReplacesMissingID(t *testing.T) {
	for name, content := range map[string]string{"empty": "", "newline": "\n", "uninitialized": "uninitialized\n"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := Source{IDFile: writeFile(t, filepath.Join(dir, "machine-id"), content), DataDir: filepath.Join(dir, "a", "data")}
			first := code(t, s)
			if again := code(t, s); again != first {
				t.Errorf("second start has code %s, the first had %s", again, first)
			}
			info, err := os.Stat(filepath.Join(s.DataDir, seedName))
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != 0o600 {
				t.Errorf("seed has mode %v, want 0600", info.Mode().Perm())
			}
		})
	}
}

func TestBadIDFileIsAnError(t *testing.T) {
	dir := t.TempDir()
	for name, tc := range map[string]struct{ content, want string }{
		"short":    {"0123456789abcdef", "want 32 hexadecimal digits"},
		"not hex":  {strings.Repeat("xy", 16), "want 32 hexadecimal digits"},
		"huge":     {strings.Repeat("a", 1<<20), "want 32 hexadecimal digits"},
		"all zero": {strings.Repeat("0", 32), "all zeros"},
	} {
		t.Run(name, func(t *testing.T) {
			path := writeFile(t, filepath.Join(dir, name), tc.content)
			_, err := Source{IDFile: path, DataDir: dir}.Code()
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want one with %q and the file's name", err, tc.want)
			}
		})
	}
	// What Docker makes of a bind mount whose source is missing.
	if _, err := (Source{IDFile: dir, DataDir: dir}).Code(); err == nil {
		t.Error("a directory in place of the machine id was passed over")
	}
}

func TestBadSeedIsAnError(t *testing.T) {
	for name, content := range map[string]string{
		"empty":     "",
		"truncated": "bonafide machine seed 1 5a5a",
		"short":     "bonafide machine seed 1 5a5a\nborn 0\n",
		"binary":    "\x00\xff\x00",
		"version 2": "bonafide machine seed 2 " + strings.Repeat("5a", seedLen) + "\nborn 0\n",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := writeFile(t, filepath.Join(dir, seedName), content)
			if _, err := (Source{DataDir: dir}).Code(); err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want one with the file's name", err)
			}
			if kept, err := os.ReadFile(path); err != nil || string(kept) != content {
				t.Errorf("the file was changed to %q, %v", kept, err)
			}
		})
	}
	if _, err := (Source{}).Code(); err == nil {
		t.Error("no data directory and no machine id, and yet a code")
	}
}

// A data directory copied to another machine has another identity, though the
// seed in it is the same; moved within its volume it keeps the one it has.
func TestCopiedSeedMakesAnotherCode(t *testing.T) {
	dir := t.TempDir()
	first := filepath.Join(dir, "first")
	original := code(t, Source{DataDir: first})
	content, err := os.ReadFile(filepath.Join(first, seedName))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(content), "born 0\n") {
		t.Skip("the file system of the temporary directory keeps no birth times")
	}
	time.Sleep(20 * time.Millisecond) // file times advance in ticks of up to 10 ms

	second := filepath.Join(dir, "second")
	if err := os.CopyFS(second, os.DirFS(first)); err != nil {
		t.Fatal(err)
	}
	copied := code(t, Source{DataDir: second})
	if copied == original {
		t.Errorf("the copy has the original's code %s", copied)
	}
	if again := code(t, Source{DataDir: second}); again != copied {
		t.Errorf("the copy's code changed from %s to %s", copied, again)
	}

	moved := filepath.Join(dir, "moved")
	if err := os.Rename(first, moved); err != nil {
		t.Fatal(err)
	}
	if got := code(t, Source{DataDir: moved}); got != original {
		t.Errorf("code after a move %s, before %s", got, original)
	}

	// A seed where it was made counts without its birth: that code is tested to be for ever.
	unborn := filepath.Join(dir, "unborn")
	if err := os.Mkdir(unborn, 0o700); err != nil {
		t.Fatal(err)
	}
	seed, _, _ := strings.Cut(string(content), "\n")
	writeFile(t, filepath.Join(unborn, seedName), seed+"\nborn 0\n")
	if got := code(t, Source{DataDir: unborn}); got != original {
		t.Errorf("code of the seed alone %s, where it was made %s", got, original)
	}
}

func TestProcessesStartingTogetherAgree(t *testing.T) {
	s := Source{DataDir: filepath.Join(t.TempDir(), "data")}
	var wg sync.WaitGroup
	codes := make([]string, 8)
	for i := range codes {
		wg.Go(func() {
			c, err := s.Code()
			if err != nil {
				t.Error(err)
			}
			codes[i] = c
		})
	}
	wg.Wait()
	for _, c := range codes {
		if c != codes[0] {
			t.Errorf("codes differ: %v", codes)
			break
		}
	}
	left, err := filepath.Glob(filepath.Join(s.DataDir, "*.tmp"))
	if err != nil || len(left) > 0 {
		t.Errorf("temporary files left: %v, %v", left, err)
	}
}

func TestCodeReadsThisMachine(t *testing.T) {
	dir := t.TempDir()
	first, err := Source{IDFile: DefaultIDFile, DataDir: dir}.Code()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := (Source{IDFile: DefaultIDFile, DataDir: dir}).Code(); err != nil || again != first {
		t.Errorf("Code = %q, %v, want %q again", again, err, first)
	}
}
