#include <stdint.h>

#define BF_BLOCK 8

void bf_smooth(float *out, const float *in, float *across, int32_t width, int32_t height);
void bf_noise(float *blocks, float *columns, const float *in, int32_t width, int32_t height);
void bf_steps(float *across, float *down, const float *in, int32_t width, int32_t height);
void bf_halve(float *out, const float *in, int32_t width, int32_t height);
double bf_squares(const float *a, const float *b, int32_t n);
