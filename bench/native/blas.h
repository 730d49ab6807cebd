/* The two ways in which the libraries take a product. Shared by the repeat loops that
   cgo compiles and by the training step that is compiled at run time. */
#pragma once
#include <stdint.h>

enum { row_major = 101, no_trans = 111, trans = 112 };

typedef void (*cblas_sgemm_t)(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda,
                              const float *b, int ldb, float beta, float *c, int ldc);
typedef void (*cblas_sgemv_t)(int order, int ta, int m, int n, float alpha, const float *a, int lda, const float *x,
                              int incx, float beta, float *y, int incy);
typedef int (*dnnl_sgemm_t)(char ta, char tb, int64_t m, int64_t n, int64_t k, float alpha, const float *a, int64_t lda,
                            const float *b, int64_t ldb, float beta, float *c, int64_t ldc);
