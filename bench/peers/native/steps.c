// Neighbourhoods, many times.
#include "native.h"

static void heat(void) {
  int height = in[0].shape[0], width = in[0].shape[1], steps = number("steps");
  size_t bytes = in[0].count * sizeof(float);
  float *now = out[0].data, *next = scratch(0, bytes);
  memcpy(now, in[0].data, bytes);
  for (int t = 0; t < steps; t++) {
#pragma omp parallel for
    for (int y = 0; y < height; y++) {
      In c = now + (long)y * width, up = y > 0 ? c - width : c, down = y < height - 1 ? c + width : c;
      Out o = next + (long)y * width;
      int last = width - 1;
      o[0] = c[0] + 0.2f * (up[0] + down[0] + c[0] + c[1] - 4 * c[0]);
      for (int x = 1; x < last; x++) o[x] = c[x] + 0.2f * (up[x] + down[x] + c[x - 1] + c[x + 1] - 4 * c[x]);
      o[last] = c[last] + 0.2f * (up[last] + down[last] + c[last - 1] + c[last] - 4 * c[last]);
    }
    SWAP(now, next);
  }
  if (now != out[0].data) memcpy(out[0].data, now, bytes);
}

// The surface now and one step before; beyond the edge it is 0.
static void wave(void) {
  int side = in[0].shape[0], steps = number("steps");
  size_t bytes = in[0].count * sizeof(float);
  float *now = out[0].data, *before = scratch(0, bytes), *zeros = scratch(1, side * sizeof(float));
  memcpy(now, in[0].data, bytes), memcpy(before, in[0].data, bytes);
  for (int t = 0; t < steps; t++) {
#pragma omp parallel for
    for (int y = 0; y < side; y++) {
      In c = now + (long)y * side, up = y > 0 ? c - side : zeros, down = y < side - 1 ? c + side : zeros;
      float *o = before + (long)y * side;
      int last = side - 1;
      o[0] = 2 * c[0] - o[0] + 0.3f * (up[0] + down[0] + c[1] - 4 * c[0]);
      for (int x = 1; x < last; x++) o[x] = 2 * c[x] - o[x] + 0.3f * (up[x] + down[x] + c[x - 1] + c[x + 1] - 4 * c[x]);
      o[last] = 2 * c[last] - o[last] + 0.3f * (up[last] + down[last] + c[last - 1] - 4 * c[last]);
    }
    SWAP(now, before);
  }
  if (now != out[0].data) memcpy(out[0].data, now, bytes);
}

// The mean of the six neighbours inside; the faces keep what they have.
static void laplace(void) {
  long side = in[0].shape[0], steps = number("steps"), plane = side * side;
  size_t bytes = in[0].count * sizeof(float);
  float *now = out[0].data, *next = scratch(0, bytes);
  memcpy(now, in[0].data, bytes), memcpy(next, in[0].data, bytes);
  for (int t = 0; t < steps; t++) {
#pragma omp parallel for
    for (long z = 1; z < side - 1; z++) {
      for (long y = 1; y < side - 1; y++) {
        In c = now + z * plane + y * side;
        Out o = next + z * plane + y * side;
        for (long x = 1; x < side - 1; x++)
          o[x] = (c[x - 1] + c[x + 1] + c[x - side] + c[x + side] + c[x - plane] + c[x + plane]) / 6;
      }
    }
    SWAP(now, next);
  }
  if (now != out[0].data) memcpy(out[0].data, now, bytes);
}

static inline float spread(In up, In here, In down, int l, int x, int r) {
  return 0.2f * (up[x] + down[x] + here[l] + here[r]) + 0.05f * (up[l] + up[r] + down[l] + down[r]) - here[x];
}

static void grayScott(void) {
  int side = in[0].shape[0], steps = number("steps");
  size_t bytes = in[0].count * sizeof(float);
  float *u = out[0].data, *v = out[1].data, *u2 = scratch(0, bytes), *v2 = scratch(1, bytes);
  memcpy(u, in[0].data, bytes), memcpy(v, in[1].data, bytes);
  for (int t = 0; t < steps; t++) {
#pragma omp parallel for
    for (int y = 0; y < side; y++) {
      long here = (long)y * side, up = (long)((y + side - 1) % side) * side, down = (long)((y + 1) % side) * side;
      In a = u + here, aUp = u + up, aDown = u + down, b = v + here, bUp = v + up, bDown = v + down;
      Out uo = u2 + here, vo = v2 + here;
      for (int x = 0; x < side; x++) {
        int l = x > 0 ? x - 1 : side - 1, r = x < side - 1 ? x + 1 : 0;
        float eaten = a[x] * b[x] * b[x];
        uo[x] = a[x] + spread(aUp, a, aDown, l, x, r) - eaten + 0.0367f * (1 - a[x]);
        vo[x] = b[x] + 0.5f * spread(bUp, b, bDown, l, x, r) + eaten - 0.1016f * b[x];
      }
    }
    SWAP(u, u2);
    SWAP(v, v2);
  }
  if (u != out[0].data) memcpy(out[0].data, u, bytes), memcpy(out[1].data, v, bytes);
}

static void life(void) {
  int side = in[0].shape[0], steps = number("steps");
  uint8_t *now = out[0].data, *next = scratch(0, in[0].count);
  float *glow = out[1].data;
  memcpy(now, in[0].data, in[0].count), memcpy(glow, in[1].data, in[1].count * sizeof(float));
  for (int t = 0; t < steps; t++) {
#pragma omp parallel for
    for (int y = 0; y < side; y++) {
      const uint8_t *c = now + (long)y * side, *up = now + (long)((y + side - 1) % side) * side;
      const uint8_t *down = now + (long)((y + 1) % side) * side;
      Bytes o = next + (long)y * side;
      Out g = glow + (long)y * side;
      for (int x = 0; x < side; x++) {
        int l = x > 0 ? x - 1 : side - 1, r = x < side - 1 ? x + 1 : 0;
        int around = up[l] + up[x] + up[r] + c[l] + c[r] + down[l] + down[x] + down[r];
        o[x] = around == 3 ? 1 : around == 2 ? c[x] : 0;
        g[x] = o[x] ? 1 : g[x] * 0.985f;
      }
    }
    SWAP(now, next);
  }
  if (now != out[0].data) memcpy(out[0].data, now, in[0].count);
}

const Workload stepWorkloads[] = {
  {"heat-2k", heat}, {"heat-8k", heat}, {"wave-2d", wave}, {"laplace-3d", laplace}, {"gray-scott", grayScott}, {"life", life},
  {NULL, NULL},
};
