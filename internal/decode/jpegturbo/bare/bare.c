//go:build !nojpegturbo

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

enum { MCU_LINES = MAX_SAMP_FACTOR * DCTSIZE };

// read_rows writes each row of MCUs over the one before: the least memory traffic that a decode can have.
static int read_rows(struct jpeg_decompress_struct *cinfo) {
  const size_t stride = cinfo->image_width + MCU_LINES;
  unsigned char *memory = malloc(3 * MCU_LINES * stride);
  JSAMPROW rows[3][MCU_LINES];
  JSAMPARRAY arrays[3] = {rows[0], rows[1], rows[2]};
  if (!memory) return 1;
  for (int i = 0; i < 3 * MCU_LINES; i++) rows[i / MCU_LINES][i % MCU_LINES] = memory + i * stride;
  cinfo->raw_data_out = TRUE;
  cinfo->out_color_space = cinfo->jpeg_color_space;
  jpeg_start_decompress(cinfo);
  while (cinfo->output_scanline < cinfo->output_height)
    jpeg_read_raw_data(cinfo, arrays, (JDIMENSION)cinfo->max_v_samp_factor * DCTSIZE);
  jpeg_finish_decompress(cinfo);
  free(memory);
  return 0;
}

int bare_decode(const unsigned char *data, size_t size) {
  struct jpeg_decompress_struct cinfo;
  struct jpeg_error_mgr errors;
  cinfo.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&cinfo);
  jpeg_mem_src(&cinfo, data, size);
  jpeg_read_header(&cinfo, TRUE);
  int failed = cinfo.num_components == 3 ? read_rows(&cinfo) : 1;
  jpeg_destroy_decompress(&cinfo);
  return failed;
}
