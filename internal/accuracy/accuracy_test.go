package main

import (
	"os"
	"testing"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
)

// TestAccuracy runs every section as the program does and fails where a figure misses its bar.
func TestAccuracy(t *testing.T) {
	if testing.Short() {
		t.Skip("measures on some 2,900 pictures: not in short runs")
	}
	data := os.Getenv(envData)
	if data == "" {
		t.Skipf("%s is not set: the figures need the evaluation pictures", envData)
	}
	analyzer, err := bonafide.Open(bonafide.Config{Models: catalogtest.Dir(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := analyzer.Close(); err != nil {
			t.Error(err)
		}
	}()
	l := newLab(analyzer, data, t.Output())
	for _, s := range sections {
		t.Run(s.name, func(t *testing.T) {
			l.out, l.missed = t.Output(), nil
			if err := s.run(t.Context(), l); err != nil {
				t.Fatal(err)
			}
			for _, line := range l.missed {
				t.Errorf("misses its bar: %s", line)
			}
		})
	}
}
