// Means of 2×2 places, compiled as sample.h is, which comes before it.

// mix_rows blends the bytes of four rows by their shares.
static void mix_rows(float *restrict line, const uint8_t *const row[4], const float share[4], int64_t n) {
  const uint8_t *restrict a = row[0], *restrict b = row[1], *restrict c = row[2], *restrict d = row[3];
  for (int64_t i = 0; i < n; i++) line[i] = share[0] * a[i] + share[1] * b[i] + share[2] * c[i] + share[3] * d[i];
}

// sum_two adds up the luminance at two places on a line of blended bytes, which begins with byte first.
static float sum_two(const float *line, int32_t first, const int32_t *at, const float *part, int32_t step, int interleaved) {
  float sum = 0;
  for (int i = 0; i < 2; i++) {
    const float *p = line + (at[i] - first), *q = p + step;
    if (interleaved) {
      float left = luminance(p[0], p[1], p[2]), right = luminance(q[0], q[1], q[2]);
      sum += left + part[i] * (right - left);
    } else {
      sum += p[0] + part[i] * (q[0] - p[0]);
    }
  }
  return sum;
}

// Two rows of places are blended first, from the outermost place to the other: each byte once, whatever is then read of it.
void SAMPLE(means)(BF_MEANS) {
  int32_t nx = 2 * (swapped ? p->height : p->width), ny = 2 * (swapped ? p->width : p->height);
  int32_t first = at[0], last = at[0], step = step_of(s, 0), down = down_of(s, 0), interleaved = s->model == BF_RGB;
  for (int32_t i = 1; i < nx; i++) {
    first = at[i] < first ? at[i] : first;
    last = at[i] > last ? at[i] : last;
  }
  int64_t bytes = (int64_t)last - first + step + (interleaved ? 3 : 1), across = swapped ? p->stride : 1, on = swapped ? 1 : p->stride;
  for (int32_t y = 0; y < ny; y += 2) {
    const uint8_t *row[4];
    float share[4];
    for (int i = 0; i < 2; i++) {
      float below = part[nx + y + i];
      row[2 * i] = pix + (int64_t)at[nx + y + i] * s->stride[0] + first;
      row[2 * i + 1] = row[2 * i] + down;
      share[2 * i] = (1 - below) / 4;
      share[2 * i + 1] = below / 4;
    }
    mix_rows(line, row, share, bytes);
    for (int32_t x = 0; x < nx; x += 2) {
      to[x / 2 * across + y / 2 * on] = sum_two(line, first, at + x, part + x, step, interleaved);
    }
  }
}
