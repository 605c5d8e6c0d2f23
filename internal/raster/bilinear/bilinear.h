// The part of bilinear in C. Structures hold no pointers, so that Go may pass them as they are.
#ifndef BONAFIDE_BILINEAR_H
#define BONAFIDE_BILINEAR_H

#include <stdint.h>

enum { BF_GREY, BF_RGB, BF_YCC, BF_YCC_PAIRS };

// bf_source describes a stored picture of one plane or three.
typedef struct {
  int32_t model;             // BF_GREY, BF_RGB, BF_YCC, or BF_YCC_PAIRS, where each sample of Cr follows that of Cb
  int32_t step[3];           // bytes from one sample of a plane to the next in a row
  int32_t width[3], height[3], stride[3];
  float chroma_x, chroma_y;  // chroma samples for each pixel, 1 or less
} bf_source;

// bf_patch describes what is wanted of it.
typedef struct {
  int32_t width, height;
  int32_t stride, plane_stride; // values of a row and of a plane
  int32_t grey;              // one plane of luminance instead of three of colour
  int32_t red, green, blue;  // the places of the planes
  float scale[3], offset[3]; // of red, green and blue; of luminance the first
} bf_patch;

// bf_planes are where the pixels are read and written.
#define BF_PLANES const uint8_t *pix0, const uint8_t *pix1, const uint8_t *pix2, float *to

// bf_sample_grid_… sample where each stored axis depends on one axis of the patch: x on its columns and y on its rows, or,
// when swapped, x on its rows and y on its columns. at are the pixels before the places on x, as bytes from the row's beginning, then
// those on y, then the same among the samples of chroma; part is how far each place is to the next pixel, 0 to 1. The one runs everywhere,
// the other where bf_has_avx2.
void bf_sample_grid_plain(const bf_source *s, const bf_patch *p, BF_PLANES, const int32_t *at, const float *part, int swapped);
void bf_sample_grid_avx2(const bf_source *s, const bf_patch *p, BF_PLANES, const int32_t *at, const float *part, int swapped);

// bf_sample_means_… write one plane of luminance, as large as the patch says, on a grid of twice as many places on each axis: the mean of each 2×2 of
// them. line is room for a row of the picture.
#define BF_MEANS const bf_source *s, const bf_patch *p, const uint8_t *pix, float *to, const int32_t *at, const float *part, int swapped, float *line
void bf_sample_means_plain(BF_MEANS);
void bf_sample_means_avx2(BF_MEANS);

// bf_sample_free_… sample at x = m[0]·(u+½) + m[1]·(v+½) + m[2] and y = m[3]·(u+½) + m[4]·(v+½) + m[5]; outside of the picture its
// outermost pixels continue.
void bf_sample_free_plain(const bf_source *s, const bf_patch *p, BF_PLANES, const double *m);
void bf_sample_free_avx2(const bf_source *s, const bf_patch *p, BF_PLANES, const double *m);

int bf_has_avx2(void);

#endif
