//go:build !nojpegturbo

#include "decode.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

#define BF_STRING2(x) #x
#define BF_STRING(x) BF_STRING2(x)

const char *bf_version(void) {
#ifdef LIBJPEG_TURBO_VERSION
  return "libjpeg-turbo " BF_STRING(LIBJPEG_TURBO_VERSION);
#else
  return "libjpeg " BF_STRING(JPEG_LIB_VERSION);
#endif
}

// A decompressor with all that its callbacks need.
typedef struct {
  struct jpeg_decompress_struct cinfo;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  struct jpeg_source_mgr source;
  jmp_buf escape;
  bf_report *report;
  int result;      // why escape was taken
  unsigned char *mcu_row;  // a row of MCUs, luma first
  int end_faked;   // the data ended before the end-of-image marker
} decompressor;

static decompressor *owner(j_common_ptr cinfo) { return (decompressor *)cinfo->client_data; }

static void give_up(decompressor *d, int result) {
  d->result = result;
  longjmp(d->escape, 1);
}

static void format_message(j_common_ptr cinfo) {
  char text[JMSG_LENGTH_MAX];
  (*cinfo->err->format_message)(cinfo, text);
  snprintf(owner(cinfo)->report->message, BF_MESSAGE, "%s", text);
}

static void on_error(j_common_ptr cinfo) {
  format_message(cinfo);
  give_up(owner(cinfo), BF_FAILED);
}

static void on_message(j_common_ptr cinfo, int level) {
  if (level >= 0) return;  // a trace, no warning
  switch (cinfo->err->msg_code) {
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_MUST_RESYNC:
      format_message(cinfo);
      give_up(owner(cinfo), BF_DAMAGED);
  }
}

static void no_output(j_common_ptr cinfo) { (void)cinfo; }

static void on_progress(j_common_ptr cinfo) {
  decompressor *d = owner(cinfo);
  if (d->cinfo.input_scan_number > d->report->max_scans) give_up(d, BF_SCANS);
}

static void no_source_action(j_decompress_ptr cinfo) { (void)cinfo; }

static boolean end_of_data(j_decompress_ptr cinfo) {
  static const JOCTET end_of_image[] = {0xFF, JPEG_EOI};
  owner((j_common_ptr)cinfo)->end_faked = 1;
  cinfo->src->next_input_byte = end_of_image;
  cinfo->src->bytes_in_buffer = sizeof end_of_image;
  return TRUE;
}

static void skip_data(j_decompress_ptr cinfo, long count) {
  struct jpeg_source_mgr *source = cinfo->src;
  if (count <= 0) return;
  if ((size_t)count > source->bytes_in_buffer) {
    end_of_data(cinfo);
    return;
  }
  source->next_input_byte += count;
  source->bytes_in_buffer -= (size_t)count;
}

// create makes a decompressor that reads data; d->escape must be set before.
static void create(decompressor *d, const unsigned char *data, size_t size) {
  d->cinfo.err = jpeg_std_error(&d->errors);
  d->errors.error_exit = on_error;
  d->errors.emit_message = on_message;
  d->errors.output_message = no_output;
  d->cinfo.client_data = d;
  jpeg_create_decompress(&d->cinfo);
  d->progress.progress_monitor = on_progress;
  d->cinfo.progress = &d->progress;
  d->source.init_source = no_source_action;
  d->source.fill_input_buffer = end_of_data;
  d->source.skip_input_data = skip_data;
  d->source.resync_to_restart = jpeg_resync_to_restart;
  d->source.term_source = no_source_action;
  d->source.next_input_byte = data;
  d->source.bytes_in_buffer = size;
  d->cinfo.src = &d->source;
}

// planes_fit tells whether a Y, Cb, Cr picture has one of the subsamplings that image.YCbCr knows.
static int planes_fit(const jpeg_component_info *c) {
  int across = c[0].h_samp_factor / c[1].h_samp_factor, down = c[0].v_samp_factor / c[1].v_samp_factor;
  return c[1].h_samp_factor == c[2].h_samp_factor && c[1].v_samp_factor == c[2].v_samp_factor &&
         c[0].h_samp_factor == across * c[1].h_samp_factor && c[0].v_samp_factor == down * c[1].v_samp_factor &&
         (across == 1 || across == 2 || across == 4) && (down == 1 || down == 2);
}

