// Every element by itself, and reductions of all elements.
#include "native.h"

static void squares(void) {
  In a = in[0].data, b = in[1].data;
  Out y = out[0].data;
#pragma omp parallel for simd
  for (long k = 0; k < in[0].count; k++) y[k] = a[k] * a[k] + b[k] * b[k];
}

static void triad(void) {
  In a = in[0].data, b = in[1].data;
  Out y = out[0].data;
#pragma omp parallel for simd
  for (long k = 0; k < in[0].count; k++) y[k] = a[k] + 2.5f * b[k];
}

static void sum(void) {
  In a = in[0].data;
  float s = 0;
#pragma omp parallel for simd reduction(+ : s)
  for (long k = 0; k < in[0].count; k++) s += a[k];
  *(float *)out[0].data = s;
}

static void statistics(void) {
  In a = in[0].data;
  float low = a[0], high = a[0], s = 0;
#pragma omp parallel for simd reduction(+ : s) reduction(min : low) reduction(max : high)
  for (long k = 0; k < in[0].count; k++) {
    s += a[k];
    low = a[k] < low ? a[k] : low;
    high = a[k] > high ? a[k] : high;
  }
  *(float *)out[0].data = low;
  *(float *)out[1].data = high;
  *(float *)out[2].data = s / in[0].count;
}

static void monteCarloPi(void) {
  In x = in[0].data, y = in[1].data;
  long inside = 0;
#pragma omp parallel for simd reduction(+ : inside)
  for (long k = 0; k < in[0].count; k++) inside += x[k] * x[k] + y[k] * y[k] < 1;
  *(float *)out[0].data = 4.0f * inside / in[0].count;
}

static void kernelDensity(void) {
  In x = in[0].data;
  float total = 0;
#pragma omp parallel for simd reduction(+ : total)
  for (long k = 0; k < in[0].count; k++) {
    float a = -(x[k] + 1) * (x[k] + 1) * 2, b = -(x[k] - 2) * (x[k] - 2) * 2, c = -(x[k] - 5) * (x[k] - 5) * 2;
    float m = fmaxf(a, fmaxf(b, c));
    total += m - 0.405465108f + logf(expf(a - m) + expf(b - m) + expf(c - m));
  }
  *(float *)out[0].data = total / in[0].count;
}

// For float and double; `f` is the suffix of their functions of math.h.
#define BLACK_SCHOLES(name, T, f) \
  static inline T name##Cdf(T x) { \
    T t = 1 / (1 + (T)0.2316419 * fabs##f(x)); \
    T inner = (T)1.781477937 + t * ((T)-1.821255978 + t * (T)1.330274429); \
    T series = t * ((T)0.31938153 + t * ((T)-0.356563782 + t * inner)); \
    T tail = (T)0.3989422804014327 * exp##f((T)-0.5 * x * x) * series; \
    return x < 0 ? tail : 1 - tail; \
  } \
  static void name(void) { \
    const T *restrict spot = in[0].data, *restrict strike = in[1].data, *restrict years = in[2].data; \
    T *restrict calls = out[0].data, *restrict puts = out[1].data; \
    _Pragma("omp parallel for simd") for (long i = 0; i < in[0].count; i++) { \
      T deviation = (T)0.3 * sqrt##f(years[i]); \
      T d1 = (log##f(spot[i] / strike[i]) + (T)0.065 * years[i]) / deviation, d2 = d1 - deviation; \
      T discounted = strike[i] * exp##f((T)-0.02 * years[i]); \
      T call = spot[i] * name##Cdf(d1) - discounted * name##Cdf(d2); \
      calls[i] = call; \
      puts[i] = call - spot[i] + discounted; \
    } \
  }

BLACK_SCHOLES(blackScholes, float, f)
BLACK_SCHOLES(blackScholes64, double, )

// How many steps z = z * z + c takes to leave the circle of radius 2.
static inline float escape(float zr, float zi, float cr, float ci, int steps) {
  int n = 0;
  while (n < steps && zr * zr + zi * zi <= 4) {
    float t = zr * zr - zi * zi + cr;
    zi = 2 * zr * zi + ci;
    zr = t;
    n++;
  }
  return n;
}

static void mandelbrot(void) {
  In real = in[0].data, imaginary = in[1].data;
  Out counts = out[0].data;
  long width = in[0].count;
  int steps = number("steps");
#pragma omp parallel for schedule(dynamic, 8)
  for (long y = 0; y < in[1].count; y++)
    for (long x = 0; x < width; x++) counts[y * width + x] = escape(0, 0, real[x], imaginary[y], steps);
}

static void juliaSet(void) {
  In real = in[0].data, imaginary = in[1].data;
  Out counts = out[0].data;
  long width = in[0].count;
  int steps = number("steps");
#pragma omp parallel for schedule(dynamic, 8)
  for (long y = 0; y < in[1].count; y++)
    for (long x = 0; x < width; x++) counts[y * width + x] = escape(real[x], imaginary[y], -0.4f, 0.6f, steps);
}

const Workload mapWorkloads[] = {
  {"squares", squares}, {"triad", triad}, {"sum", sum}, {"statistics", statistics}, {"pi", monteCarloPi},
  {"kernel-density", kernelDensity}, {"black-scholes", blackScholes}, {"black-scholes-64", blackScholes64},
  {"mandelbrot", mandelbrot}, {"juliaset", juliaSet}, {NULL, NULL},
};
