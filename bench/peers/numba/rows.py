"""A matrix row by row or column by column, and products of matrices."""
import math

import numpy as np
from numba import prange

from common import f32, jit, plain


@jit
def normalize(x, y):
    for row in prange(x.shape[0]):
        s = f32(0)
        for j in range(x.shape[1]):
            s += x[row, j] * x[row, j]
        scale = f32(1) / math.sqrt(s)
        for j in range(x.shape[1]):
            y[row, j] = x[row, j] * scale


@jit
def softmax(x, y):
    for row in prange(x.shape[0]):
        high = x[row, 0]
        for j in range(x.shape[1]):
            high = max(high, x[row, j])
        s = f32(0)
        for j in range(x.shape[1]):
            y[row, j] = math.exp(x[row, j] - high)
            s += y[row, j]
        for j in range(x.shape[1]):
            y[row, j] /= s


@jit
def layer_norm(x, gain, bias, y):
    columns = x.shape[1]
    for row in prange(x.shape[0]):
        s = f32(0)
        for j in range(columns):
            s += x[row, j]
        mean = s / f32(columns)
        q = f32(0)
        for j in range(columns):
            q += (x[row, j] - mean) * (x[row, j] - mean)
        scale = f32(1) / math.sqrt(q / f32(columns) + f32(1e-5))
        for j in range(columns):
            y[row, j] = (x[row, j] - mean) * scale * gain[j] + bias[j]


@jit
def standardized(x, mean, scale, y):
    for row in prange(x.shape[0]):
        for j in range(x.shape[1]):
            y[row, j] = (x[row, j] - mean[j]) * scale[j]


@jit
def column_sums(x, mean, squared, partial):
    """Of blocks of rows: the deviations from the means of the columns, or their squares."""
    blocks = partial.shape[0]
    n = x.shape[0]
    for b in prange(blocks):
        for j in range(x.shape[1]):
            partial[b, j] = f32(0)
        for row in range(n * b // blocks, n * (b + 1) // blocks):
            if squared:
                for j in range(x.shape[1]):
                    partial[b, j] += (x[row, j] - mean[j]) * (x[row, j] - mean[j])
            else:
                for j in range(x.shape[1]):
                    partial[b, j] += x[row, j]


def z_score(x, y):
    partial = np.empty((16, x.shape[1]), dtype=np.float32)
    column_sums(x, partial[0], False, partial)
    mean = partial.sum(axis=0) / f32(x.shape[0])
    column_sums(x, mean, True, partial)
    standardized(x, mean, f32(1) / np.sqrt(partial.sum(axis=0) / f32(x.shape[0])), y)


@jit
def matmul(a, b, y):
    for i in prange(a.shape[0]):
        for j in range(b.shape[1]):
            y[i, j] = f32(0)
        for k in range(a.shape[1]):
            for j in range(b.shape[1]):
                y[i, j] += a[i, k] * b[k, j]


WORKLOADS = {
    'normalize': plain(normalize), 'softmax': plain(softmax), 'layer-norm': plain(layer_norm), 'z-score': plain(z_score),
    'matmul-512': plain(matmul), 'matmul-1024': plain(matmul),
}
