// Command align prepares pictures for the training of the occlusion network: it finds the largest face of every JPEG in a
// folder with the product's own detector and landmarks and writes two files,
//
//	OUT.jsonl  one line a face: {"file": name, "points": [[x, y], … 68]}
//	OUT.rgb    for each line the aligned patch as the network sees it, 64×64 interleaved RGB bytes
//
// Pictures without a face are left out.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/bonafide-pad/bonafide/internal/attribute"
	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/decode"
	"github.com/bonafide-pad/bonafide/internal/detect"
	"github.com/bonafide-pad/bonafide/internal/infer/ort"
	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/locate"
	"github.com/bonafide-pad/bonafide/internal/mesh"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: align FOLDER OUT")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "align:", err)
		os.Exit(1)
	}
}

func run(folder, out string) error {
	files, err := pictures(folder)
	if err != nil {
		return err
	}
	a, err := openAligner()
	if err != nil {
		return err
	}
	return errors.Join(a.alignAll(files, out), a.runtime.Close())
}

// pictures lists the JPEG files of a folder, by name.
func pictures(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("listing the pictures: %w", err)
	}
	var files []string
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".jpg" {
			files = append(files, filepath.Join(folder, e.Name()))
		}
	}
	if files == nil {
		return nil, fmt.Errorf("%s: no file ends in .jpg", folder)
	}
	return files, nil
}

// alignAll writes the two files. Until both are whole they are called .part, so that training never begins on half of them.
func (a *aligner) alignAll(files []string, out string) error {
	index, err := os.Create(out + ".jsonl.part")
	if err != nil {
		return err
	}
	patches, err := os.Create(out + ".rgb.part")
	if err != nil {
		return errors.Join(err, index.Close())
	}
	lines, pixels := bufio.NewWriter(index), bufio.NewWriter(patches)
	for _, file := range files {
		if err = a.align(file, lines, pixels); err != nil {
			err = fmt.Errorf("%s: %w", file, err)
			break
		}
	}
	if err := errors.Join(err, lines.Flush(), pixels.Flush(), index.Close(), patches.Close()); err != nil {
		return err
	}
	return errors.Join(os.Rename(index.Name(), out+".jsonl"), os.Rename(patches.Name(), out+".rgb"))
}

// aligner holds the stages before the occlusion network.
type aligner struct {
	runtime   *ort.Backend
	detector  *detect.UltraLight
	landmarks *landmark.Net64
	mesh      *mesh.Net
}

func openAligner() (*aligner, error) {
	dir, err := catalog.FindDir("")
	if err != nil {
		return nil, err
	}
	library, err := catalog.Runtime()
	if err != nil {
		return nil, err
	}
	a := &aligner{}
	if a.runtime, err = ort.Open(library.Location(dir)); err != nil {
		return nil, err
	}
	models := map[string][]byte{}
	for _, file := range []string{catalog.UltraLightDetector, catalog.Landmarks68, catalog.FaceMesh} {
		entry, err := catalog.Network(file)
		if err != nil {
			return nil, err
		}
		if models[file], err = entry.Read(dir); err != nil {
			return nil, err
		}
	}
	if a.detector, err = detect.NewUltraLight(a.runtime, models[catalog.UltraLightDetector]); err != nil {
		return nil, err
	}
	if a.landmarks, err = landmark.NewNet64(a.runtime, models[catalog.Landmarks68]); err != nil {
		return nil, err
	}
	a.mesh, err = mesh.New(a.runtime, models[catalog.FaceMesh])
	return a, err
}

// align writes the largest face of one picture.
func (a *aligner) align(file string, lines, pixels *bufio.Writer) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	picture, err := decode.Decode(data, decode.DefaultLimits())
	if err != nil {
		return err
	}
	ctx := context.Background()
	found, err := locate.New(a.detector, a.landmarks, a.mesh).Find(ctx, picture.Image)
	if err != nil || len(found) == 0 {
		return err
	}
	points := found[0].Points
	patch, err := attribute.OcclusionPatch(picture.Image, &points)
	if err != nil {
		return err
	}
	if _, err := pixels.Write(interleave(patch)); err != nil {
		return err
	}
	return json.NewEncoder(lines).Encode(map[string]any{"file": filepath.Base(file), "points": pairs(points[:])})
}

// interleave turns planes into pixels, rounded.
func interleave(planes []float32) []byte {
	n := len(planes) / 3
	pixels := make([]byte, len(planes))
	for i := range n {
		for c := range 3 {
			pixels[3*i+c] = byte(planes[c*n+i] + 0.5)
		}
	}
	return pixels
}

func pairs(points []raster.Point) [][2]float64 {
	out := make([][2]float64, len(points))
	for i, p := range points {
		out[i] = [2]float64{p.X, p.Y}
	}
	return out
}
