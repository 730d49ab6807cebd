/* What one core can do at most: fused multiply-adds in registers, reading, y += s*x.
   Compiled at run time with -march=native. Each function returns seconds. */
#include <stddef.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

static volatile float sink;

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

/* 14 chains: more than the 4 cycles of latency times 2 units need, few enough for 16
   registers. The empty asm keeps the loop as it stands. */
#define CHAINS(V, SET, FMA, LANES)                                                                  \
  static double chains##LANES(long reps) {                                                          \
    V x = SET(0.5f), y = SET(0.25f), s[14];                                                         \
    for (int i = 0; i < 14; i++) s[i] = SET(0.0f);                                                  \
    double began = now();                                                                           \
    for (long r = 0; r < reps; r++) {                                                               \
      s[0] = FMA(x, y, s[0]), s[1] = FMA(x, y, s[1]), s[2] = FMA(x, y, s[2]);                       \
      s[3] = FMA(x, y, s[3]), s[4] = FMA(x, y, s[4]), s[5] = FMA(x, y, s[5]);                       \
      s[6] = FMA(x, y, s[6]), s[7] = FMA(x, y, s[7]), s[8] = FMA(x, y, s[8]);                       \
      s[9] = FMA(x, y, s[9]), s[10] = FMA(x, y, s[10]), s[11] = FMA(x, y, s[11]);                   \
      s[12] = FMA(x, y, s[12]), s[13] = FMA(x, y, s[13]);                                           \
      __asm__ volatile("");                                                                         \
    }                                                                                               \
    double took = now() - began;                                                                    \
    float out[LANES], sum = 0;                                                                      \
    for (int i = 0; i < 14; i++) {                                                                  \
      __builtin_memcpy(out, &s[i], sizeof out);                                                     \
      sum += out[0];                                                                                \
    }                                                                                               \
    sink = sum;                                                                                     \
    return took;                                                                                    \
  }

#if defined(__AVX512F__)
CHAINS(__m512, _mm512_set1_ps, _mm512_fmadd_ps, 16)
#endif
#if defined(__AVX2__) && defined(__FMA__)
CHAINS(__m256, _mm256_set1_ps, _mm256_fmadd_ps, 8)
#endif
#if defined(__aarch64__)
#define NEON_FMA(x, y, s) vfmaq_f32(s, x, y)
CHAINS(float32x4_t, vdupq_n_f32, NEON_FMA, 4)
#endif

/* fma_chains makes reps times 14 multiply-adds of vectors of that many lanes; 0 lanes
   stand for the widest. It returns seconds and sets *flop to those of one repetition,
   to 0 if this machine has no such vectors. */
double fma_chains(int lanes, long reps, double *flop) {
  *flop = 0;
#if defined(__AVX512F__)
  if (lanes == 16 || lanes == 0) {
    *flop = 2.0 * 14 * 16;
    return chains16(reps);
  }
#endif
#if defined(__AVX2__) && defined(__FMA__)
  if (lanes == 8 || lanes == 0) {
    *flop = 2.0 * 14 * 8;
    return chains8(reps);
  }
#endif
#if defined(__aarch64__)
  if (lanes == 4 || lanes == 0) {
    *flop = 2.0 * 14 * 4;
    return chains4(reps);
  }
#endif
  return 0;
}

typedef float vec __attribute__((vector_size(64), aligned(4), may_alias));

/* read_all reads n floats from x reps times. */
double read_all(const float *x, long n, long reps) {
  double began = now();
  vec a = {0}, b = {0}, c = {0}, d = {0};
  for (long r = 0; r < reps; r++) {
    long i = 0;
    for (; i + 64 <= n; i += 64) {
      a += *(const vec *)(x + i);
      b += *(const vec *)(x + i + 16);
      c += *(const vec *)(x + i + 32);
      d += *(const vec *)(x + i + 48);
    }
    for (; i < n; i++) a[0] += x[i];
    __asm__ volatile("" ::: "memory");
  }
  a += b, c += d, a += c;
  double took = now() - began;
  sink = a[0] + a[5];
  return took;
}

/* axpy_all adds s*x to y (n floats), reps times, with a sign that alternates. */
double axpy_all(const float *restrict x, float *restrict y, long n, long reps) {
  double began = now();
  for (long r = 0; r < reps; r++) {
    float s = r & 1 ? 1e-3f : -1e-3f;
    for (long i = 0; i < n; i++) y[i] += s * x[i];
    __asm__ volatile("" ::: "memory");
  }
  return now() - began;
}
