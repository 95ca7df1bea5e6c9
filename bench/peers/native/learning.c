// Fitting models to many rows, forces between many bodies, prices of many paths.
#include "native.h"

enum { FEATURES = 10 };

// Both regressions: what the gradient is made of is the difference between prediction and label.
static inline void descend(int logistic) {
  In x = in[0].data, labels = in[1].data;
  long rows = in[1].count;
  int steps = number("steps");
  float rate = logistic ? 2 : 0.5f, w[FEATURES] = {0};
  for (int t = 0; t < steps; t++) {
    float g[FEATURES] = {0};
#pragma omp parallel for reduction(+ : g)
    for (long row = 0; row < rows; row++) {
      In r = x + row * FEATURES;
      float score = 0;
      for (int j = 0; j < FEATURES; j++) score += w[j] * r[j];
      float error = (logistic ? 1 / (1 + expf(-score)) : score) - labels[row];
      for (int j = 0; j < FEATURES; j++) g[j] += error * r[j];
    }
    for (int j = 0; j < FEATURES; j++) w[j] -= rate / rows * g[j];
  }
  memcpy(out[0].data, w, sizeof w);
}

static void logisticRegression(void) { descend(1); }
static void linearRegression(void) { descend(0); }

enum { CLUSTERS = 5 };

static void kMeans(void) {
  In x = in[0].data;
  long rows = in[0].shape[0];
  int steps = number("steps");
  float centers[CLUSTERS * FEATURES];
  memcpy(centers, in[1].data, sizeof centers);
  for (int t = 0; t < steps; t++) {
    float sums[CLUSTERS * FEATURES] = {0}, counts[CLUSTERS] = {0};
#pragma omp parallel for reduction(+ : sums, counts)
    for (long row = 0; row < rows; row++) {
      In r = x + row * FEATURES;
      int best = 0;
      float nearest = 3e38f;
      for (int k = 0; k < CLUSTERS; k++) {
        float distance = 0;
        for (int j = 0; j < FEATURES; j++) distance += (r[j] - centers[k * FEATURES + j]) * (r[j] - centers[k * FEATURES + j]);
        if (distance < nearest) nearest = distance, best = k;
      }
      counts[best]++;
      for (int j = 0; j < FEATURES; j++) sums[best * FEATURES + j] += r[j];
    }
    for (int k = 0; k < CLUSTERS; k++)
      for (int j = 0; j < FEATURES; j++) centers[k * FEATURES + j] = sums[k * FEATURES + j] / counts[k];
  }
  memcpy(out[0].data, centers, sizeof centers);
}

static void nBody(void) {
  In x = in[0].data, y = in[1].data, z = in[2].data, mass = in[3].data;
  Out ax = out[0].data, ay = out[1].data, az = out[2].data;
  long count = in[0].count;
#pragma omp parallel for
  for (long i = 0; i < count; i++) {
    float sx = 0, sy = 0, sz = 0;
    for (long j = 0; j < count; j++) {
      float dx = x[j] - x[i], dy = y[j] - y[i], dz = z[j] - z[i];
      float r = 1 / sqrtf(dx * dx + dy * dy + dz * dz + 0.01f);
      float pull = mass[j] * r * r * r;
      sx += dx * pull, sy += dy * pull, sz += dz * pull;
    }
    ax[i] = sx, ay[i] = sy, az[i] = sz;
  }
}

// Longstaff and Schwartz: an American put by regression on the value now and its square, backwards in time.
static void quant(void) {
  In64 assets = in[0].data;
  long steps = in[0].shape[0], paths = in[0].shape[1];
  double *cash = scratch(0, paths * sizeof(double));
  In64 last = assets + (steps - 1) * paths;
#pragma omp parallel for
  for (long k = 0; k < paths; k++) cash[k] = fmax(1.1 - last[k], 0);
  for (long s = steps - 2; s >= 0; s--) {
    In64 now = assets + s * paths;
    double m0 = 0.01, m1 = 0.01, m2 = 0.01, m3 = 0.01, m4 = 0.01, v0 = 0, v1 = 0, v2 = 0;
#pragma omp parallel for reduction(+ : m0, m1, m2, m3, m4, v0, v1, v2)
    for (long k = 0; k < paths; k++) {
      double in = now[k] <= 1.1, a = in * now[k], b = a * a;
      m0 += in, m1 += a, m2 += b, m3 += b * a, m4 += b * b;
      v0 += in * cash[k], v1 += a * cash[k], v2 += b * cash[k];
    }
    double c00 = m2 * m4 - m3 * m3, c01 = m2 * m3 - m1 * m4, c02 = m1 * m3 - m2 * m2;
    double c11 = m0 * m4 - m2 * m2, c12 = m1 * m2 - m0 * m3, c22 = m0 * m2 - m1 * m1;
    double d = m0 * c00 + m1 * c01 + m2 * c02;
    double b0 = (c00 * v0 + c01 * v1 + c02 * v2) / d, b1 = (c01 * v0 + c11 * v1 + c12 * v2) / d;
    double b2 = (c02 * v0 + c12 * v1 + c22 * v2) / d;
#pragma omp parallel for
    for (long k = 0; k < paths; k++) {
      double in = now[k] <= 1.1, implied = in * (b0 + now[k] * (b1 + now[k] * b2)), payoff = in * (1.1 - now[k]);
      if (payoff > implied) cash[k] = payoff;
    }
  }
  double total = 0;
#pragma omp parallel for reduction(+ : total)
  for (long k = 0; k < paths; k++) total += cash[k];
  *(double *)out[0].data = total / paths;
}

const Workload learningWorkloads[] = {
  {"logistic", logisticRegression}, {"linear", linearRegression}, {"k-means", kMeans}, {"n-body", nBody}, {"quant", quant},
  {NULL, NULL},
};
