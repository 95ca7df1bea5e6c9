"""Fitting models to many rows, forces between many bodies, prices of many paths."""
import math

import numpy as np
from numba import prange

from common import f32, jit, plain, stepped

BLOCKS = 64


@jit
def gradients(x, labels, w, logistic, partial):
    rows = labels.size
    blocks = partial.shape[0]
    for b in prange(blocks):
        g = np.zeros(10, dtype=np.float32)
        for row in range(rows * b // blocks, rows * (b + 1) // blocks):
            score = f32(0)
            for j in range(10):
                score += w[j] * x[row, j]
            if logistic:
                score = f32(1) / (f32(1) + math.exp(-score))
            error = score - labels[row]
            for j in range(10):
                g[j] += error * x[row, j]
        partial[b] = g


def descent(logistic, rate):
    def run(x, labels, steps, w):
        w[:] = 0
        partial = np.zeros((BLOCKS, 10), dtype=np.float32)
        for _ in range(steps):
            gradients(x, labels, w, logistic, partial)
            w -= f32(rate / labels.size) * partial.sum(axis=0)
    return run


@jit
def assign(x, centers, sums, counts):
    rows = x.shape[0]
    blocks = sums.shape[0]
    clusters = centers.shape[0]
    for b in prange(blocks):
        sums[b] = f32(0)
        counts[b] = f32(0)
        for row in range(rows * b // blocks, rows * (b + 1) // blocks):
            best = 0
            nearest = f32(3e38)
            for k in range(clusters):
                distance = f32(0)
                for j in range(10):
                    distance += (x[row, j] - centers[k, j]) * (x[row, j] - centers[k, j])
                if distance < nearest:
                    nearest = distance
                    best = k
            counts[b, best] += f32(1)
            for j in range(10):
                sums[b, best, j] += x[row, j]


def k_means(x, initial, steps, out):
    centers = initial.copy()
    sums = np.zeros((BLOCKS, *initial.shape), dtype=np.float32)
    counts = np.zeros((BLOCKS, initial.shape[0]), dtype=np.float32)
    for _ in range(steps):
        assign(x, centers, sums, counts)
        centers = sums.sum(axis=0) / counts.sum(axis=0)[:, None]
    out[:] = centers.ravel()


@jit
def n_body(x, y, z, mass, ax, ay, az):
    for i in prange(x.size):
        sx = f32(0)
        sy = f32(0)
        sz = f32(0)
        for j in range(x.size):
            dx = x[j] - x[i]
            dy = y[j] - y[i]
            dz = z[j] - z[i]
            r = f32(1) / math.sqrt(dx * dx + dy * dy + dz * dz + f32(0.01))
            pull = mass[j] * r * r * r
            sx += dx * pull
            sy += dy * pull
            sz += dz * pull
        ax[i] = sx
        ay[i] = sy
        az[i] = sz


@jit
def moments(now, cash):
    m0 = m1 = m2 = m3 = m4 = 0.01
    v0 = v1 = v2 = 0.0
    for k in prange(now.size):
        inside = 1.0 if now[k] <= 1.1 else 0.0
        a = inside * now[k]
        b = a * a
        m0 += inside
        m1 += a
        m2 += b
        m3 += b * a
        m4 += b * b
        v0 += inside * cash[k]
        v1 += a * cash[k]
        v2 += b * cash[k]
    return np.array([m0, m1, m2, m3, m4, v0, v1, v2])


@jit
def exercise(now, cash, b0, b1, b2):
    for k in prange(now.size):
        inside = 1.0 if now[k] <= 1.1 else 0.0
        implied = inside * (b0 + now[k] * (b1 + now[k] * b2))
        payoff = inside * (1.1 - now[k])
        if payoff > implied:
            cash[k] = payoff


def quant(assets, steps, out):
    cash = np.maximum(1.1 - assets[-1], 0)
    for now in assets[-2::-1]:
        m0, m1, m2, m3, m4, v0, v1, v2 = moments(now, cash)
        beta = np.linalg.solve(np.array([[m0, m1, m2], [m1, m2, m3], [m2, m3, m4]]), np.array([v0, v1, v2]))
        exercise(now, cash, *beta)
    out[0] = cash.mean()


WORKLOADS = {
    'logistic': stepped(descent(True, 2)), 'linear': stepped(descent(False, 0.5)), 'k-means': stepped(k_means),
    'n-body': plain(n_body), 'quant': stepped(quant),
}
