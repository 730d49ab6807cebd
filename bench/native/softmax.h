/* y = softmax(z) of one row; returns log Σ exp(z). y may be z. */
#pragma once
#include <math.h>

static inline float softmax(const float *z, float *y, int n) {
  float most = z[0], sum = 0;
  for (int j = 1; j < n; j++) most = fmaxf(most, z[j]);
  for (int j = 0; j < n; j++) sum += y[j] = expf(z[j] - most);
  float scale = 1 / sum;
  for (int j = 0; j < n; j++) y[j] *= scale;
  return most + logf(sum);
}
