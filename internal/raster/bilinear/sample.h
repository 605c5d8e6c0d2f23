// The sampling itself, compiled once for each kind of processor: SAMPLE names the two functions that go out, and where EIGHT is
// defined eight places are worked on at a time.

#include "bilinear.h"

#include <string.h>

// RUN is how many neighbouring pixels of a patch are worked on at a time.
enum { RUN = 128 };

// A run in one plane: for each of its pixels the offset of the stored pixel to the upper left, counted from upper, and of that to the
// lower left, counted from lower, whose right-hand neighbours lie step bytes on; and how far the place is to the right and down.
typedef struct {
  const uint8_t *upper, *lower;
  const int32_t *at;
  const float *right, *down;
  int32_t step;
} run;

static float blend(const run *r, int i) {
  const uint8_t *p = r->upper + r->at[i], *q = r->lower + r->at[i];
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

static float luminance(float red, float green, float blue) { return 0.299f * red + 0.587f * green + 0.114f * blue; }

static void colour_one(const run *planes, int model, const bf_patch *p, const target *to, int i) {
  float a = blend(&planes[0], i);
  if (p->grey) {
    if (model == BF_RGB) a = luminance(a, blend(&planes[1], i), blend(&planes[2], i));
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

#ifdef EIGHT

// four fetches a pixel and the three bytes behind it, among which its right-hand neighbour ends. Eight plain loads are faster than a gather, and
// read no byte beyond the neighbour.
static inline int32_t four(const uint8_t *p) {
  int32_t v;
  memcpy(&v, p, 4);
  return v;
}

static inline __m256i four8(const uint8_t *pix, const int32_t *at) {
  return _mm256_setr_epi32(four(pix + at[0]), four(pix + at[1]), four(pix + at[2]), four(pix + at[3]), four(pix + at[4]), four(pix + at[5]),
                           four(pix + at[6]), four(pix + at[7]));
}

// byte8 is byte n, from the lowest, of each of eight numbers.
static inline __m256 byte8(__m256i v, int n) {
  return _mm256_cvtepi32_ps(_mm256_and_si256(_mm256_srli_epi32(v, 8 * n), _mm256_set1_epi32(255)));
}

// mix8 blends the pixels at byte n and their neighbours, step bytes on.
static inline __m256 mix8(__m256i upper, __m256i lower, int n, int step, __m256 right, __m256 down) {
  __m256 u = byte8(upper, n), l = byte8(lower, n);
  __m256 top = _mm256_fmadd_ps(right, _mm256_sub_ps(byte8(upper, n + step), u), u);
  __m256 bottom = _mm256_fmadd_ps(right, _mm256_sub_ps(byte8(lower, n + step), l), l);
  return _mm256_fmadd_ps(down, _mm256_sub_ps(bottom, top), top);
}

// near8 fetches pixels whose right-hand neighbours follow them: each into the lower byte of a word, and the neighbour into the upper one.
static inline __m128i near8(const uint8_t *pix, const int32_t *at) {
  uint16_t w[8];
  for (int i = 0; i < 8; i++) memcpy(&w[i], pix + at[i], 2);
  __m128i v = _mm_cvtsi32_si128(w[0]);
  v = _mm_insert_epi16(v, w[1], 1);
  v = _mm_insert_epi16(v, w[2], 2);
  v = _mm_insert_epi16(v, w[3], 3);
  v = _mm_insert_epi16(v, w[4], 4);
  v = _mm_insert_epi16(v, w[5], 5);
  v = _mm_insert_epi16(v, w[6], 6);
  return _mm_insert_epi16(v, w[7], 7);
}

static inline __m256 words8(__m128i v) { return _mm256_cvtepi32_ps(_mm256_cvtepu16_epi32(v)); }

// across8 blends pixels and neighbours as near8 fetches them.
static inline __m256 across8(__m128i v, __m256 right) {
  __m256 left = words8(_mm_and_si128(v, _mm_set1_epi16(255)));
  return _mm256_fmadd_ps(right, _mm256_sub_ps(words8(_mm_srli_epi16(v, 8)), left), left);
}

static inline __m256 blend8(const run *r, int i, int step) {
  __m256 right = _mm256_loadu_ps(r->right + i), down = _mm256_loadu_ps(r->down + i);
  if (step == 1) {
    __m256 top = across8(near8(r->upper, r->at + i), right);
    return _mm256_fmadd_ps(down, _mm256_sub_ps(across8(near8(r->lower, r->at + i), right), top), top);
  }
  return mix8(four8(r->upper, r->at + i), four8(r->lower, r->at + i), 0, step, right, down);
}

// blend_chroma8 blends Cb and Cr that lie in pairs: four bytes have all that a row adds to both.
static inline void blend_chroma8(const run *r, int i, __m256 *cb, __m256 *cr) {
  __m256i upper = four8(r->upper, r->at + i), lower = four8(r->lower, r->at + i);
  __m256 right = _mm256_loadu_ps(r->right + i), down = _mm256_loadu_ps(r->down + i);
  *cb = mix8(upper, lower, 0, 2, right, down);
  *cr = mix8(upper, lower, 1, 2, right, down);
}

static inline __m256 clamp8(__m256 v) {
  return _mm256_min_ps(_mm256_max_ps(v, _mm256_setzero_ps()), _mm256_set1_ps(255));
}

static inline void store8(float *to, __m256 v, float scale, float offset) {
  _mm256_storeu_ps(to, _mm256_fmadd_ps(v, _mm256_set1_ps(scale), _mm256_set1_ps(offset)));
}

static inline void colour8(const run *planes, int model, const bf_patch *p, const target *to, int i) {
  int step = model == BF_RGB ? 3 : 1;
  __m256 a = blend8(&planes[0], i, step), b = a, c = a;
  if (model == BF_YCC_PAIRS && !p->grey) {
    blend_chroma8(&planes[1], i, &b, &c);
  } else if (model == BF_RGB || (model == BF_YCC && !p->grey)) {
    b = blend8(&planes[1], i, step);
    c = blend8(&planes[2], i, step);
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
  if (model == BF_YCC || model == BF_YCC_PAIRS) {
    __m256 cb = _mm256_sub_ps(b, _mm256_set1_ps(128)), cr = _mm256_sub_ps(c, _mm256_set1_ps(128)), y = a;
    a = clamp8(_mm256_fmadd_ps(cr, _mm256_set1_ps(1.402f), y));
    b = clamp8(_mm256_fnmadd_ps(cr, _mm256_set1_ps(0.714136f), _mm256_fnmadd_ps(cb, _mm256_set1_ps(0.344136f), y)));
    c = clamp8(_mm256_fmadd_ps(cb, _mm256_set1_ps(1.772f), y));
  }
  store8(to->red + i, a, p->scale[0], p->offset[0]);
  store8(to->green + i, b, p->scale[1], p->offset[1]);
  store8(to->blue + i, c, p->scale[2], p->offset[2]);
}

// colour works on a run; model is known where it is called, so that each has a loop of its own.
static inline void colour_model(const run *planes, int model, const bf_patch *p, const target *to, int n) {
  int i = 0;
  for (; i + 8 <= n; i += 8) colour8(planes, model, p, to, i);
  for (; i < n; i++) colour_one(planes, model, p, to, i);
}

static void colour(const run *planes, int used, int model, const bf_patch *p, const target *to, int n) {
  int paired = 1;  // a single column has no neighbours to fetch
  for (int c = 0; c < used; c++) paired &= planes[c].step != 0;
  if (!paired) {
    for (int i = 0; i < n; i++) colour_one(planes, model, p, to, i);
  } else if (model == BF_YCC_PAIRS) {
    colour_model(planes, BF_YCC_PAIRS, p, to, n);
  } else if (model == BF_YCC) {
    colour_model(planes, BF_YCC, p, to, n);
  } else if (model == BF_RGB) {
    colour_model(planes, BF_RGB, p, to, n);
  } else {
    colour_model(planes, BF_GREY, p, to, n);
  }
}

#else

static void colour(const run *planes, int used, int model, const bf_patch *p, const target *to, int n) {
  (void)used;
  for (int i = 0; i < n; i++) colour_one(planes, model, p, to, i);
}

#endif

// own_chroma tells whether chroma has a resolution of its own.
static int own_chroma(const bf_source *s) { return s->model == BF_YCC || s->model == BF_YCC_PAIRS; }

// used_planes is how many planes of a source count for a patch.
static int used_planes(const bf_source *s, const bf_patch *p) { return s->model == BF_GREY || (p->grey && own_chroma(s)) ? 1 : 3; }

// axes_of is 2 where planes beyond the first are sampled at places of their own, else 1. All beyond the first share theirs.
static int axes_of(const bf_source *s, int used) { return used > 1 && own_chroma(s) ? 2 : 1; }

// target_at is where the patch's pixel (u, v) goes.
static target target_at(const bf_patch *p, float *to, int u, int v) {
  int64_t plane = p->plane_stride, at = (int64_t)v * p->stride + u;
  target t = {to + p->red * plane + at, to + p->green * plane + at, to + p->blue * plane + at};
  return t;
}

// room is where the places of a run stand that are not given as they are.
typedef struct {
  int32_t at[RUN];
  float right[RUN], down[RUN];
} room;

static int32_t step_of(const bf_source *s, int c) { return s->width[c] > 1 ? s->step[c] : 0; }

static int32_t down_of(const bf_source *s, int c) { return s->height[c] > 1 ? s->stride[c] : 0; }

// axis is the places on one stored axis, among pixels or among samples of chroma.
typedef struct {
  const int32_t *at;
  const float *part;
} axis;

// fill_columns sets what a row of a patch has in common: how far its places are down.
static void fill_columns(room *m, const axis *y, int v) {
  for (int i = 0; i < RUN; i++) m->down[i] = y->part[v];
}

static void columns(run *r, const room *m, const bf_source *s, int c, const uint8_t *pix, const axis *x, const axis *y, int u, int v) {
  r->upper = pix + (int64_t)y->at[v] * s->stride[c];
  r->lower = r->upper + down_of(s, c);
  r->at = x->at + u;
  r->right = x->part + u;
  r->down = m->down;
}

// fill_rows sets the places of a run where x depends on the rows of the patch.
static void fill_rows(room *m, const bf_source *s, int c, const axis *x, const axis *y, int u, int v, int n) {
  for (int i = 0; i < n; i++) {
    m->at[i] = y->at[u + i] * s->stride[c];
    m->right[i] = x->part[v];
  }
}

static void rows(run *r, const room *m, const bf_source *s, int c, const uint8_t *pix, const axis *x, const axis *y, int u, int v) {
  r->upper = pix + x->at[v];
  r->lower = r->upper + down_of(s, c);
  r->at = m->at;
  r->right = m->right;
  r->down = y->part + u;
}

void SAMPLE(grid)(const bf_source *s, const bf_patch *p, BF_PLANES, const int32_t *at, const float *part, int swapped) {
  const uint8_t *pix[3] = {pix0, pix1, pix2};
  run planes[3];
  room rooms[2]; // of the pixels and of the samples of chroma, as the axes
  int used = used_planes(s, p), nx = swapped ? p->height : p->width, both = p->width + p->height, axes = axes_of(s, used);
  axis x[2] = {{at, part}, {at + both, part + both}};
  axis y[2] = {{at + nx, part + nx}, {at + both + nx, part + both + nx}};
  for (int c = 0; c < used; c++) planes[c].step = step_of(s, c);
  for (int v = 0; v < p->height; v++) {
    for (int k = 0; k < axes && !swapped; k++) fill_columns(&rooms[k], &y[k], v);
    for (int u = 0; u < p->width; u += RUN) {
      int n = p->width - u < RUN ? p->width - u : RUN;
      for (int k = 0; k < axes && swapped; k++) fill_rows(&rooms[k], s, k, &x[k], &y[k], u, v, n);
      for (int c = 0; c < used; c++) {
        int k = c > 0 ? axes - 1 : 0;
        if (swapped) {
          rows(&planes[c], &rooms[k], s, c, pix[c], &x[k], &y[k], u, v);
        } else {
          columns(&planes[c], &rooms[k], s, c, pix[c], &x[k], &y[k], u, v);
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

// fill_freely sets the places of a run to those of two lines.
static void fill_freely(room *m, const bf_source *s, int c, const places *x, const places *y, int n) {
  // The last pixel of an axis has no next one: places on it count from the one before. A single row or column is its own next one.
  int32_t last_x = s->width[c] > 1 ? s->width[c] - 2 : 0, last_y = s->height[c] > 1 ? s->height[c] - 2 : 0;
  int32_t stride = s->stride[c], step = s->step[c];
  float base_x = (float)x->base, base_y = (float)y->base;
  for (int i = 0; i < n; i++) {
    int32_t left = (int32_t)(x->at[i] + base_x), top = (int32_t)(y->at[i] + base_y);
    left = left > last_x ? last_x : left;
    top = top > last_y ? last_y : top;
    m->at[i] = top * stride + left * step;
    m->right[i] = x->at[i] - (float)(left - x->base);
    m->down[i] = y->at[i] - (float)(top - y->base);
  }
}

static void freely(run *r, const room *m, const bf_source *s, int c, const uint8_t *pix) {
  r->upper = pix;
  r->lower = pix + down_of(s, c);
  r->at = m->at;
  r->right = m->right;
  r->down = m->down;
}

void SAMPLE(free)(const bf_source *s, const bf_patch *p, BF_PLANES, const double *m) {
  const uint8_t *pix[3] = {pix0, pix1, pix2};
  run planes[3];
  room rooms[2];
  places x, y;
  int used = used_planes(s, p), axes = axes_of(s, used);
  for (int c = 0; c < used; c++) planes[c].step = step_of(s, c);
  for (int v = 0; v < p->height; v++) {
    double x0 = m[1] * (v + 0.5) + m[2] - 0.5, y0 = m[4] * (v + 0.5) + m[5] - 0.5;
    for (int u = 0; u < p->width; u += RUN) {
      int n = p->width - u < RUN ? p->width - u : RUN;
      place_line(&x, m[0] * (u + 0.5) + x0, m[0], s->width[0], n);
      place_line(&y, m[3] * (u + 0.5) + y0, m[3], s->height[0], n);
      for (int c = 0; c < used; c++) {
        int k = c > 0 ? axes - 1 : 0;
        if (c == 1 && k == 1) {
          to_chroma(&x, s->chroma_x, s->width[c], n);
          to_chroma(&y, s->chroma_y, s->height[c], n);
        }
        if (c == k) fill_freely(&rooms[k], s, c, &x, &y, n);
        freely(&planes[c], &rooms[k], s, c, pix[c]);
      }
      target t = target_at(p, to, u, v);
      colour(planes, used, s->model, p, &t, n);
    }
  }
}
