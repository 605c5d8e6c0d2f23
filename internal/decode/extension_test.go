package decode

import "testing"

func TestHasExtension(t *testing.T) {
	for name, want := range map[string]bool{
		"a.jpg": true, "dir.d/A.JPEG": true, "b.tiff": true, "c.apng": true,
		"": false, "jpg": false, "a.jpg.txt": false, "dir.jpg/a": false, "a.heic": false,
	} {
		if got := HasExtension(name); got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
}