// chosen_layout keeps what the file stores where planes can say it, and lets libjpeg convert the rest.
static int chosen_layout(const struct jpeg_decompress_struct *cinfo) {
  switch (cinfo->jpeg_color_space) {
    case JCS_GRAYSCALE:
      return BF_PLANES;
    case JCS_YCbCr:
      return planes_fit(cinfo->comp_info) ? BF_PLANES : BF_RGB;
    case JCS_CMYK:
    case JCS_YCCK:
      return BF_CMYK;
    default:
      return BF_RGB;
  }
}

// refuse_arithmetic refuses arithmetic coding, which hardly anything writes: its decoder goes on with zeros where the data ends, and does not tell.
static void refuse_arithmetic(decompressor *d) {
  if (!d->cinfo.arith_code) return;
  snprintf(d->report->message, BF_MESSAGE, "arithmetic coding is not supported");
  give_up(d, BF_FAILED);
}

// incomplete tells whether a component, or in a progressive file a part of its coefficients, came in no scan.
static int incomplete(const struct jpeg_decompress_struct *cinfo) {
  for (int c = 0; c < cinfo->num_components; c++) {
    if (cinfo->comp_info[c].quant_table == NULL) return 1;  // it is kept with a component's first scan
    for (int k = 0; cinfo->progressive_mode && k < DCTSIZE2; k++) {
      if (cinfo->coef_bits[c][k] != 0) return 1;  // the bits that are not known yet, -1 for all
    }
  }
  return 0;
}

static void describe(const struct jpeg_decompress_struct *cinfo, bf_header *header) {
  memset(header, 0, sizeof *header);
  header->layout = chosen_layout(cinfo);
  header->width = (int)cinfo->image_width;
  header->height = (int)cinfo->image_height;
  header->components = cinfo->num_components;
  header->inverted = cinfo->saw_Adobe_marker;
  if (header->layout != BF_PLANES) return;
  size_t mcu_columns = (cinfo->image_width + cinfo->max_h_samp_factor * DCTSIZE - 1) / (cinfo->max_h_samp_factor * DCTSIZE);
  size_t mcu_rows = (cinfo->image_height + cinfo->max_v_samp_factor * DCTSIZE - 1) / (cinfo->max_v_samp_factor * DCTSIZE);
  for (int i = 0; i < cinfo->num_components; i++) {
    header->h[i] = cinfo->comp_info[i].h_samp_factor;
    header->v[i] = cinfo->comp_info[i].v_samp_factor;
  }
  for (int i = 0; i < 2 && i < cinfo->num_components; i++) {
    header->stride[i] = mcu_columns * header->h[i] * DCTSIZE * (i + 1);
    header->rows[i] = mcu_rows * header->v[i] * DCTSIZE;
  }
}

// read_header fills header; it returns early when libjpeg gives up. (Here and below, setjmp stands in a function of its
// own, so that what changes after it belongs to the caller.)
static void read_header(decompressor *d, const unsigned char *data, size_t size, bf_header *header) {
  if (setjmp(d->escape)) return;
  create(d, data, size);
  jpeg_read_header(&d->cinfo, TRUE);
  refuse_arithmetic(d);
  describe(&d->cinfo, header);
}

int bf_read_header(const unsigned char *data, size_t size, bf_header *header, bf_report *report) {
  decompressor d = {.report = report};
  read_header(&d, data, size, header);
  jpeg_destroy_decompress(&d.cinfo);
  return d.result;
}

// pair lets each Cr follow its Cb.
static void pair(unsigned char *restrict to, const unsigned char *restrict cb, const unsigned char *restrict cr, size_t pairs) {
  for (size_t i = 0; i < pairs; i++) {
    to[2 * i] = cb[i];
    to[2 * i + 1] = cr[i];
  }
}

