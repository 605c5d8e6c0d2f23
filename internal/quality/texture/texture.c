#include "texture.h"

#include <math.h>
#include <string.h>

#define LANES 8 // sums that are kept apart, so that the compiler may add them at a time

// The loops over a row are written so that the compiler computes several values at a time.

static void smooth_row(float *restrict out, const float *restrict in, int32_t width) {
  out[0] = (3 * in[0] + in[width > 1]) / 4;
  for (int32_t x = 1; x < width - 1; x++) out[x] = (in[x - 1] + 2 * in[x] + in[x + 1]) / 4;
  if (width > 1) out[width - 1] = (in[width - 2] + 3 * in[width - 1]) / 4;
}

static void smooth_column(float *restrict out, const float *restrict above, const float *restrict row, const float *restrict below, int32_t width) {
  for (int32_t x = 0; x < width; x++) out[x] = (above[x] + 2 * row[x] + below[x]) / 4;
}

void bf_smooth(float *out, const float *in, float *across, int32_t width, int32_t height) {
  for (int32_t y = 0; y < height; y++) smooth_row(across + y * width, in + y * width, width);
  for (int32_t y = 0; y < height; y++) {
    const float *row = across + y * width;
    smooth_column(out + y * width, y > 0 ? row - width : row, row, y < height - 1 ? row + width : row, width);
  }
}

static void add_noise(float *restrict sums, const float *restrict above, const float *restrict row, const float *restrict below, int32_t width) {
  for (int32_t x = 1; x < width - 1; x++) {
    float v = above[x - 1] - 2 * above[x] + above[x + 1] - 2 * row[x - 1] + 4 * row[x] - 2 * row[x + 1] + below[x - 1] - 2 * below[x] + below[x + 1];
    sums[x] += fabsf(v);
  }
}

void bf_noise(float *blocks, float *columns, const float *in, int32_t width, int32_t height) {
  for (int32_t top = 1; top + BF_BLOCK < height; top += BF_BLOCK) {
    memset(columns, 0, width * sizeof(float));
    for (int32_t y = top; y < top + BF_BLOCK; y++) add_noise(columns, in + (y - 1) * width, in + y * width, in + (y + 1) * width, width);
    for (int32_t left = 1; left + BF_BLOCK < width; left += BF_BLOCK) {
      float sum = 0;
      for (int32_t x = left; x < left + BF_BLOCK; x++) sum += columns[x];
      *blocks++ = sum;
    }
  }
}

static void add_steps(float *restrict sums, const float *restrict row, int32_t width) {
  for (int32_t x = 0; x < width - 1; x++) sums[x] += fabsf(row[x + 1] - row[x]);
}

static float sum_steps(const float *restrict row, const float *restrict next, int32_t from, int32_t to) {
  float sums[LANES] = {0}, sum = 0;
  int32_t x = from;
  for (; x + LANES <= to; x += LANES)
    for (int32_t i = 0; i < LANES; i++) sums[i] += fabsf(next[x + i] - row[x + i]);
  for (; x < to; x++) sum += fabsf(next[x] - row[x]);
  for (int32_t i = 0; i < LANES; i++) sum += sums[i];
  return sum;
}

void bf_steps(float *across, float *down, const float *in, int32_t width, int32_t height) {
  memset(across, 0, width * sizeof(float));
  for (int32_t y = 1; y < height - 2; y++) add_steps(across, in + y * width, width);
  for (int32_t y = 0; y < height - 1; y++) down[y] = sum_steps(in + y * width, in + (y + 1) * width, 1, width - 2);
  down[height - 1] = 0;
}

void bf_halve(float *restrict out, const float *restrict in, int32_t width, int32_t height) {
  for (int32_t y = 0; y < height / 2; y++) {
    const float *upper = in + 2 * y * width, *lower = upper + width;
    for (int32_t x = 0; x < width / 2; x++) *out++ = (upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1]) / 4;
  }
}

double bf_squares(const float *a, const float *b, int32_t n) {
  double sums[LANES] = {0}, sum = 0;
  int32_t at = 0;
  for (; at + LANES <= n; at += LANES)
    for (int32_t i = 0; i < LANES; i++) {
      double d = a[at + i] - b[at + i];
      sums[i] += d * d;
    }
  for (; at < n; at++) sum += (double)(a[at] - b[at]) * (a[at] - b[at]);
  for (int32_t i = 0; i < LANES; i++) sum += sums[i];
  return sum;
}
