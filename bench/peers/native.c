// The workloads as straightforward loops: gcc -O3 -march=native -ffast-math -fopenmp. Started as `native WORKLOAD FOLDER`;
// inputs are FOLDER/in0, in1, ...; answers 'run' with its milliseconds and 'save' after writing FOLDER/out0, ...
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef const float *restrict In;
typedef float *restrict Out;

static float *in[4], *out[2], *scratch;
static long count[4], outCount[2];

static float *allocate(long n) {
  float *p = aligned_alloc(64, (n * sizeof(float) + 63) / 64 * 64);
  memset(p, 0, n * sizeof(float));
  return p;
}

static void squares(void) {
  In a = in[0], b = in[1];
  Out y = out[0];
#pragma omp parallel for simd
  for (long k = 0; k < count[0]; k++) y[k] = a[k] * a[k] + b[k] * b[k];
}

static void sum(void) {
  In a = in[0];
  float s = 0;
#pragma omp parallel for simd reduction(+ : s)
  for (long k = 0; k < count[0]; k++) s += a[k];
  out[0][0] = s;
}

static inline float cdf(float x) {
  float t = 1 / (1 + 0.2316419f * fabsf(x));
  float series = t * (0.31938153f + t * (-0.356563782f + t * (1.781477937f + t * (-1.821255978f + t * 1.330274429f))));
  float tail = 0.3989422804f * expf(-0.5f * x * x) * series;
  return x < 0 ? tail : 1 - tail;
}

static void blackScholes(void) {
  In spot = in[0], strike = in[1], years = in[2];
  Out calls = out[0], puts = out[1];
#pragma omp parallel for simd
  for (long i = 0; i < count[0]; i++) {
    float deviation = 0.3f * sqrtf(years[i]);
    float d1 = (logf(spot[i] / strike[i]) + (0.02f + 0.045f) * years[i]) / deviation, d2 = d1 - deviation;
    float discounted = strike[i] * expf(-0.02f * years[i]);
    float call = spot[i] * cdf(d1) - discounted * cdf(d2);
    calls[i] = call;
    puts[i] = call - spot[i] + discounted;
  }
}

static inline double cdf64(double x) {
  double t = 1 / (1 + 0.2316419 * fabs(x));
  double series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  double tail = 0.3989422804014327 * exp(-0.5 * x * x) * series;
  return x < 0 ? tail : 1 - tail;
}

// Arrays are counted in floats.
static void blackScholes64(void) {
  const double *restrict spot = (void *)in[0], *restrict strike = (void *)in[1], *restrict years = (void *)in[2];
  double *restrict calls = (void *)out[0], *restrict puts = (void *)out[1];
#pragma omp parallel for simd
  for (long i = 0; i < count[0] / 2; i++) {
    double deviation = 0.3 * sqrt(years[i]);
    double d1 = (log(spot[i] / strike[i]) + (0.02 + 0.045) * years[i]) / deviation, d2 = d1 - deviation;
    double discounted = strike[i] * exp(-0.02 * years[i]);
    double call = spot[i] * cdf64(d1) - discounted * cdf64(d2);
    calls[i] = call;
    puts[i] = call - spot[i] + discounted;
  }
}

static void normalize(void) {
  enum { COLUMNS = 1000 };
#pragma omp parallel for
  for (long row = 0; row < count[0] / COLUMNS; row++) {
    In x = in[0] + row * COLUMNS;
    Out y = out[0] + row * COLUMNS;
    float s = 0;
    for (int j = 0; j < COLUMNS; j++) s += x[j] * x[j];
    float scale = 1 / sqrtf(s);
    for (int j = 0; j < COLUMNS; j++) y[j] = x[j] * scale;
  }
}

