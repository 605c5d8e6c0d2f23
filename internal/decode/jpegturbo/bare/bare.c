//go:build !nojpegturbo

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

// decode_once writes each row of MCUs over the one before: the least memory traffic that a decode can have.
static int decode_once(const unsigned char *data, size_t size, unsigned char *buffer[3], size_t stride) {
  struct jpeg_decompress_struct cinfo;
  struct jpeg_error_mgr errors;
  JSAMPROW rows[3][MAX_SAMP_FACTOR * DCTSIZE];
  JSAMPARRAY arrays[3] = {rows[0], rows[1], rows[2]};
  cinfo.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&cinfo);
  jpeg_mem_src(&cinfo, data, size);
  jpeg_read_header(&cinfo, TRUE);
  int fits = cinfo.num_components == 3 && cinfo.image_width + MAX_SAMP_FACTOR * DCTSIZE <= stride;
  if (fits) {
    cinfo.raw_data_out = TRUE;
    cinfo.out_color_space = cinfo.jpeg_color_space;
    jpeg_start_decompress(&cinfo);
    for (int c = 0; c < 3; c++)
      for (int y = 0; y < MAX_SAMP_FACTOR * DCTSIZE; y++) rows[c][y] = buffer[c] + (size_t)y * stride;
    while (cinfo.output_scanline < cinfo.output_height)
      jpeg_read_raw_data(&cinfo, arrays, (JDIMENSION)cinfo.max_v_samp_factor * DCTSIZE);
    jpeg_finish_decompress(&cinfo);
  }
  jpeg_destroy_decompress(&cinfo);
  return fits ? 0 : 1;
}

int bare_decode(const unsigned char *data, size_t size, int times) {
  const size_t stride = JPEG_MAX_DIMENSION + MAX_SAMP_FACTOR * DCTSIZE;
  const size_t plane = stride * MAX_SAMP_FACTOR * DCTSIZE;
  unsigned char *memory = malloc(3 * plane);
  if (!memory) return 1;
  unsigned char *buffer[3] = {memory, memory + plane, memory + 2 * plane};
  int failed = 0;
  while (times-- > 0 && !failed) failed = decode_once(data, size, buffer, stride);
  free(memory);
  return failed;
}
