// What the workloads in C share. Each is a function of no arguments over the arrays of the manifest.
#pragma once
#include <math.h>
#include <omp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef const float *restrict In;
typedef float *restrict Out;
typedef const double *restrict In64;
typedef double *restrict Out64;
typedef const int32_t *restrict InInt;
typedef int32_t *restrict OutInt;
typedef uint8_t *restrict Bytes;

typedef struct { void *data; long count; long shape[4]; } Array;
extern Array in[8], out[8];

/// A number of the manifest by its name.
double number(const char *name);

/// Memory that stays for the next run.
void *scratch(int k, size_t bytes);

typedef struct { const char *name; void (*run)(void); } Workload;
extern const Workload mapWorkloads[], rowWorkloads[], stencilWorkloads[], stepWorkloads[], learningWorkloads[], orderWorkloads[];

static inline int clamp(int x, int high) { return x < 0 ? 0 : x > high ? high : x; }

#define SWAP(a, b) do { void *swap_ = a; a = b; b = swap_; } while (0)
