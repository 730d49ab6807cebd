#include "step.h"
#include "blas.h"
#include "softmax.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { max_layers = 16 };

struct mlp {
  blas lib;
  int layers, rows, dims[max_layers + 1];
  long n, steps;            /* parameters; updates made */
  float *w, *g, *m, *v;     /* flat: parameters, gradients, moments */
  float *a[max_layers + 1]; /* a[0] is x, a[l] (rows, dims[l]) */
  float *d[max_layers + 1]; /* gradients of a[l] */
  int *labels;
};

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

static float *floats(size_t n) {
  size_t bytes = (n * sizeof(float) + 4095) / 4096 * 4096;
  return memset(aligned_alloc(4096, bytes), 0, bytes);
}

/* C (m, n) = op(A)·op(B), row-major. */
static void mul(const blas *lib, int ta, int tb, int m, int n, int k, const float *a, int lda, const float *b, int ldb, float *c) {
  if (lib->kind == use_dnnl)
    ((dnnl_sgemm_t)lib->gemm)(ta ? 'T' : 'N', tb ? 'T' : 'N', m, n, k, 1, a, lda, b, ldb, 0, c, n);
  else if (m == 1 && !ta && !tb && lib->gemv)
    ((cblas_sgemv_t)lib->gemv)(row_major, trans, k, n, 1, b, ldb, a, 1, 0, c, 1);
  else
    ((cblas_sgemm_t)lib->gemm)(row_major, ta ? trans : no_trans, tb ? trans : no_trans, m, n, k, 1, a, lda, b, ldb, 0, c, n);
}

static void add_bias(float *restrict y, const float *restrict b, int rows, int n, int relu) {
  for (int i = 0; i < rows; i++, y += n) {
    if (relu)
      for (int j = 0; j < n; j++) y[j] = fmaxf(y[j] + b[j], 0);
    else
      for (int j = 0; j < n; j++) y[j] += b[j];
  }
}

static float loss_gradient(const float *z, float *dz, const int *labels, int rows, int n) {
  float loss = 0, scale = 1.0f / rows;
  for (int i = 0; i < rows; i++, z += n, dz += n) {
    loss += softmax(z, dz, n) - z[labels[i]];
    dz[labels[i]] -= 1;
    for (int j = 0; j < n; j++) dz[j] *= scale;
  }
  return loss * scale;
}

static void column_sums(float *restrict s, const float *restrict d, int rows, int n) {
  memset(s, 0, n * sizeof *s);
  for (int i = 0; i < rows; i++, d += n)
    for (int j = 0; j < n; j++) s[j] += d[j];
}

static void relu_gradient(float *restrict d, const float *restrict a, long n) {
  for (long i = 0; i < n; i++) d[i] = a[i] > 0 ? d[i] : 0;
}

static void momentum_update(float *restrict w, const float *restrict g, float *restrict v, long n, float rate) {
  for (long i = 0; i < n; i++) {
    v[i] = 0.9f * v[i] + g[i];
    w[i] -= rate * v[i];
  }
}

static void adam_update(float *restrict w, const float *restrict g, float *restrict m, float *restrict v, long n, float rate,
                        float root) {
  for (long i = 0; i < n; i++) {
    m[i] = 0.9f * m[i] + 0.1f * g[i];
    v[i] = 0.999f * v[i] + 0.001f * g[i] * g[i];
    w[i] -= rate * m[i] / (sqrtf(v[i]) * root + 1e-8f);
  }
}

static void forward(mlp *p) {
  const float *w = p->w;
  for (int l = 0; l < p->layers; l++) {
    int in = p->dims[l], out = p->dims[l + 1];
    mul(&p->lib, 0, 0, p->rows, out, in, p->a[l], in, w, out, p->a[l + 1]);
    add_bias(p->a[l + 1], w + (long)in * out, p->rows, out, l < p->layers - 1);
    w += (long)(in + 1) * out;
  }
}

static volatile float last_loss; /* so that no compiler drops the loss */

static void train_step(mlp *p, int adam, float rate) {
  int rows = p->rows, last = p->layers;
  forward(p);
  last_loss = loss_gradient(p->a[last], p->d[last], p->labels, rows, p->dims[last]);
  const float *w = p->w + p->n;
  float *g = p->g + p->n;
  for (int l = last - 1; l >= 0; l--) {
    int in = p->dims[l], out = p->dims[l + 1];
    w -= (long)(in + 1) * out, g -= (long)(in + 1) * out;
    mul(&p->lib, 1, 0, in, out, rows, p->a[l], in, p->d[l + 1], out, g);
    column_sums(g + (long)in * out, p->d[l + 1], rows, out);
    if (l) {
      mul(&p->lib, 0, 1, rows, in, out, p->d[l + 1], out, w, out, p->d[l]);
      relu_gradient(p->d[l], p->a[l], (long)rows * in);
    }
  }
  p->steps++;
  if (adam)
    adam_update(p->w, p->g, p->m, p->v, p->n, rate / (1 - powf(0.9f, p->steps)), 1 / sqrtf(1 - powf(0.999f, p->steps)));
  else
    momentum_update(p->w, p->g, p->m, p->n, rate);
}

mlp *mlp_new(const blas *lib, int layers, const int *dims, int rows, const float *params, const float *x, const int *labels) {
  if (layers > max_layers) return 0;
  mlp *p = calloc(1, sizeof *p);
  p->lib = *lib, p->layers = layers, p->rows = rows;
  memcpy(p->dims, dims, (layers + 1) * sizeof *dims);
  for (int l = 0; l < layers; l++) p->n += (long)(dims[l] + 1) * dims[l + 1];
  p->w = floats(p->n), p->g = floats(p->n), p->m = floats(p->n), p->v = floats(p->n);
  for (int l = 0; l <= layers; l++) p->a[l] = floats((size_t)rows * dims[l]), p->d[l] = floats((size_t)rows * dims[l]);
  memcpy(p->w, params, p->n * sizeof *params);
  memcpy(p->a[0], x, (size_t)rows * dims[0] * sizeof *x);
  p->labels = memcpy(malloc(rows * sizeof *labels), labels, rows * sizeof *labels);
  return p;
}

void mlp_free(mlp *p) {
  for (int l = 0; l <= p->layers; l++) free(p->a[l]), free(p->d[l]);
  free(p->w), free(p->g), free(p->m), free(p->v), free(p->labels), free(p);
}

double mlp_train(mlp *p, int adam, float rate, long reps) {
  double began = now();
  for (long r = 0; r < reps; r++) train_step(p, adam, rate);
  return now() - began;
}

double mlp_predict(mlp *p, long reps) {
  int last = p->layers, n = p->dims[last];
  double began = now();
  for (long r = 0; r < reps; r++) {
    forward(p);
    for (int i = 0; i < p->rows; i++) softmax(p->a[last] + (long)i * n, p->d[last] + (long)i * n, n);
  }
  return now() - began;
}

const float *mlp_params(const mlp *p) { return p->w; }
const float *mlp_outputs(const mlp *p) { return p->d[p->layers]; }
