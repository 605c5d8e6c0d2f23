//go:build unix

package decode

import (
	"encoding/csv"
	"image"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestHostileFiles reads the evaluation data's broken and hostile files: each gives a picture or a typed error, soon and in bounded memory.
func TestHostileFiles(t *testing.T) {
	root := os.Getenv("BONAFIDE_DATA")
	if root == "" {
		t.Skip("BONAFIDE_DATA is not set: the hostile files are not here")
	}
	f, err := os.Open(filepath.Join(root, "hostile", "manifest.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	taken := map[string]int{}
	upright := map[string]image.Point{} // of pictures that come in several orientations
	for _, row := range rows[1:] {
		data := read(t, root, "hostile", row[0])
		before := usage(t)
		got, err := Decode(data, DefaultLimits())
		after := usage(t)
		if took := after.cpu - before.cpu; took > 10*time.Second {
			t.Errorf("%s took %v of CPU time", row[0], took)
		}
		if after.peak > 1<<30 {
			t.Fatalf("%s took the process to %d MiB", row[0], after.peak>>20)
		}
		if err != nil {
			checkTyped(t, err)
			t.Logf("%s (%s %s %s): %v", row[0], row[1], row[2], row[3], err)
			taken["errors"]++
			continue
		}
		taken[string(got.Format)]++
		if name, _, ok := strings.Cut(row[0], "_orientation_"); ok {
			size := image.Pt(got.Image.Width(), got.Image.Height())
			if first, seen := upright[name]; seen && first != size {
				t.Errorf("%s is %v upright, another orientation of it %v", row[0], size, first)
			}
			upright[name] = size
		}
	}
	if len(upright) == 0 {
		t.Error("no picture was there in several orientations")
	}
	t.Logf("%d files: %v", len(rows)-1, taken)
}

// used is what the process has used, libjpeg's share included.
type used struct {
	cpu  time.Duration
	peak int64 // bytes resident at most
}

func usage(t *testing.T) used {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	peak := u.Maxrss
	if runtime.GOOS != "darwin" {
		peak <<= 10
	}
	return used{time.Duration(u.Utime.Nano() + u.Stime.Nano()), peak}
}
