"""Counts, indices, scans and sorting."""
import numpy as np
from numba import njit, prange

from common import f32, jit, plain

BLOCKS = 64


@jit
def count(x, partial):
    blocks = partial.shape[0]
    bins = partial.shape[1]
    for b in prange(blocks):
        partial[b] = 0
        for k in range(x.size * b // blocks, x.size * (b + 1) // blocks):
            partial[b, min(max(int(x[k] * f32(bins)), 0), bins - 1)] += 1


def histogram(x, counts):
    partial = np.zeros((BLOCKS, counts.size), dtype=np.int32)
    count(x, partial)
    counts[:] = partial.sum(axis=0)


@jit
def cum_sum(x, y):
    ends = np.zeros(BLOCKS + 1, dtype=np.float32)
    for b in prange(BLOCKS):
        s = f32(0)
        for k in range(x.size * b // BLOCKS, x.size * (b + 1) // BLOCKS):
            s += x[k]
        ends[b + 1] = s
    offsets = np.cumsum(ends)
    for b in prange(BLOCKS):
        s = f32(offsets[b])
        for k in range(x.size * b // BLOCKS, x.size * (b + 1) // BLOCKS):
            s += x[k]
            y[k] = s


@jit
def take(x, at, y):
    for k in prange(at.size):
        y[k] = x[at[k]]


@njit(fastmath=True)
def scatter_add(at, x, y):
    """One thread: additions of several to one element would be a race."""
    y[:] = 0
    for k in range(at.size):
        y[at[k]] += x[k]


def sort(x, y):
    """NumPy's: Numba's own is slower."""
    y[:] = np.sort(x)


def arg_sort(x, y):
    y[:] = np.argsort(x, kind='stable')


def unique(x, y):
    y[:] = np.unique(x)


WORKLOADS = {
    'histogram': plain(histogram), 'cum-sum': plain(cum_sum), 'take': plain(take), 'scatter-add': plain(scatter_add),
    'sort': plain(sort), 'arg-sort': plain(arg_sort), 'unique': plain(unique),
}