// read_planes reads each row of MCUs over the one before, and copies it. libjpeg writes block by block, eight bytes to each of many lines:
// into memory that is in no cache that takes longer than it does into memory that is, and copying whole lines after that.
static void read_planes(decompressor *d, const bf_header *header, unsigned char *luma, unsigned char *chroma) {
  JSAMPROW rows[3][MAX_SAMP_FACTOR * DCTSIZE];
  JSAMPARRAY arrays[3] = {rows[0], rows[1], rows[2]};
  JDIMENSION lines = (JDIMENSION)d->cinfo.max_v_samp_factor * DCTSIZE;
  size_t luma_size = header->v[0] * DCTSIZE * header->stride[0], chroma_size = header->v[1] * DCTSIZE * header->stride[1];
  d->mcu_row = malloc(luma_size + chroma_size);
  if (!d->mcu_row) ERREXIT1(&d->cinfo, JERR_OUT_OF_MEMORY, 0);
  unsigned char *cb = d->mcu_row + luma_size, *cr = cb + chroma_size / 2;
  for (int y = 0; y < header->v[0] * DCTSIZE; y++) rows[0][y] = d->mcu_row + y * header->stride[0];
  for (int y = 0; y < header->v[1] * DCTSIZE; y++) {
    rows[1][y] = cb + y * (header->stride[1] / 2);
    rows[2][y] = cr + y * (header->stride[1] / 2);
  }
  while (d->cinfo.output_scanline < d->cinfo.output_height) {
    jpeg_read_raw_data(&d->cinfo, arrays, lines);
    memcpy(luma, d->mcu_row, luma_size);
    pair(chroma, cb, cr, chroma_size / 2);
    luma += luma_size;
    chroma += chroma_size;
  }
}

static void read_rows(decompressor *d, unsigned char *pixels, size_t stride) {
  while (d->cinfo.output_scanline < d->cinfo.output_height) {
    JSAMPROW row = pixels + (size_t)d->cinfo.output_scanline * stride;
    jpeg_read_scanlines(&d->cinfo, &row, 1);
  }
}

static void start(decompressor *d, const bf_header *header) {
  bf_header now;
  describe(&d->cinfo, &now);
  if (memcmp(&now, header, sizeof now) != 0) ERREXIT(&d->cinfo, JERR_BAD_STATE);  // the planes are another picture's
  switch (header->layout) {
    case BF_PLANES:
      d->cinfo.raw_data_out = TRUE;
      d->cinfo.out_color_space = d->cinfo.jpeg_color_space;
      break;
    case BF_RGB:
      d->cinfo.out_color_space = JCS_RGB;
      break;
    case BF_CMYK:
      d->cinfo.out_color_space = JCS_CMYK;
      break;
  }
  jpeg_start_decompress(&d->cinfo);
}

static void decode(decompressor *d, const unsigned char *data, size_t size, const bf_header *header,
                   unsigned char *luma, unsigned char *chroma) {
  if (setjmp(d->escape)) return;
  create(d, data, size);
  jpeg_read_header(&d->cinfo, TRUE);
  start(d, header);
  if (header->layout == BF_PLANES) {
    read_planes(d, header, luma, chroma);
  } else {
    read_rows(d, luma, (size_t)header->width * d->cinfo.output_components);
  }
  if (d->end_faked && jpeg_has_multiple_scans(&d->cinfo)) {
    snprintf(d->report->message, BF_MESSAGE, "the end is missing, and with it perhaps scans");
    give_up(d, BF_DAMAGED);
  }
  if (incomplete(&d->cinfo)) {
    snprintf(d->report->message, BF_MESSAGE, "scans are missing");
    give_up(d, BF_DAMAGED);
  }
  // Every pixel is there: jpeg_finish_decompress would only look for faults in what follows them.
}

int bf_decode(const unsigned char *data, size_t size, const bf_header *header,
              unsigned char *luma, unsigned char *chroma, bf_report *report) {
  decompressor d = {.report = report};
  decode(&d, data, size, header, luma, chroma);
  free(d.mcu_row);
  jpeg_destroy_decompress(&d.cinfo);
  return d.result;
}
