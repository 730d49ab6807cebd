// Eigen's product of row-major matrices behind a C function. Compiled at run time with
// -march=native, as Eigen chooses its instructions when it is compiled.
#include <Eigen/Core>

typedef Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> Rows;
typedef Eigen::Map<const Rows> In;
typedef Eigen::Map<Rows> Out;

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

extern "C" const char *eigen_version() {
  return TEXT(EIGEN_WORLD_VERSION) "." TEXT(EIGEN_MAJOR_VERSION) "." TEXT(EIGEN_MINOR_VERSION);
}

extern "C" const char *eigen_simd() { return Eigen::SimdInstructionSetsInUse(); }

// eigen_sgemm sets C (m, n) to the product reps times.
extern "C" void eigen_sgemm(int ta, int tb, int m, int n, int k, const float *a, const float *b, float *c, long reps) {
  Out z(c, m, n);
  for (long r = 0; r < reps; r++) {
    if (ta)
      z.noalias() = In(a, k, m).transpose() * In(b, k, n);
    else if (tb)
      z.noalias() = In(a, m, k) * In(b, n, k).transpose();
    else
      z.noalias() = In(a, m, k) * In(b, k, n);
  }
}
