// A matrix row by row or column by column, and products of matrices.
#include "native.h"

#define EACH_ROW                                             \
  long rows = in[0].shape[0], columns = in[0].shape[1];      \
  _Pragma("omp parallel for") for (long row = 0; row < rows; row++)

static void normalize(void) {
  EACH_ROW {
    In x = (float *)in[0].data + row * columns;
    Out y = (float *)out[0].data + row * columns;
    float s = 0;
    for (long j = 0; j < columns; j++) s += x[j] * x[j];
    float scale = 1 / sqrtf(s);
    for (long j = 0; j < columns; j++) y[j] = x[j] * scale;
  }
}

static void softmax(void) {
  EACH_ROW {
    In x = (float *)in[0].data + row * columns;
    Out y = (float *)out[0].data + row * columns;
    float high = x[0], s = 0;
    for (long j = 0; j < columns; j++) high = x[j] > high ? x[j] : high;
    for (long j = 0; j < columns; j++) s += y[j] = expf(x[j] - high);
    float scale = 1 / s;
    for (long j = 0; j < columns; j++) y[j] *= scale;
  }
}

static void layerNorm(void) {
  In gain = in[1].data, bias = in[2].data;
  EACH_ROW {
    In x = (float *)in[0].data + row * columns;
    Out y = (float *)out[0].data + row * columns;
    float s = 0, q = 0;
    for (long j = 0; j < columns; j++) s += x[j];
    float mean = s / columns;
    for (long j = 0; j < columns; j++) q += (x[j] - mean) * (x[j] - mean);
    float scale = 1 / sqrtf(q / columns + 1e-5f);
    for (long j = 0; j < columns; j++) y[j] = (x[j] - mean) * scale * gain[j] + bias[j];
  }
}

// Mean and variance of every column, each thread over its own rows.
static void zScore(void) {
  long rows = in[0].shape[0], columns = in[0].shape[1];
  In x = in[0].data;
  Out y = out[0].data;
  float *mean = scratch(0, columns * sizeof(float)), *scale = scratch(1, columns * sizeof(float));
  memset(mean, 0, columns * sizeof(float)), memset(scale, 0, columns * sizeof(float));
#pragma omp parallel for reduction(+ : mean[:columns])
  for (long row = 0; row < rows; row++)
    for (long j = 0; j < columns; j++) mean[j] += x[row * columns + j];
  for (long j = 0; j < columns; j++) mean[j] /= rows;
#pragma omp parallel for reduction(+ : scale[:columns])
  for (long row = 0; row < rows; row++)
    for (long j = 0; j < columns; j++) scale[j] += (x[row * columns + j] - mean[j]) * (x[row * columns + j] - mean[j]);
  for (long j = 0; j < columns; j++) scale[j] = 1 / sqrtf(scale[j] / rows);
#pragma omp parallel for
  for (long row = 0; row < rows; row++)
    for (long j = 0; j < columns; j++) y[row * columns + j] = (x[row * columns + j] - mean[j]) * scale[j];
}

static void matmul(void) {
  long n = in[0].shape[0], depth = in[0].shape[1], m = in[1].shape[1];
  In a = in[0].data, b = in[1].data;
#pragma omp parallel for
  for (long i = 0; i < n; i++) {
    Out row = (float *)out[0].data + i * m;
    memset(row, 0, m * sizeof(float));
    for (long k = 0; k < depth; k++)
      for (long j = 0; j < m; j++) row[j] += a[i * depth + k] * b[k * m + j];
  }
}

const Workload rowWorkloads[] = {
  {"normalize", normalize}, {"softmax", softmax}, {"layer-norm", layerNorm}, {"z-score", zScore},
  {"matmul-512", matmul}, {"matmul-1024", matmul}, {NULL, NULL},
};
