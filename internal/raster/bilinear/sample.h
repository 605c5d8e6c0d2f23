// The sampling itself, compiled once for each kind of processor: SAMPLE names the two functions that go out, and where GATHER is
// defined eight places are fetched at a time.

#include "bilinear.h"

#include <string.h>

// RUN is how many neighbouring pixels of a patch are worked on at a time.
enum { RUN = 64 };

// A run in one plane: for each of its pixels the offsets of the stored pixels to the upper left and to the lower left, whose
// right-hand neighbours lie step bytes on, and how far the place is to the right and down.
typedef struct {
  const uint8_t *pix;
  int32_t size, step;
  int32_t upper[RUN], lower[RUN];
  float right[RUN], down[RUN];
} run;

static float blend(const run *r, int i) {
  const uint8_t *p = r->pix + r->upper[i], *q = r->pix + r->lower[i];
  float top = p[0] + r->right[i] * (float)(p[r->step] - p[0]);
  float bottom = q[0] + r->right[i] * (float)(q[r->step] - q[0]);
  return top + r->down[i] * (bottom - top);
}

static float clamped(float v) { return v < 0 ? 0 : v > 255 ? 255 : v; }

// target is where the values of one run go.
typedef struct {
  float *red, *green, *blue;
} target;

static void store(const bf_patch *p, const target *to, int i, float r, float g, float b) {
  to->red[i] = r * p->scale[0] + p->offset[0];
  to->green[i] = g * p->scale[1] + p->offset[1];
  to->blue[i] = b * p->scale[2] + p->offset[2];
}

static void colour_one(const run *planes, int model, const bf_patch *p, const target *to, int i) {
  float a = blend(&planes[0], i);
  if (p->grey) {
    if (model == BF_RGB) a = 0.299f * a + 0.587f * blend(&planes[1], i) + 0.114f * blend(&planes[2], i);
    to->red[i] = a * p->scale[0] + p->offset[0];
    return;
  }
  if (model == BF_GREY) {
    store(p, to, i, a, a, a);
    return;
  }
  float b = blend(&planes[1], i), c = blend(&planes[2], i);
  if (model == BF_RGB) {
    store(p, to, i, a, b, c);
    return;
  }
  float cb = b - 128, cr = c - 128;
  store(p, to, i, clamped(a + 1.402f * cr), clamped(a - 0.344136f * cb - 0.714136f * cr), clamped(a + 1.772f * cb));
}

#ifdef GATHER

// blend8 fetches four bytes at each place, which hold the pixel and its neighbour: one gather brings what four loads would.
static inline __m256 blend8(const run *r, int i) {
  const __m256i byte = _mm256_set1_epi32(255);
  __m128i shift = _mm_cvtsi32_si128(8 * r->step);
  __m256i u = _mm256_i32gather_epi32((const int *)r->pix, _mm256_loadu_si256((const __m256i *)(r->upper + i)), 1);
  __m256i l = _mm256_i32gather_epi32((const int *)r->pix, _mm256_loadu_si256((const __m256i *)(r->lower + i)), 1);
  __m256 u0 = _mm256_cvtepi32_ps(_mm256_and_si256(u, byte));
  __m256 u1 = _mm256_cvtepi32_ps(_mm256_and_si256(_mm256_srl_epi32(u, shift), byte));
  __m256 l0 = _mm256_cvtepi32_ps(_mm256_and_si256(l, byte));
  __m256 l1 = _mm256_cvtepi32_ps(_mm256_and_si256(_mm256_srl_epi32(l, shift), byte));
  __m256 right = _mm256_loadu_ps(r->right + i);
  __m256 top = _mm256_fmadd_ps(right, _mm256_sub_ps(u1, u0), u0);
  __m256 bottom = _mm256_fmadd_ps(right, _mm256_sub_ps(l1, l0), l0);
  return _mm256_fmadd_ps(_mm256_loadu_ps(r->down + i), _mm256_sub_ps(bottom, top), top);
}

// fits8 tells whether the four bytes at each of eight places lie inside the plane.
static inline int fits8(const run *r, int i) {
  __m256i most = _mm256_set1_epi32(r->size - 4);
  __m256i u = _mm256_loadu_si256((const __m256i *)(r->upper + i)), l = _mm256_loadu_si256((const __m256i *)(r->lower + i));
  __m256i over = _mm256_or_si256(_mm256_cmpgt_epi32(u, most), _mm256_cmpgt_epi32(l, most));
  return _mm256_testz_si256(over, over);
}

static inline __m256 clamp8(__m256 v) {
  return _mm256_min_ps(_mm256_max_ps(v, _mm256_setzero_ps()), _mm256_set1_ps(255));
}

static inline void store8(float *to, __m256 v, float scale, float offset) {
  _mm256_storeu_ps(to, _mm256_fmadd_ps(v, _mm256_set1_ps(scale), _mm256_set1_ps(offset)));
}

