// Neighbourhoods, once.
#include "native.h"

static inline float acrossGradient(In up, In here, In down, int l, int r) {
  return up[r] + 2 * here[r] + down[r] - up[l] - 2 * here[l] - down[l];
}
static inline float downGradient(In up, In down, int l, int x, int r) {
  return down[l] + 2 * down[x] + down[r] - up[l] - 2 * up[x] - up[r];
}

static inline float magnitude(In up, In here, In down, int l, int x, int r) {
  float gx = acrossGradient(up, here, down, l, r), gy = downGradient(up, down, l, x, r);
  return sqrtf(gx * gx + gy * gy);
}

static void sobel(void) {
  long height = in[0].shape[0], width = in[0].shape[1];
#pragma omp parallel for
  for (long y = 0; y < height; y++) {
    In here = (float *)in[0].data + y * width, up = y > 0 ? here - width : here, down = y < height - 1 ? here + width : here;
    Out o = (float *)out[0].data + y * width;
    o[0] = magnitude(up, here, down, 0, 0, 1);
    for (int x = 1; x < width - 1; x++) o[x] = magnitude(up, here, down, x - 1, x, x + 1);
    o[width - 1] = magnitude(up, here, down, width - 2, width - 1, width - 1);
  }
}

// Gradients and their products into three planes, 3 x 3 sums of them, and Harris' response.
static void harris(void) {
  long height = in[0].shape[0], width = in[0].shape[1], count = height * width;
  float *xx = scratch(0, 3 * count * sizeof(float)), *yy = xx + count, *xy = yy + count;
#pragma omp parallel for
  for (long y = 0; y < height; y++) {
    In here = (float *)in[0].data + y * width, up = y > 0 ? here - width : here, down = y < height - 1 ? here + width : here;
    for (int x = 0; x < width; x++) {
      int l = x > 0 ? x - 1 : 0, r = x < width - 1 ? x + 1 : x;
      float gx = acrossGradient(up, here, down, l, r) / 8, gy = downGradient(up, down, l, x, r) / 8;
      xx[y * width + x] = gx * gx, yy[y * width + x] = gy * gy, xy[y * width + x] = gx * gy;
    }
  }
#pragma omp parallel for
  for (long y = 0; y < height; y++) {
    long rows[3] = {y > 0 ? y - 1 : 0, y, y < height - 1 ? y + 1 : y};
    Out o = (float *)out[0].data + y * width;
    for (int x = 0; x < width; x++) {
      int l = x > 0 ? x - 1 : 0, r = x < width - 1 ? x + 1 : x;
      float a = 0, b = 0, c = 0;
      for (int k = 0; k < 3; k++) {
        long at = rows[k] * width;
        a += xx[at + l] + xx[at + x] + xx[at + r];
        b += yy[at + l] + yy[at + x] + yy[at + r];
        c += xy[at + l] + xy[at + x] + xy[at + r];
      }
      o[x] = a * b - c * c - 0.05f * (a + b) * (a + b);
    }
  }
}

typedef const uint8_t *restrict InBytes;

static inline int least(int a, int b) { return a < b ? a : b; }

static inline int leastOf(InBytes row, int l, int x, int r) { return least(least(row[l], row[x]), row[r]); }

static inline uint8_t eroded(InBytes up, InBytes here, InBytes down, int l, int x, int r) {
  return least(least(leastOf(up, l, x, r), leastOf(here, l, x, r)), leastOf(down, l, x, r));
}

static inline uint8_t brighter(InBytes up, InBytes here, InBytes down, int l, int x, int r) {
  int sum = up[l] + up[x] + up[r] + here[l] + here[x] + here[r] + down[l] + down[x] + down[r];
  return 9 * here[x] > sum ? 255 : 0;
}

#define OVER_BYTES(name, point) \
  static void name(void) { \
    long height = in[0].shape[0], width = in[0].shape[1]; \
    _Pragma("omp parallel for") \
    for (long y = 0; y < height; y++) { \
      InBytes here = (uint8_t *)in[0].data + y * width; \
      InBytes up = y > 0 ? here - width : here, down = y < height - 1 ? here + width : here; \
      Bytes o = (uint8_t *)out[0].data + y * width; \
      o[0] = point(up, here, down, 0, 0, 1); \
      for (int x = 1; x < width - 1; x++) o[x] = point(up, here, down, x - 1, x, x + 1); \
      o[width - 1] = point(up, here, down, width - 2, width - 1, width - 1); \
    } \
  }
OVER_BYTES(erode, eroded)
OVER_BYTES(threshold, brighter)

static void blur(void) {
  long height = in[0].shape[0], width = in[0].shape[1];
  In weights = in[1].data;
  int size = in[1].count, radius = size / 2;
  float *between = scratch(0, height * width * sizeof(float));
#pragma omp parallel
  {
    float *line = malloc((width + 2 * radius) * sizeof(float));
#pragma omp for
    for (long y = 0; y < height; y++) {
      In row = (float *)in[0].data + y * width;
      for (int x = -radius; x < width + radius; x++) line[x + radius] = row[clamp(x, width - 1)];
      Out o = between + y * width;
      memset(o, 0, width * sizeof(float));
      for (int k = 0; k < size; k++)
        for (int x = 0; x < width; x++) o[x] += weights[k] * line[x + k];
    }
#pragma omp for
    for (long y = 0; y < height; y++) {
      Out o = (float *)out[0].data + y * width;
      memset(o, 0, width * sizeof(float));
      for (int k = 0; k < size; k++) {
        In s = between + clamp(y + k - radius, height - 1) * width;
        for (int x = 0; x < width; x++) o[x] += weights[k] * s[x];
      }
    }
    free(line);
  }
}

static inline int reflected(int i, int n) { return i < 0 ? -1 - i : i >= n ? 2 * n - 1 - i : i; }

static void gammaBlur(void) {
  int side = in[0].shape[0], radius = number("radius"), size = 2 * radius + 1;
  In u = in[0].data;
  Out o = out[0].data;
#pragma omp parallel for schedule(dynamic, 8)
  for (int y = 0; y < side; y++) {
    for (int x = 0; x < side; x++) {
      float light = 0;
      for (int i = -radius; i <= radius; i++) {
        In row = u + (long)reflected(y + i, side) * side;
        for (int j = -radius; j <= radius; j++) light += powf(row[reflected(x + j, side)], 2.2f);
      }
      o[(long)y * side + x] = powf(light / (size * size), 1 / 2.2f);
    }
  }
}

const Workload stencilWorkloads[] = {
  {"sobel", sobel}, {"harris", harris}, {"blur-5", blur}, {"blur-21", blur}, {"gamma-blur", gammaBlur},
  {"erode", erode}, {"threshold", threshold}, {NULL, NULL},
};
