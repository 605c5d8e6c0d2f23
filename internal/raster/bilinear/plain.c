#define SAMPLE(how) bf_sample_##how##_plain
#include "sample.h"
#include "means.h"
