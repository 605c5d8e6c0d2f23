package decode

import "bytes"

// maxJPEGScans bounds the work that a progressive JPEG of few bytes can ask for. Encoders write about ten scans.
const maxJPEGScans = 64

// JPEG markers, the second byte after 0xff.
const (
	startOfImage = 0xd8
	endOfImage   = 0xd9
	startOfScan  = 0xda
	restart0     = 0xd0
	restart7     = 0xd7
	temporary    = 0x01
)

// jpegScans walks the markers of a JPEG file: how many scans begin, and whether the end-of-image marker comes after them.
func jpegScans(data []byte) (scans int, ended bool) {
	for at := 2; ; {
		skip := bytes.IndexByte(data[min(at, len(data)):], 0xff)
		if skip < 0 || at+skip+1 >= len(data) {
			return scans, false
		}
		at += skip + 1
		marker := data[at]
		switch {
		case marker == endOfImage:
			return scans, true
		case marker == 0xff, marker == 0, marker == temporary, marker == startOfImage,
			marker >= restart0 && marker <= restart7:
			// Fill, a stuffed byte of pixel data, or a marker without content. A fill byte may begin the next marker.
			if marker != 0xff {
				at++
			}
			continue
		case marker == startOfScan:
			scans++
		}
		if at+2 >= len(data) {
			return scans, false
		}
		at += 1 + int(data[at+1])<<8 + int(data[at+2])
	}
}
