package evaluate

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bonafide-pad/bonafide/internal/decode"
)

// Item is one labelled picture.
type Item struct {
	// Path is where the file is, Name the path relative to the manifest or the folder, with slashes.
	Path string
	Name string
	// Label is as given: "live" or "spoof", or an attribute's.
	Label string
	// Species is the kind of attack instrument.
	Species string
	// Group names what is not independent, a clip or a person; "" for a picture that stands alone.
	Group string
	// Extra are the other columns of the manifest in their order.
	Extra []Column
}

// Column is one value of an extra column of a manifest.
type Column struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Column returns the value of a column by name: label, species, group or an extra one; "" where there is none.
func (it Item) Column(name string) string {
	switch name {
	case "label":
		return it.Label
	case "species":
		return it.Species
	case "group":
		return it.Group
	}
	for _, c := range it.Extra {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// HasColumns returns an error for the first of names that is no column of the items.
func HasColumns(items []Item, names []string) error {
	known := []string{"label", "species", "group"}
	for _, c := range items[0].Extra { // a manifest's items have the same
		known = append(known, c.Name)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return fmt.Errorf("there is no column %q; there are: %s", name, strings.Join(known, ", "))
		}
	}
	return nil
}

// manifestName is the file that describes the pictures of a folder.
const manifestName = "manifest.csv"

// ErrLayout is wrapped by the errors about a folder or a manifest that doesn't say what its pictures show.
var ErrLayout = errors.New("cannot tell what the pictures show")

// Load lists the pictures of path: a manifest, a folder that holds a manifest.csv, or a folder of live/ and spoof/SPECIES/. In such a folder,
// pictures in a further folder below live/ or spoof/SPECIES/ are a group.
func Load(path string) ([]Item, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return loadManifest(path)
	}
	manifest := filepath.Join(path, manifestName)
	if _, err := os.Stat(manifest); err == nil {
		return loadManifest(manifest)
	}
	return loadFolder(path)
}

func loadManifest(path string) ([]Item, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	items, err := readManifest(f, filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return items, nil
}

// byteOrderMark is what spreadsheets put before a file of UTF-8, and before the quotes of its first column.
const byteOrderMark = "\ufeff"

// readManifest reads comma-separated values whose first line names the columns: path and label, and as wanted species, group and any
// others. Paths are relative to dir.
func readManifest(r io.Reader, dir string) ([]Item, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLayout, err)
	}
	table := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte(byteOrderMark))))
	header, err := table.Read()
	if err != nil {
		return nil, fmt.Errorf("%w: reading the header: %w", ErrLayout, err)
	}
	if err := checkHeader(header); err != nil {
		return nil, err
	}
	var items []Item
	for {
		fields, err := table.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrLayout, err)
		}
		it := itemOf(header, fields)
		if it.Name == "" {
			line, _ := table.FieldPos(0)
			return nil, fmt.Errorf("%w: line %d has no path", ErrLayout, line)
		}
		it.Path = filepath.FromSlash(it.Name)
		if !filepath.IsAbs(it.Path) {
			it.Path = filepath.Join(dir, it.Path)
		}
		items = append(items, it)
	}
	if len(items) == 0 {
		return nil, fmt.Errorf("%w: the manifest names no pictures", ErrLayout)
	}
	return items, nil
}

// checkHeader names the first column that is missing or that is there twice. Nobody asks for one without a name.
func checkHeader(header []string) error {
	for _, needed := range []string{"path", "label"} {
		if !slices.Contains(header, needed) {
			return fmt.Errorf("%w: the manifest has no column %q, only %q", ErrLayout, needed, header)
		}
	}
	for i, name := range header {
		if name != "" && slices.Contains(header[:i], name) {
			return fmt.Errorf("%w: the manifest has two columns %q", ErrLayout, name)
		}
	}
	return nil
}

func itemOf(header, fields []string) Item {
	var it Item
	for i, name := range header {
		switch value := fields[i]; name {
		case "path":
			it.Name = value
		case "label":
			it.Label = value
		case "species":
			it.Species = value
		case "group":
			it.Group = value
		default:
			it.Extra = append(it.Extra, Column{name, value})
		}
	}
	return it
}

func loadFolder(dir string) ([]Item, error) {
	var items []Item
	root := dir + string(filepath.Separator) // a link to a folder is followed where its name ends so
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err == nil && d.Type()&fs.ModeSymlink != 0 {
			err = refuseLinkedFolder(file)
		}
		if err != nil || d.IsDir() || !decode.HasExtension(file) {
			return err
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		it, err := itemFromPath(filepath.ToSlash(rel))
		it.Path = file
		items = append(items, it)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return nil, fmt.Errorf("%w: no pictures below %s (looked for %s in live/ and spoof/SPECIES/, or a %s)",
			ErrLayout, dir, strings.Join(decode.Extensions(), " "), manifestName)
	}
	return items, nil
}

// refuseLinkedFolder keeps the pictures of a linked folder from being left out in silence: a walk does not follow it.
func refuseLinkedFolder(file string) error {
	info, err := os.Stat(file)
	if err != nil || !info.IsDir() {
		return nil //nolint:nilerr // a link that leads nowhere is a picture that cannot be read
	}
	return fmt.Errorf("%w: %s is a link to a folder, which is not followed: name its pictures in a %s", ErrLayout, file, manifestName)
}

// itemFromPath reads label, species and group off a path like spoof/phone replay/clip 7/003.jpg.
func itemFromPath(name string) (Item, error) {
	folders := strings.Split(path.Dir(name), "/")
	it := Item{Name: name, Label: folders[0]}
	folders = folders[1:]
	switch {
	case it.Label != labelLive && it.Label != labelSpoof:
		return it, fmt.Errorf("%w: %s is neither below live/ nor below spoof/, and there is no %s", ErrLayout, name, manifestName)
	case it.Label == labelSpoof && len(folders) == 0:
		return it, fmt.Errorf("%w: %s is not in a folder of its species, such as spoof/print/", ErrLayout, name)
	case it.Label == labelSpoof:
		it.Species, folders = folders[0], folders[1:]
	}
	if len(folders) > 0 {
		it.Group = path.Dir(name)
	}
	return it, nil
}
