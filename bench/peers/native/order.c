// Counts, indices, scans and sorting.
#include "native.h"

static void histogram(void) {
  In x = in[0].data;
  int bins = out[0].count;
  OutInt counts = out[0].data;
  memset(counts, 0, bins * sizeof(int32_t));
#pragma omp parallel for reduction(+ : counts[:bins])
  for (long k = 0; k < in[0].count; k++) counts[clamp(x[k] * bins, bins - 1)]++;
}

static void cumulate(void) {
  In x = in[0].data;
  Out y = out[0].data;
  float offsets[257] = {0};
#pragma omp parallel
  {
    int threads = omp_get_num_threads(), me = omp_get_thread_num();
    long from = in[0].count * me / threads, to = in[0].count * (me + 1) / threads;
    float s = 0;
    for (long k = from; k < to; k++) s += x[k];
    offsets[me + 1] = s;
#pragma omp barrier
    s = 0;
    for (int t = 0; t <= me; t++) s += offsets[t];
    for (long k = from; k < to; k++) y[k] = s += x[k];
  }
}

static void take(void) {
  In x = in[0].data;
  InInt at = in[1].data;
  Out y = out[0].data;
#pragma omp parallel for
  for (long k = 0; k < in[1].count; k++) y[k] = x[at[k]];
}

static void scatterAdd(void) {
  InInt at = in[0].data;
  In x = in[1].data;
  int count = out[0].count;
  Out y = out[0].data;
  memset(y, 0, count * sizeof(float));
#pragma omp parallel for reduction(+ : y[:count])
  for (long k = 0; k < in[0].count; k++) y[at[k]] += x[k];
}

static int ascending(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

// Halves are sorted by tasks, down to pieces for qsort.
static void sortPiece(float *x, float *spare, long n) {
  if (n <= 1 << 15) {
    qsort(x, n, sizeof *x, ascending);
    return;
  }
  long half = n / 2;
#pragma omp task
  sortPiece(x, spare, half);
  sortPiece(x + half, spare + half, n - half);
#pragma omp taskwait
  for (long i = 0, j = half, k = 0; k < n; k++) spare[k] = j >= n || (i < half && x[i] <= x[j]) ? x[i++] : x[j++];
  memcpy(x, spare, n * sizeof *x);
}

static void sort(void) {
  long n = in[0].count;
  float *spare = scratch(0, n * sizeof(float));
  memcpy(out[0].data, in[0].data, n * sizeof(float));
#pragma omp parallel
#pragma omp single
  sortPiece(out[0].data, spare, n);
}

const Workload orderWorkloads[] = {
  {"histogram", histogram}, {"cum-sum", cumulate}, {"take", take}, {"scatter-add", scatterAdd}, {"sort", sort}, {NULL, NULL},
};
