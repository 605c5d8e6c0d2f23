package retain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"go.uber.org/goleak"

	"github.com/bonafide-pad/bonafide"
)

func identity(t *testing.T) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func config(dir string, id *age.X25519Identity) Config {
	return Config{Dir: dir, Recipients: []age.Recipient{id.Recipient()}, Keep: time.Hour, Quota: 1 << 20, Buffer: 1 << 20, Log: slog.New(slog.DiscardHandler)}
}

func open(t *testing.T, c Config) *Keeper {
	t.Helper()
	k, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func closed(t *testing.T, k *Keeper) {
	t.Helper()
	if err := k.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// analysis takes everything but "broken".
type analysis struct{}

func (analysis) Analyze(_ context.Context, picture []byte) (bonafide.Report, error) {
	if string(picture) == "broken" {
		return bonafide.Report{}, errors.New("broken")
	}
	return bonafide.Report{}, nil
}

// handle analyses pictures as one request, which is decided or not.
func handle(t *testing.T, k *Keeper, id string, decide bool, pictures ...string) {
	t.Helper()
	ctx, end := k.Begin(t.Context(), id)
	defer end()
	a := &Analyzer{Inner: analysis{}}
	for _, p := range pictures {
		buffer := []byte(p)
		_, _ = a.Analyze(ctx, buffer) // broken ones fail
		for i := range buffer {
			buffer[i] = 0 // it is used for another picture
		}
	}
	if decide {
		Decided(ctx)
	}
}

func listed(t *testing.T, dir string) []Picture {
	t.Helper()
	pictures, err := List(dir)
	if err != nil {
		t.Fatal(err)
	}
	return pictures
}

func TestOnlyTheSecretOpensWhatWasDecidedOn(t *testing.T) {
	defer goleak.VerifyNone(t)
	dir, id := filepath.Join(t.TempDir(), "kept"), identity(t)
	k := open(t, config(dir, id))
	handle(t, k, "a_b", true, "plain one", "broken", "plain two")
	handle(t, k, "quality", false, "plain three")
	closed(t, k)
	if got := k.Stats(); got.Written != 2 || got.Dropped != 0 || got.Buffered != 0 || got.Kept == 0 {
		t.Errorf("%+v", got)
	}
	pictures := listed(t, dir)
	if len(pictures) != 2 {
		t.Fatalf("kept are %v", pictures)
	}
	plain := map[string]bool{}
	for _, p := range pictures {
		if p.RequestID != "a_b" || time.Since(p.Time).Abs() > time.Minute || p.Bytes == 0 {
			t.Errorf("%+v", p)
		}
		content, err := Decrypt(dir, p, []age.Identity{id})
		if err != nil {
			t.Fatal(err)
		}
		plain[string(content)] = true
		sealed, err := os.ReadFile(filepath.Join(dir, p.Name))
		if err != nil || bytes.Contains(sealed, []byte("plain")) {
			t.Errorf("%v; the file holds %q", err, sealed)
		}
		if _, err := Decrypt(dir, p, []age.Identity{identity(t)}); err == nil {
			t.Error("another secret opens it")
		}
		info, err := os.Stat(filepath.Join(dir, p.Name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
	}
	if !plain["plain one"] || !plain["plain two"] {
		t.Errorf("kept are %v", plain)
	}
}

func TestPicturesMadeOfAFileAreKeptAsIt(t *testing.T) {
	defer goleak.VerifyNone(t)
	for name, frames := range map[string][]string{"animation": {"one", "two", "three"}, "first broken": {"broken", "two"}} {
		dir, id := t.TempDir(), identity(t)
		k := open(t, config(dir, id))
		ctx, end := k.Begin(t.Context(), "x")
		from := From(ctx, []byte("the file"))
		a := &Analyzer{Inner: analysis{}}
		for _, frame := range frames {
			_, _ = a.Analyze(from, []byte(frame)) // broken ones fail
		}
		Decided(from)
		end()
		closed(t, k)
		pictures := listed(t, dir)
		if len(pictures) != 1 {
			t.Fatalf("%s: kept are %v", name, pictures)
		}
		if content, err := Decrypt(dir, pictures[0], []age.Identity{id}); err != nil || string(content) != "the file" {
			t.Errorf("%s: kept is %q, %v", name, content, err)
		}
		if left := k.Stats().Buffered; left != 0 {
			t.Errorf("%s: %d bytes are left in the buffer", name, left)
		}
	}
}

func TestDamagedFilesAreNamed(t *testing.T) {
	dir, id := t.TempDir(), identity(t)
	k := open(t, config(dir, id))
	handle(t, k, "x", true, strings.Repeat("picture ", 100))
	closed(t, k)
	p := listed(t, dir)[0]
	path := filepath.Join(dir, p.Name)
	sealed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"cut": sealed[:len(sealed)-1], "changed": append(sealed[:len(sealed)-1:len(sealed)-1], sealed[len(sealed)-1]^1), "empty": nil} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Decrypt(dir, p, []age.Identity{id}); err == nil || !strings.Contains(err.Error(), p.Name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestExpiry(t *testing.T) {
	dir, id := filepath.Join(t.TempDir(), "kept [1]"), identity(t) // a name that is no pattern
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	old := newName(time.Now().Add(-2*time.Hour), "old")
	for _, name := range []string{old, "note.txt", "x_y_z.age", newName(time.Now(), "half") + partial} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if pictures := listed(t, dir); len(pictures) != 1 || pictures[0].Name != old {
		t.Errorf("listed are %v", pictures)
	}
	k := open(t, config(dir, id))
	if got := k.Stats(); got.Expired != 1 || got.Kept != 0 {
		t.Errorf("at the start: %+v", got)
	}
	closed(t, k)
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 3 { // the lock, and what is no picture: that is not touched
		t.Errorf("left are %v, %v", left, err)
	}
	c := config(dir, id)
	c.Keep = 200 * time.Millisecond
	k = open(t, c)
	handle(t, k, "new", true, "picture")
	for end := time.Now().Add(20 * time.Second); k.Stats().Expired == 0 && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	if got := k.Stats(); got.Written != 1 || got.Expired != 1 || got.Kept != 0 || len(listed(t, dir)) != 0 {
		t.Errorf("in the end: %+v", got)
	}
	closed(t, k)
}

func TestBoundsDropAndCount(t *testing.T) {
	dir, id := t.TempDir(), identity(t)
	c := config(dir, id)
	c.Buffer, c.Quota = 10, 1000
	k := open(t, c)
	ctx, end := k.Begin(t.Context(), "x")
	a := &Analyzer{Inner: analysis{}}
	for range 3 {
		if _, err := a.Analyze(ctx, []byte("12345")); err != nil {
			t.Fatal(err)
		}
	}
	if got := k.Stats(); got.Dropped != 1 || got.Buffered != 10 {
		t.Errorf("with a full buffer: %+v", got)
	}
	end()
	if got := k.Stats(); got.Buffered != 0 {
		t.Errorf("after the request: %+v", got)
	}
	if _, err := a.Analyze(ctx, []byte("late")); err != nil || k.Stats().Buffered != 0 {
		t.Errorf("a picture that comes too late: %v, %+v", err, k.Stats())
	}
	for i := range 20 { // each file has over 200 bytes
		handle(t, k, fmt.Sprint(i), true, "picture")
		for end := time.Now().Add(20 * time.Second); k.Stats().Buffered != 0 && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
	}
	got := k.Stats()
	if got.Written == 0 || got.Written+got.Dropped != 21 || got.Kept > c.Quota+300 {
		t.Errorf("with a full folder: %+v", got)
	}
	closed(t, k)
	handle(t, k, "y", true, "picture")
	if now := k.Stats(); now.Dropped != got.Dropped+1 || now.Buffered != 0 {
		t.Errorf("once closed: %+v", now)
	}
}

// The quota is of what the folder has, also from an earlier run: a picture that fits exactly is kept, one byte more is dropped.
func TestTheQuotaCountsWhatIsThereAlready(t *testing.T) {
	dir, id := t.TempDir(), identity(t)
	first := open(t, config(dir, id))
	handle(t, first, "x", true, "picture")
	closed(t, first)
	there := first.Stats().Kept
	if there == 0 || there != listed(t, dir)[0].Bytes {
		t.Fatalf("kept are %d bytes", there)
	}
	for _, test := range []struct{ room, written int64 }{{int64(len("picture")) - 1, 0}, {int64(len("picture")), 1}} {
		c := config(dir, id)
		c.Quota = there + test.room
		k := open(t, c)
		handle(t, k, "y", true, "picture")
		closed(t, k)
		if got := k.Stats(); int64(got.Written) != test.written || got.Dropped != uint64(1-test.written) || got.Buffered != 0 {
			t.Errorf("with room for %d bytes: %+v", test.room, got)
		}
	}
}

// What can't be written before the time is up is counted, and Close says how much that is.
func TestCloseGivesUpWithItsContext(t *testing.T) {
	dir, id := t.TempDir(), identity(t)
	k := open(t, config(dir, id))
	const many = 2000
	handle(t, k, "x", true, slices.Repeat([]string{"picture"}, many)...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := k.Close(ctx)
	got := k.Stats()
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), fmt.Sprintf("%d pictures could not be written", got.Dropped)) {
		t.Errorf("error %v", err)
	}
	if got.Dropped == 0 || got.Written+got.Dropped != many || int(got.Written) != len(listed(t, dir)) || got.Buffered != 0 {
		t.Errorf("%+v", got)
	}
	closed(t, open(t, config(dir, id))) // the folder was given back
}

func TestADiskThatFailsDropsAndRecovers(t *testing.T) {
	var log bytes.Buffer
	dir, id := filepath.Join(t.TempDir(), "kept"), identity(t)
	c := config(dir, id)
	c.Log = slog.New(slog.NewTextHandler(&log, nil))
	k := open(t, c)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	handle(t, k, "x", true, "picture")
	for end := time.Now().Add(20 * time.Second); k.Stats().Dropped == 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	handle(t, k, "y", true, "picture")
	closed(t, k)
	if got := k.Stats(); got.Dropped != 1 || got.Written != 1 || got.Buffered != 0 {
		t.Errorf("%+v", got)
	}
	for _, told := range []string{"keeping a picture failed", "pictures are kept again"} {
		if strings.Count(log.String(), told) != 1 {
			t.Errorf("the log does not say once that %s:\n%s", told, &log)
		}
	}
}

func TestEveryPictureOfManyIsWrittenOrCounted(t *testing.T) {
	dir, id := t.TempDir(), identity(t)
	c := config(dir, id)
	c.Buffer = 100
	k := open(t, c)
	var requests sync.WaitGroup
	for i := range 8 {
		requests.Go(func() {
			for range 20 {
				handle(t, k, fmt.Sprint(i), true, "picture", "another")
			}
		})
	}
	requests.Wait()
	closed(t, k)
	if got := k.Stats(); got.Written+got.Dropped != 320 || int(got.Written) != len(listed(t, dir)) || got.Buffered != 0 {
		t.Errorf("%+v, kept are %d", got, len(listed(t, dir)))
	}
}

func TestAFolderBelongsToOne(t *testing.T) {
	dir, id := t.TempDir(), identity(t)
	k := open(t, config(dir, id))
	if _, err := Open(config(dir, id)); err == nil || !strings.Contains(err.Error(), "another server") {
		t.Errorf("a second one: %v", err)
	}
	closed(t, k)
	closed(t, open(t, config(dir, id)))
}

func TestSettingsAreChecked(t *testing.T) {
	id := identity(t)
	for name, change := range map[string]func(*Config){
		"folder": func(c *Config) { c.Dir = "" }, "public key": func(c *Config) { c.Recipients = nil }, "kept for": func(c *Config) { c.Keep = 0 },
		"quota": func(c *Config) { c.Quota = 0 }, "buffer": func(c *Config) { c.Buffer = -1 },
	} {
		c := config(t.TempDir(), id)
		change(&c)
		if _, err := Open(c); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