static inline void colour8(const run *planes, int model, const bf_patch *p, const target *to, int i) {
  __m256 a = blend8(&planes[0], i), b = a, c = a;
  if (model != BF_GREY && !(p->grey && model == BF_YCC)) {
    b = blend8(&planes[1], i);
    c = blend8(&planes[2], i);
  }
  if (p->grey) {
    if (model == BF_RGB) {
      a = _mm256_mul_ps(a, _mm256_set1_ps(0.299f));
      a = _mm256_fmadd_ps(b, _mm256_set1_ps(0.587f), a);
      a = _mm256_fmadd_ps(c, _mm256_set1_ps(0.114f), a);
    }
    store8(to->red + i, a, p->scale[0], p->offset[0]);
    return;
  }
  if (model == BF_YCC) {
    __m256 cb = _mm256_sub_ps(b, _mm256_set1_ps(128)), cr = _mm256_sub_ps(c, _mm256_set1_ps(128)), y = a;
    a = clamp8(_mm256_fmadd_ps(cr, _mm256_set1_ps(1.402f), y));
    b = clamp8(_mm256_fnmadd_ps(cr, _mm256_set1_ps(0.714136f), _mm256_fnmadd_ps(cb, _mm256_set1_ps(0.344136f), y)));
    c = clamp8(_mm256_fmadd_ps(cb, _mm256_set1_ps(1.772f), y));
  }
  store8(to->red + i, a, p->scale[0], p->offset[0]);
  store8(to->green + i, b, p->scale[1], p->offset[1]);
  store8(to->blue + i, c, p->scale[2], p->offset[2]);
}

static void colour(const run *planes, int used, int model, const bf_patch *p, const target *to, int n) {
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    int fits = 1;
    for (int c = 0; c < used; c++) fits &= fits8(&planes[c], i);
    if (fits) {
      colour8(planes, model, p, to, i);
    } else {
      for (int k = i; k < i + 8; k++) colour_one(planes, model, p, to, k);
    }
  }
  for (; i < n; i++) colour_one(planes, model, p, to, i);
}

#else

static void colour(const run *planes, int used, int model, const bf_patch *p, const target *to, int n) {
  (void)used;
  for (int i = 0; i < n; i++) colour_one(planes, model, p, to, i);
}

#endif

// used_planes is how many planes of a source count for a patch.
static int used_planes(const bf_source *s, const bf_patch *p) {
  return s->model == BF_GREY || (p->grey && s->model == BF_YCC) ? 1 : 3;
}

static void set_planes(run planes[3], const bf_source *s, const uint8_t *pix0, const uint8_t *pix1, const uint8_t *pix2) {
  const uint8_t *pix[3] = {pix0, pix1, pix2};
  for (int c = 0; c < 3; c++) {
    planes[c].pix = pix[c];
    planes[c].size = s->size[c];
    planes[c].step = s->width[c] > 1 ? s->step : 0;
  }
}

// target_at is where the patch's pixel (u, v) goes.
static target target_at(const bf_patch *p, float *to, int u, int v) {
  int64_t plane = (int64_t)p->width * p->height, at = (int64_t)v * p->width + u;
  target t = {to + p->red * plane + at, to + p->green * plane + at, to + p->blue * plane + at};
  return t;
}

// share gives a plane the places of the one before, which is sampled alike.
static void share(run *to, const run *from, int n) {
  memcpy(to->upper, from->upper, sizeof(int32_t) * n);
  memcpy(to->lower, from->lower, sizeof(int32_t) * n);
  memcpy(to->right, from->right, sizeof(float) * n);
  memcpy(to->down, from->down, sizeof(float) * n);
}

// alike tells whether plane c is sampled at the places of plane c−1.
static int alike(const bf_source *s, int c) { return c == 2 || (c == 1 && s->model == BF_RGB); }

// axis is the places on one stored axis, among pixels or among samples of chroma.
typedef struct {
  const int32_t *at;
  const float *part;
} axis;

static void place_columns(run *r, const bf_source *s, int c, const axis *x, const axis *y, int u, int v, int n) {
  int32_t upper = y->at[v] * s->stride[c];
  int32_t lower = s->height[c] > 1 ? upper + s->stride[c] : upper;
  for (int i = 0; i < n; i++) {
    int32_t left = x->at[u + i] * s->step;
    r->upper[i] = upper + left;
    r->lower[i] = lower + left;
    r->right[i] = x->part[u + i];
    r->down[i] = y->part[v];
  }
}

static void place_rows(run *r, const bf_source *s, int c, const axis *x, const axis *y, int u, int v, int n) {
  int32_t left = x->at[v] * s->step;
  int32_t down = s->height[c] > 1 ? s->stride[c] : 0;
  for (int i = 0; i < n; i++) {
    r->upper[i] = y->at[u + i] * s->stride[c] + left;
    r->lower[i] = r->upper[i] + down;
    r->right[i] = x->part[v];
    r->down[i] = y->part[u + i];
  }
}

