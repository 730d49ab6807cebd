#include "lib.h"
#include "native/blas.h"
#include <dlfcn.h>
#include <time.h>

// RTLD_LOCAL: OpenBLAS and BLIS export the same names.
void *lib_open(const char *path) { return dlopen(path, RTLD_NOW | RTLD_LOCAL); }
const char *lib_error(void) { return dlerror(); }
void *lib_symbol(void *lib, const char *name) { return dlsym(lib, name); }

const char *call_string(void *f) { return ((const char *(*)(void))f)(); }
const char *call_string_int(void *f, int v) { return ((const char *(*)(int))f)(v); }
int call_int(void *f) { return ((int (*)(void))f)(); }
void call_set_int(void *f, int v) { ((void (*)(int))f)(v); }
void call_set_long(void *f, long v) { ((void (*)(long))f)(v); }

void call_dnnl_version(void *f, int v[3]) {
  const int *version = ((const int *(*)(void))f)(); // a struct that begins with major, minor, patch
  for (int i = 0; i < 3; i++) v[i] = version[i];
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

double repeat_cblas(void *f, shape s, const float *a, const float *b, float *c, long reps) {
  cblas_sgemm_t gemm = (cblas_sgemm_t)f;
  int ta = s.ta ? trans : no_trans, tb = s.tb ? trans : no_trans;
  double began = now();
  for (long r = 0; r < reps; r++) gemm(row_major, ta, tb, s.m, s.n, s.k, 1, a, s.lda, b, s.ldb, 0, c, s.n);
  return now() - began;
}

// One row: y = x·B or x·Bᵀ.
double repeat_gemv(void *f, shape s, const float *a, const float *b, float *c, long reps) {
  cblas_sgemv_t gemv = (cblas_sgemv_t)f;
  double began = now();
  for (long r = 0; r < reps; r++) {
    if (s.tb)
      gemv(row_major, no_trans, s.n, s.k, 1, b, s.ldb, a, 1, 0, c, 1);
    else
      gemv(row_major, trans, s.k, s.n, 1, b, s.ldb, a, 1, 0, c, 1);
  }
  return now() - began;
}

double repeat_dnnl(void *f, shape s, const float *a, const float *b, float *c, long reps) {
  dnnl_sgemm_t gemm = (dnnl_sgemm_t)f;
  char ta = s.ta ? 'T' : 'N', tb = s.tb ? 'T' : 'N';
  double began = now();
  for (long r = 0; r < reps; r++) gemm(ta, tb, s.m, s.n, s.k, 1, a, s.lda, b, s.ldb, 0, c, s.n);
  return now() - began;
}

double repeat_eigen(void *f, shape s, const float *a, const float *b, float *c, long reps) {
  double began = now();
  ((void (*)(int, int, int, int, int, const float *, const float *, float *, long))f)(s.ta, s.tb, s.m, s.n, s.k, a, b, c, reps);
  return now() - began;
}

// LIBXSMM is column-major: it sees Cᵀ (n, m) = op(B)ᵀ·op(A)ᵀ, so B is its first operand.
void *xsmm_kernel(void *dispatch, shape s) {
  float alpha = 1, beta = 0;
  int flags = (s.tb ? 1 : 0) | (s.ta ? 2 : 0), prefetch = 0; // LIBXSMM_GEMM_FLAG_TRANS_A, _B; LIBXSMM_PREFETCH_NONE
  return ((void *(*)(int, int, int, const int *, const int *, const int *, const float *, const float *, const int *, const int *))dispatch)(
      s.n, s.m, s.k, &s.ldb, &s.lda, &s.n, &alpha, &beta, &flags, &prefetch);
}

double repeat_xsmm(void *kernel, const float *a, const float *b, float *c, long reps) {
  void (*f)(const float *, const float *, float *) = (void (*)(const float *, const float *, float *))kernel;
  double began = now();
  for (long r = 0; r < reps; r++) f(b, a, c);
  return now() - began;
}

double call_chains(void *f, int lanes, long reps, double *flop) { return ((double (*)(int, long, double *))f)(lanes, reps, flop); }
double call_read(void *f, const float *x, long n, long reps) { return ((double (*)(const float *, long, long))f)(x, n, reps); }
double call_axpy(void *f, const float *x, float *y, long n, long reps) { return ((double (*)(const float *, float *, long, long))f)(x, y, n, reps); }
