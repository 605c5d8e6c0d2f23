package main

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bonafide-pad/bonafide/internal/programtest"
)

// counted says how many works began and how many run.
type counted struct{ began, running atomic.Int64 }

// work takes as many seconds as its item says, or until ctx ends.
func (c *counted) work(ctx context.Context, seconds int) int {
	c.began.Add(1)
	c.running.Add(1)
	defer c.running.Add(-1)
	select {
	case <-time.After(time.Duration(seconds) * time.Second):
	case <-ctx.Done():
		time.Sleep(time.Second) // what runs doesn't stop at once
	}
	return seconds
}

func TestInOrderYieldsAllInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c counted
		items := []int{4, 3, 2, 1, 5, 1}
		var got []int
		for seconds := range inOrder(t.Context(), items, 3, c.work) {
			if running := c.running.Load(); running > 3 {
				t.Errorf("%d run at once, want at most 3", running)
			}
			got = append(got, seconds)
		}
		if !slices.Equal(got, items) {
			t.Errorf("got %v, want %v", got, items)
		}
	})
}

func TestInOrderEndsWhenNothingRuns(t *testing.T) {
	for name, end := range map[string]func(cancel context.CancelFunc) (goOn bool){
		"nobody asks for more": func(context.CancelFunc) bool { return false },
		"the context ends":     func(cancel context.CancelFunc) bool { cancel(); return true },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var c counted
				for range inOrder(ctx, []int{1, 60, 60, 60, 60, 60}, 3, c.work) {
					if !end(cancel) {
						break
					}
				}
				if running := c.running.Load(); running != 0 {
					t.Errorf("%d still run", running)
				}
				if began := c.began.Load(); began > 3 {
					t.Errorf("%d began, want the 3 at most that ran at once", began)
				}
			})
		})
	}
}

// TestCheckIsInterrupted stops it while it waits for a picture on standard input, after the first result.
func TestCheckIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	picture := filepath.Join("..", "..", "testdata", "astronaut.jpg")
	args := append([]string{"check", picture, stdinPath}, slices.Repeat([]string{picture}, 50)...)
	cmd := exec.CommandContext(ctx, programtest.Build(t), args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), "Real") {
		t.Fatalf("the first line is %q", lines.Text())
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
		t.Errorf("after the interruption it wrote %q", lines.Text())
	}
	_ = cmd.Wait() // the exit code says it
	if code, want := cmd.ProcessState.ExitCode(), exitFailed; code != want {
		t.Errorf("exit code %d, want %d", code, want)
	}
	if got, want := stderr.String(), "bonafide: interrupted after 1 of 52 pictures\n"; got != want {
		t.Errorf("it said %q, want %q", got, want)
	}
}

func TestPipesAndDevicesInAFolderAreNoPictures(t *testing.T) {
	dir := t.TempDir()
	want := []string{filepath.Join(dir, "gone.jpg"), filepath.Join(dir, "picture.jpg")}
	if err := os.WriteFile(want[1], nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"device.jpg": os.DevNull, "gone.jpg": "nowhere"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Skip(err)
		}
	}
	got, err := picturePaths([]string{dir})
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, error %v; want %q", got, err, want)
	}
	if got, err := picturePaths([]string{os.DevNull}); err != nil || len(got) != 1 {
		t.Errorf("of a device that is named: %q, error %v", got, err)
	}
}

func TestAResultIsOneLine(t *testing.T) {
	for name, want := range map[string]string{
		"«ü» “1”\u00a0.jpg":              "«ü» “1”\u00a0.jpg",
		`C:\new\a.jpg`:                   `C:\new\a.jpg`,
		"a\nReal           0.999  b.jpg": `a\nReal           0.999  b.jpg`,
		"\x1b[2J\u202e\"\xff.jpg":        `\x1b[2J\u202e"\xff.jpg`,
	} {
		if row := tableRow(checked{path: name}); !strings.HasSuffix(row, "  "+want) {
			t.Errorf("the row of %q is %q", name, row)
		}
		row := tableRow(checked{path: "x", err: &os.PathError{Op: "open", Path: name, Err: os.ErrNotExist}})
		if !strings.Contains(row, "open "+want+": ") {
			t.Errorf("the row of an error about %q is %q", name, row)
		}
	}
}
