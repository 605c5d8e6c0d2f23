package modelpack_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/modelpack"
)

func silentFace(t *testing.T) modelpack.Pack {
	t.Helper()
	p, err := modelpack.Find(modelpack.SilentFace)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// peers is the folder with the published weights.
func peers(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("BONAFIDE_PEERS")
	if dir == "" {
		t.Skip("BONAFIDE_PEERS does not name the folder with the published weights")
	}
	return dir
}

func present(t *testing.T, p modelpack.Pack, models string) bool {
	t.Helper()
	is, err := p.Present(models)
	if err != nil {
		t.Fatal(err)
	}
	return is
}

func TestAddAndRemove(t *testing.T) {
	from, models, p := peers(t), t.TempDir(), silentFace(t)
	for range 2 { // adding what is there replaces it
		if err := p.Add(t.Context(), models, modelpack.FromFolder(from), catalogtest.Backend(t)); err != nil {
			t.Fatal(err)
		}
	}
	if !present(t, p, models) {
		t.Error("the pack is not there after it was added")
	}
	for _, n := range p.Networks {
		if _, err := p.Read(models, n); err != nil {
			t.Error(err)
		}
	}
	if left, err := os.ReadDir(models); err != nil || len(left) != 1 {
		t.Errorf("the models folder holds %v (%v), want the pack alone", left, err)
	}
	damaged := filepath.Join(models, p.Name, p.Networks[0].File)
	if err := os.WriteFile(damaged, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Read(models, p.Networks[0]); !errors.Is(err, modelpack.ErrDamaged) {
		t.Errorf("a damaged network was read: %v", err)
	}
	if removed, err := p.Remove(models); err != nil || !removed || present(t, p, models) {
		t.Errorf("removed %v (%v)", removed, err)
	}
	if removed, err := p.Remove(models); err != nil || removed {
		t.Errorf("removed again %v (%v)", removed, err)
	}
}

// A file that is missing or is another leaves what was there as it was.
func TestAddIsAllOrNothing(t *testing.T) {
	p, models := silentFace(t), t.TempDir()
	other := func(context.Context, string) ([]byte, error) { return bytes.Repeat([]byte("x"), 100), nil }
	for want, fetch := range map[string]modelpack.Fetch{
		"wrong SHA-256":                       other,
		"fetching 2.7_80x80_MiniFASNetV2.pth": modelpack.FromFolder(t.TempDir()),
	} {
		err := p.Add(t.Context(), models, fetch, catalogtest.Backend(t))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if left, err := os.ReadDir(models); err != nil || len(left) != 0 {
		t.Errorf("left behind %v (%v)", left, err)
	}
}

func TestUnknownPack(t *testing.T) {
	if _, err := modelpack.Find("other"); err == nil || !strings.Contains(err.Error(), `no model pack "other"; there are: silent-face`) {
		t.Errorf("got %v", err)
	}
}

func TestHalfAPackIsDamaged(t *testing.T) {
	p, models := silentFace(t), t.TempDir()
	if err := os.Mkdir(filepath.Join(models, p.Name), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Read(models, p.Networks[0]); !present(t, p, models) || !errors.Is(err, modelpack.ErrDamaged) {
		t.Errorf("got %v, want ErrDamaged", err)
	}
}
