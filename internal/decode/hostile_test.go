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
		start, before := time.Now(), allocated()
		got, err := Decode(data, DefaultLimits())
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s took %v", row[0], took)
		}
		// What was allocated in all bounds what was held at once.
		if grew := allocated() - before; grew > 1<<30 {
			t.Errorf("%s allocated %d MiB", row[0], grew>>20)
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

func allocated() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.TotalAlloc
}
