package evaluate

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func write(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLoadFolder(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"live/a.jpg": "", "live/ann/1.PNG": "", "live/notes.txt": "",
		"spoof/phone replay/b.jpg": "", "spoof/print/clip 7/x/003.webp": "",
	})
	got, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []Item{
		{Name: "live/a.jpg", Label: "live"},
		{Name: "live/ann/1.PNG", Label: "live", Group: "live/ann"},
		{Name: "spoof/phone replay/b.jpg", Label: "spoof", Species: "phone replay"},
		{Name: "spoof/print/clip 7/x/003.webp", Label: "spoof", Species: "print", Group: "spoof/print/clip 7/x"},
	}
	for i := range want {
		want[i].Path = filepath.Join(dir, filepath.FromSlash(want[i].Name))
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestLoadManifest(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"manifest.csv": "\ufeffpath,label,camera,species,group\na/1.jpg,live,door,,ann\n\"b, c.jpg\",spoof,desk,print,\n",
	})
	want := []Item{
		{Name: "a/1.jpg", Label: "live", Group: "ann", Extra: []Column{{"camera", "door"}}, Path: filepath.Join(dir, "a", "1.jpg")},
		{Name: "b, c.jpg", Label: "spoof", Species: "print", Extra: []Column{{"camera", "desk"}}, Path: filepath.Join(dir, "b, c.jpg")},
	}
	for _, path := range []string{dir, filepath.Join(dir, "manifest.csv")} {
		got, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", path, d)
		}
	}
	if got := want[0].Column("camera") + want[0].Column("group") + want[0].Column("none"); got != "doorann" {
		t.Errorf("columns read %q", got)
	}
}

// Windows PowerShell's Export-Csv quotes every value and puts a byte order mark before the first quote.
func TestManifestOfPowerShell(t *testing.T) {
	got, err := readManifest(strings.NewReader("\ufeff\"path\",\"label\"\r\n\"a.jpg\",\"live\"\r\n"), "dir")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]Item{{Name: "a.jpg", Label: "live", Path: filepath.Join("dir", "a.jpg")}}, got); d != "" {
		t.Error(d)
	}
}

// A set behind a link is found; of one that is put together of links no part is left out in silence.
func TestLoadLinkedFolder(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"set/live/a.jpg": "", "prints/print/b.jpg": ""})
	link := func(to, at string) {
		t.Helper()
		if err := os.Symlink(to, filepath.Join(dir, at)); err != nil {
			t.Skip("no links here: ", err)
		}
	}
	link("set", "linked")
	link("a.jpg", "set/live/again.jpg")
	items, err := Load(filepath.Join(dir, "linked"))
	if err != nil || len(items) != 2 || items[0].Name != "live/a.jpg" || items[0].Path != filepath.Join(dir, "linked", "live", "a.jpg") {
		t.Errorf("behind the link are %+v, %v", items, err)
	}
	link(filepath.Join("..", "prints"), "set/spoof")
	if _, err := Load(filepath.Join(dir, "set")); !errors.Is(err, ErrLayout) || !strings.Contains(err.Error(), "spoof is a link to a folder") {
		t.Errorf("a linked spoof/ gives %v", err)
	}
}

func TestLayoutsThatSayTooLittle(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"no pictures":     {map[string]string{"live/readme.txt": ""}, "no pictures below"},
		"loose picture":   {map[string]string{"a.jpg": ""}, "a.jpg is neither below live/ nor below spoof/"},
		"other folder":    {map[string]string{"fake/a.jpg": ""}, "fake/a.jpg is neither below live/"},
		"no species":      {map[string]string{"spoof/a.jpg": ""}, "spoof/a.jpg is not in a folder of its species"},
		"no label column": {map[string]string{"manifest.csv": "path,class\na.jpg,live\n"}, `no column "label"`},
		"path twice":      {map[string]string{"manifest.csv": "path,label,path\na.jpg,live,b.jpg\n"}, `two columns "path"`},
		"camera twice":    {map[string]string{"manifest.csv": "path,label,camera,camera\na.jpg,live,1,2\n"}, `two columns "camera"`},
		"no rows":         {map[string]string{"manifest.csv": "path,label\n"}, "names no pictures"},
		"no path":         {map[string]string{"manifest.csv": "path,label\na.jpg,live\n,live\n"}, "line 3 has no path"},
		"short row":       {map[string]string{"manifest.csv": "path,label\na.jpg\n"}, "wrong number of fields"},
		"empty manifest":  {map[string]string{"manifest.csv": ""}, "reading the header"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, c.files)
			if _, err := Load(dir); !errors.Is(err, ErrLayout) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want ErrLayout with %q", err, c.want)
			}
		})
	}
}

// Spreadsheets leave columns without a name at the end of every line.
func TestUnnamedColumnsDoNoHarm(t *testing.T) {
	if _, err := readManifest(strings.NewReader("path,label,,\na.jpg,live,,\n"), "dir"); err != nil {
		t.Error(err)
	}
}

func TestHasColumns(t *testing.T) {
	items := []Item{{Label: "live", Extra: []Column{{"camera", "door"}}}}
	if err := HasColumns(items, []string{"camera", "species", "group", "label"}); err != nil {
		t.Error(err)
	}
	err := HasColumns(items, []string{"camera", "typo"})
	if want := `there is no column "typo"; there are: label, species, group, camera`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestTasksReadTheirLabels(t *testing.T) {
	eyes, err := Attribute("eyes")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(eyes.Prepare([]Item{{Label: "closed"}, {Label: "open"}}), Liveness().Prepare([]Item{{Label: "live"}})); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		task Task
		item Item
		want string
	}{
		{eyes, Item{Name: "a.jpg", Label: "live"}, `a.jpg has label "live", allowed for eyes are closed and open`},
		{Liveness(), Item{Name: "b.jpg", Label: "print"}, `b.jpg has label "print", allowed for liveness are live, bona fide, real and spoof, attack, fake`},
	} {
		if err := c.task.Prepare([]Item{c.item}); !errors.Is(err, ErrLayout) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
	attacks := []Item{{Label: "live"}, {Label: "attack"}, {Label: "attack", Species: "print"}}
	if err := Liveness().Prepare(attacks); err != nil || attacks[0].Species != "" || attacks[1].Species != Unnamed || attacks[2].Species != "print" {
		t.Errorf("species of a live face, an attack and a print: %+v, %v", attacks, err)
	}
	if _, err := Attribute("nose"); err == nil {
		t.Error("there is no attribute nose")
	}
}

func FuzzManifest(f *testing.F) {
	f.Add("path,label,species,group\na.jpg,live,,\n")
	f.Add("label,path\n\"x\",\"../a\"\n")
	f.Fuzz(func(t *testing.T, manifest string) {
		items, err := readManifest(strings.NewReader(manifest), "dir")
		if err == nil && len(items) == 0 {
			t.Error("neither pictures nor an error")
		}
		for _, it := range items {
			if it.Path == "" || it.Name == "" {
				t.Errorf("a picture without a path: %+v", it)
			}
		}
	})
}
