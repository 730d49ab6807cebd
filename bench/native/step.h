/* A training step and a prediction of a multi-layer perceptron in C, as a good C
   programmer writes them on a BLAS: ReLU inside, softmax cross-entropy at the end. */
#pragma once

enum { use_cblas, use_dnnl };

typedef struct {
  int kind;   /* use_cblas or use_dnnl */
  void *gemm; /* cblas_sgemm or dnnl_sgemm */
  void *gemv; /* cblas_sgemv, for one row; null without it */
} blas;

typedef struct mlp mlp;

/* mlp_new copies params: per layer W (in, out) and b (out), rows of x, labels. */
typedef mlp *mlp_new_f(const blas *lib, int layers, const int *dims, int rows, const float *params, const float *x,
                       const int *labels);
typedef void mlp_free_f(mlp *);

/* Each works reps times and returns seconds. A step is forward, backward and the update:
   Adam if adam is set, else momentum 0.9. */
typedef double mlp_train_f(mlp *, int adam, float rate, long reps);
typedef double mlp_predict_f(mlp *, long reps);

typedef const float *mlp_params_f(const mlp *);
typedef const float *mlp_outputs_f(const mlp *); /* probabilities (rows, out) of the last prediction */