static void logistic(void) {
  enum { FEATURES = 10, STEPS = 20 };
  In x = in[0], labels = in[1];
  long rows = count[1];
  float w[FEATURES] = {0};
  for (int t = 0; t < STEPS; t++) {
    float g[FEATURES] = {0};
#pragma omp parallel for reduction(+ : g)
    for (long row = 0; row < rows; row++) {
      In r = x + row * FEATURES;
      float score = 0;
      for (int j = 0; j < FEATURES; j++) score += w[j] * r[j];
      float error = 1 / (1 + expf(-score)) - labels[row];
      for (int j = 0; j < FEATURES; j++) g[j] += error * r[j];
    }
    for (int j = 0; j < FEATURES; j++) w[j] -= 2.0f / rows * g[j];
  }
  memcpy(out[0], w, sizeof w);
}

static void heat(void) {
  enum { SIDE = 2048, STEPS = 100 };
  float *now = out[0], *next = scratch;
  memcpy(now, in[0], sizeof(float) * SIDE * SIDE);
  for (int t = 0; t < STEPS; t++) {
#pragma omp parallel for
    for (int y = 0; y < SIDE; y++) {
      In c = now + (long)y * SIDE, up = y > 0 ? c - SIDE : c, down = y < SIDE - 1 ? c + SIDE : c;
      Out o = next + (long)y * SIDE;
      o[0] = c[0] + 0.2f * (up[0] + down[0] + c[0] + c[1] - 4 * c[0]);
      for (int x = 1; x < SIDE - 1; x++) o[x] = c[x] + 0.2f * (up[x] + down[x] + c[x - 1] + c[x + 1] - 4 * c[x]);
      o[SIDE - 1] = c[SIDE - 1] + 0.2f * (up[SIDE - 1] + down[SIDE - 1] + c[SIDE - 2] + c[SIDE - 1] - 4 * c[SIDE - 1]);
    }
    float *swap = now;
    now = next, next = swap;
  }
  if (now != out[0]) memcpy(out[0], now, sizeof(float) * SIDE * SIDE);
}

static inline float magnitude(In up, In here, In down, int l, int x, int r) {
  float gx = up[r] + 2 * here[r] + down[r] - up[l] - 2 * here[l] - down[l];
  float gy = down[l] + 2 * down[x] + down[r] - up[l] - 2 * up[x] - up[r];
  return sqrtf(gx * gx + gy * gy);
}

static int width = 1; // of the photograph, from the environment

static void sobel(void) {
  long height = count[0] / width;
#pragma omp parallel for
  for (long y = 0; y < height; y++) {
    In here = in[0] + y * width, up = y > 0 ? here - width : here, down = y < height - 1 ? here + width : here;
    Out o = out[0] + y * width;
    o[0] = magnitude(up, here, down, 0, 0, 1);
    for (int x = 1; x < width - 1; x++) o[x] = magnitude(up, here, down, x - 1, x, x + 1);
    o[width - 1] = magnitude(up, here, down, width - 2, width - 1, width - 1);
  }
}

static inline int clamp(int x, int high) { return x < 0 ? 0 : x > high ? high : x; }

static void blur(void) {
  enum { SIDE = 2048 };
  In weights = in[1];
  int size = count[1], radius = size / 2;
#pragma omp parallel
  {
    float line[SIDE + 64];
#pragma omp for
    for (int y = 0; y < SIDE; y++) {
      for (int x = -radius; x < SIDE + radius; x++) line[x + radius] = in[0][(long)y * SIDE + clamp(x, SIDE - 1)];
      Out o = scratch + (long)y * SIDE;
      memset(o, 0, sizeof(float) * SIDE);
      for (int k = 0; k < size; k++)
        for (int x = 0; x < SIDE; x++) o[x] += weights[k] * line[x + k];
    }
#pragma omp for
    for (int y = 0; y < SIDE; y++) {
      Out o = out[0] + (long)y * SIDE;
      memset(o, 0, sizeof(float) * SIDE);
      for (int k = 0; k < size; k++) {
        In s = scratch + (long)clamp(y + k - radius, SIDE - 1) * SIDE;
        for (int x = 0; x < SIDE; x++) o[x] += weights[k] * s[x];
      }
    }
  }
}

