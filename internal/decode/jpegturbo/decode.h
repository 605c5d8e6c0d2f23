// The part of jpegturbo in C: everything between jpeg_create_decompress and jpeg_destroy_decompress, so that longjmp
// never crosses a Go frame.
#ifndef BONAFIDE_JPEGTURBO_H
#define BONAFIDE_JPEGTURBO_H

#include <stddef.h>
#include <stdint.h>

enum {
  BF_OK = 0,
  BF_FAILED,    // libjpeg gave up: message says why
  BF_DAMAGED,   // pixels are missing or garbled: message says what came first
  BF_SCANS,     // more scans than allowed
};

// How the pixels come out.
enum {
  BF_PLANES = 1,  // components as stored: one (grey), or luma and pairs of Cb and Cr
  BF_RGB,         // three bytes a pixel
  BF_CMYK,        // four bytes a pixel, 255 = no ink when the Adobe marker stands, 255 = full ink otherwise
};

#define BF_MESSAGE 200

typedef struct {
  int layout;                   // BF_PLANES, BF_RGB or BF_CMYK
  int width, height;            // of the picture, in pixels
  int components;               // of the file
  int inverted;                 // CMYK with Adobe's marker
  int h[3], v[3];               // BF_PLANES: sampling factors
  size_t stride[2], rows[2];    // BF_PLANES: size of luma and of the pairs, in bytes, padded to whole MCUs
} bf_header;

typedef struct {
  int max_scans;                // asked for
  char message[BF_MESSAGE];
} bf_report;

// bf_read_header reads up to the first scan.
int bf_read_header(const unsigned char *data, size_t size, bf_header *header, bf_report *report);

// bf_decode decodes into planes of the sizes that bf_read_header gave. For BF_RGB and BF_CMYK only luma is written, with
// width × 3 or width × 4 bytes a row.
int bf_decode(const unsigned char *data, size_t size, const bf_header *header,
              unsigned char *luma, unsigned char *chroma, bf_report *report);

const char *bf_version(void);

#endif
