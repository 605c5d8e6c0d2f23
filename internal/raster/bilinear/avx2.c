#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)

#include <immintrin.h>
#pragma GCC target("avx2,fma")

#define EIGHT
#define SAMPLE(how) bf_sample_##how##_avx2
#include "sample.h"
#include "means.h"

int bf_has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

#else

#include "bilinear.h"

int bf_has_avx2(void) { return 0; }

void bf_sample_grid_avx2(const bf_source *s, const bf_patch *p, BF_PLANES, const int32_t *at, const float *part, int swapped) {
  bf_sample_grid_plain(s, p, pix0, pix1, pix2, to, at, part, swapped);
}

void bf_sample_means_avx2(BF_MEANS) { bf_sample_means_plain(s, p, pix, to, at, part, swapped, line); }

void bf_sample_free_avx2(const bf_source *s, const bf_patch *p, BF_PLANES, const double *m) {
  bf_sample_free_plain(s, p, pix0, pix1, pix2, to, m);
}

#endif