static inline int reflected(int i, int n) { return i < 0 ? -1 - i : i >= n ? 2 * n - 1 - i : i; }

static void gammaBlur(void) {
  enum { SIDE = 1024, RADIUS = 10, SIZE = 2 * RADIUS + 1 };
#pragma omp parallel for schedule(dynamic, 8)
  for (int y = 0; y < SIDE; y++) {
    for (int x = 0; x < SIDE; x++) {
      float light = 0;
      for (int i = -RADIUS; i <= RADIUS; i++) {
        In row = in[0] + (long)reflected(y + i, SIDE) * SIDE;
        for (int j = -RADIUS; j <= RADIUS; j++) light += powf(row[reflected(x + j, SIDE)], 2.2f);
      }
      out[0][(long)y * SIDE + x] = powf(light / (SIZE * SIZE), 1 / 2.2f);
    }
  }
}

static void mandelbrot(void) {
  enum { SIDE = 1024, STEPS = 200 };
#pragma omp parallel for schedule(dynamic, 8)
  for (int y = 0; y < SIDE; y++) {
    for (int x = 0; x < SIDE; x++) {
      float cr = in[0][x], ci = in[1][y], zr = 0, zi = 0;
      int n = 0;
      while (n < STEPS && zr * zr + zi * zi <= 4) {
        float t = zr * zr - zi * zi + cr;
        zi = 2 * zr * zi + ci;
        zr = t;
        n++;
      }
      out[0][(long)y * SIDE + x] = n;
    }
  }
}

static const struct { const char *name; void (*run)(void); } workloads[] = {
  {"squares", squares}, {"sum", sum}, {"black-scholes", blackScholes}, {"black-scholes-64", blackScholes64},
  {"prange-normalize", normalize}, {"logistic", logistic}, {"gamma-blur", gammaBlur},
  {"heat", heat}, {"sobel", sobel}, {"blur21", blur}, {"blur5", blur}, {"mandelbrot", mandelbrot},
};

static FILE *opened(const char *folder, const char *kind, int k, const char *mode) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s%d", folder, kind, k);
  return fopen(path, mode);
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  void (*run)(void) = NULL;
  for (size_t k = 0; k < sizeof workloads / sizeof *workloads; k++)
    if (!strcmp(argv[1], workloads[k].name)) run = workloads[k].run;
  if (!run) return 2;
  long total = 16;
  for (int k = 0; k < 4; k++) {
    FILE *file = opened(argv[2], "in", k, "rb");
    if (!file) break;
    fseek(file, 0, SEEK_END);
    count[k] = ftell(file) / sizeof(float);
    rewind(file);
    in[k] = allocate(count[k]);
    if (fread(in[k], sizeof(float), count[k], file) != (size_t)count[k]) return 3;
    fclose(file);
    if (count[k] > total) total = count[k];
  }
  outCount[0] = outCount[1] = total;
  if (run == sum) outCount[0] = 1;
  if (run == logistic) outCount[0] = 10;
  if (run == mandelbrot) outCount[0] = total = 1024 * 1024;
  out[0] = allocate(total), out[1] = allocate(total), scratch = allocate(total);
  if (getenv("WIDTH")) width = atoi(getenv("WIDTH"));

  char line[64];
  while (fgets(line, sizeof line, stdin)) {
    if (!strcmp(line, "run\n")) {
      double start = omp_get_wtime();
      run();
      printf("%.6f\n", 1e3 * (omp_get_wtime() - start));
    } else {
      for (int k = 0; k < 2; k++) {
        FILE *file = opened(argv[2], "out", k, "wb");
        fwrite(out[k], sizeof(float), outCount[k], file);
        fclose(file);
      }
      printf("saved\n");
    }
    fflush(stdout);
  }
  return 0;
}