void SAMPLE(grid)(const bf_source *s, const bf_patch *p, BF_PLANES, const int32_t *at, const float *part, int swapped) {
  run planes[3];
  set_planes(planes, s, pix0, pix1, pix2);
  int used = used_planes(s, p), nx = swapped ? p->height : p->width, both = p->width + p->height;
  axis x[2] = {{at, part}, {at + both, part + both}};
  axis y[2] = {{at + nx, part + nx}, {at + both + nx, part + both + nx}};
  for (int v = 0; v < p->height; v++) {
    for (int u = 0; u < p->width; u += RUN) {
      int n = p->width - u < RUN ? p->width - u : RUN;
      for (int c = 0; c < used; c++) {
        int chroma = c > 0 && s->model == BF_YCC;
        if (alike(s, c)) {
          share(&planes[c], &planes[c - 1], n);
        } else if (swapped) {
          place_rows(&planes[c], s, c, &x[chroma], &y[chroma], u, v, n);
        } else {
          place_columns(&planes[c], s, c, &x[chroma], &y[chroma], u, v, n);
        }
      }
      target t = target_at(p, to, u, v);
      colour(planes, used, s->model, p, &t, n);
    }
  }
}

// A line of places on one axis of a picture: near base, so that floats tell them precisely.
typedef struct {
  int32_t base;
  float at[RUN];
} places;

static double inside(double at, double most) { return at < 0 ? 0 : at > most ? most : at; }

// place_line sets n places from first on, step apart, on an axis of the given size; they are kept inside of it.
static void place_line(places *l, double first, double step, int32_t size, int n) {
  l->base = (int32_t)inside(first, size - 1);
  // Beyond these everything lies outside of any picture, and floats stay finite.
  float from = (float)(inside(first - l->base + 1e9, 2e9) - 1e9), by = (float)(inside(step + 1e7, 2e7) - 1e7);
  float low = (float)-l->base, high = (float)(size - 1 - l->base);
  for (int i = 0; i < n; i++) {
    float at = from + by * (float)i;
    at = at < low ? low : at;
    l->at[i] = at > high ? high : at;
  }
}

// to_chroma turns places among pixels into places among samples of chroma, which are sited at the centre of the pixels they cover.
static void to_chroma(places *l, float scale, int32_t size, int n) {
  float whole = (float)l->base * scale;
  int32_t base = (int32_t)whole;
  float shift = 0.5f * scale - 0.5f + (whole - (float)base), low = (float)-base, high = (float)(size - 1 - base);
  l->base = base;
  for (int i = 0; i < n; i++) {
    float at = l->at[i] * scale + shift;
    at = at < low ? low : at;
    l->at[i] = at > high ? high : at;
  }
}

// place_freely puts a plane's run at the places of two lines.
static void place_freely(run *r, const bf_source *s, int c, const places *x, const places *y, int n) {
  // The last pixel of an axis has no next one: places on it count from the one before. A single row or column is its own next one.
  int32_t last_x = s->width[c] > 1 ? s->width[c] - 2 : 0, last_y = s->height[c] > 1 ? s->height[c] - 2 : 0;
  int32_t down = s->height[c] > 1 ? s->stride[c] : 0, stride = s->stride[c], step = s->step;
  float base_x = (float)x->base, base_y = (float)y->base;
  for (int i = 0; i < n; i++) {
    int32_t left = (int32_t)(x->at[i] + base_x), top = (int32_t)(y->at[i] + base_y);
    left = left > last_x ? last_x : left;
    top = top > last_y ? last_y : top;
    r->upper[i] = top * stride + left * step;
    r->lower[i] = top * stride + left * step + down;
    r->right[i] = x->at[i] - (float)(left - x->base);
    r->down[i] = y->at[i] - (float)(top - y->base);
  }
}

void SAMPLE(free)(const bf_source *s, const bf_patch *p, BF_PLANES, const double *m) {
  run planes[3];
  places x, y;
  set_planes(planes, s, pix0, pix1, pix2);
  int used = used_planes(s, p);
  for (int v = 0; v < p->height; v++) {
    double x0 = m[1] * (v + 0.5) + m[2] - 0.5, y0 = m[4] * (v + 0.5) + m[5] - 0.5;
    for (int u = 0; u < p->width; u += RUN) {
      int n = p->width - u < RUN ? p->width - u : RUN;
      place_line(&x, m[0] * (u + 0.5) + x0, m[0], s->width[0], n);
      place_line(&y, m[3] * (u + 0.5) + y0, m[3], s->height[0], n);
      place_freely(&planes[0], s, 0, &x, &y, n);
      for (int c = 1; c < used; c++) {
        if (alike(s, c)) {
          share(&planes[c], &planes[c - 1], n);
          continue;
        }
        to_chroma(&x, s->chroma_x, s->width[c], n);
        to_chroma(&y, s->chroma_y, s->height[c], n);
        place_freely(&planes[c], s, c, &x, &y, n);
      }
      target t = target_at(p, to, u, v);
      colour(planes, used, s->model, p, &t, n);
    }
  }
}
