package main

import (
	"fmt"
	"image"
	_ "image/jpeg" // registers the kind of the evaluation pictures
	"os"
)

// readImage decodes a picture of the evaluation sets with the standard library, to be changed and analysed anew.
func readImage(path string) (image.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return img, nil
}
