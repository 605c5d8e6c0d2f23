package decode

import (
	"path/filepath"
	"slices"
	"strings"
)

// Format is a kind of picture file that is taken, as reports name it.
type Format string

// The formats taken.
const (
	JPEG Format = "jpeg"
	PNG  Format = "png"
	WebP Format = "webp"
	GIF  Format = "gif"
	BMP  Format = "bmp"
	TIFF Format = "tiff"
)

const takenKinds = "JPEG, PNG, WebP, GIF, BMP, TIFF"

// signature is how files of one kind begin; '?' in the magic stands for any byte.
type signature struct {
	magic  string
	found  string // how an error message calls it
	format Format // empty for a kind that is not taken
}

var signatures = []signature{
	{"\xff\xd8\xff", "JPEG", JPEG},
	{"\x89PNG\r\n\x1a\n", "PNG", PNG},
	{"RIFF????WEBP", "WebP", WebP},
	{"GIF87a", "GIF", GIF},
	{"GIF89a", "GIF", GIF},
	{"BM????????????\x28\x00\x00\x00", "BMP", BMP},
	{"BM????????????\x6c\x00\x00\x00", "BMP", BMP},
	{"BM????????????\x7c\x00\x00\x00", "BMP", BMP},
	{"BM", "a BMP of an old or rare kind", ""},
	{"II*\x00", "TIFF", TIFF},
	{"MM\x00*", "TIFF", TIFF},
	{"II+\x00", "a BigTIFF", ""},
	{"MM\x00+", "a BigTIFF", ""},
	{"????ftypavi", "an AVIF picture", ""},
	{"????ftyphei", "a HEIC picture", ""},
	{"????ftyphev", "a HEIC picture", ""},
	{"????ftypmif", "a HEIF picture", ""},
	{"????ftypmsf", "a HEIF picture", ""},
	{"????ftyp", "a video", ""},
	{"\xff\x0a", "a JPEG XL picture", ""},
	{"\x00\x00\x00\x0cJXL ", "a JPEG XL picture", ""},
	{"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture", ""},
	{"\xff\x4f\xff\x51", "a JPEG 2000 picture", ""},
	{"8BPS", "a Photoshop document", ""},
	{"\x00\x00\x01\x00", "an icon", ""},
	{"%PDF-", "a PDF document", ""},
	{"%!PS", "a PostScript document", ""},
	{"PK\x03\x04", "a ZIP archive", ""},
	{"\x1f\x8b", "gzip data", ""},
	{"\x1aE\xdf\xa3", "a video", ""},
	{"<svg", "an SVG drawing", ""},
	{"<?xml", "an XML document", ""},
	{"<!DOCTYPE", "an HTML document", ""},
	{"<html", "an HTML document", ""},
	{"{", "text that may be JSON", ""},
	{"data:", "a data URL that was not decoded", ""},
	{"/9j/", "base64 text that was not decoded", ""},
	{"iVBORw0KGgo", "base64 text that was not decoded", ""},
}

// sniff finds the format from the first bytes; found says in words what the bytes are where the format is empty.
func sniff(data []byte) (format Format, found string) {
	if len(data) == 0 {
		return "", "no data"
	}
	for _, s := range signatures {
		if matches(data, s.magic) {
			return s.format, s.found
		}
	}
	return "", "unknown data"
}

func matches(data []byte, magic string) bool {
	if len(data) < len(magic) {
		return false
	}
	for i := range len(magic) {
		if magic[i] != '?' && magic[i] != data[i] {
			return false
		}
	}
	return true
}

// HasExtension tells whether a file's name ends as those of pictures that are taken do; Extensions lists the endings.
func HasExtension(name string) bool {
	return slices.Contains(Extensions(), strings.ToLower(filepath.Ext(name)))
}

// Extensions are the endings of HasExtension.
func Extensions() []string {
	return []string{".jpg", ".jpeg", ".png", ".apng", ".webp", ".gif", ".bmp", ".tif", ".tiff"}
}
