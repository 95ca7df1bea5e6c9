"""The workloads as Numba kernels, parallel and fastmath. Started as `numba.py WORKLOAD FOLDER`; speaks as native.c does."""
import math
import os
import sys
import time

sys.path = [p for p in sys.path if p != os.path.dirname(os.path.abspath(__file__))]  # this file is called numba, too
import numpy as np  # noqa: E402
from numba import njit, prange  # noqa: E402

jit = njit(parallel=True, fastmath=True)
f32 = np.float32


@jit
def squares(a, b, y):
    for k in prange(a.size):
        y[k] = a[k] * a[k] + b[k] * b[k]


@jit
def total(a, y):
    s = f32(0)
    for k in prange(a.size):
        s += a[k]
    y[0] = s


@njit(fastmath=True, inline='always')
def cdf(x):
    t = f32(1) / (f32(1) + f32(0.2316419) * abs(x))
    series = t * (f32(0.31938153) + t * (f32(-0.356563782) + t * (f32(1.781477937) + t * (f32(-1.821255978) + t * f32(1.330274429)))))
    tail = f32(0.3989422804) * math.exp(f32(-0.5) * x * x) * series
    return tail if x < 0 else f32(1) - tail


@jit
def black_scholes(spot, strike, years, calls, puts):
    for i in prange(spot.size):
        deviation = f32(0.3) * math.sqrt(years[i])
        d1 = (math.log(spot[i] / strike[i]) + f32(0.065) * years[i]) / deviation
        d2 = d1 - deviation
        discounted = strike[i] * math.exp(f32(-0.02) * years[i])
        call = spot[i] * cdf(d1) - discounted * cdf(d2)
        calls[i] = call
        puts[i] = call - spot[i] + discounted


@njit(fastmath=True, inline='always')
def cdf64(x):
    t = 1 / (1 + 0.2316419 * abs(x))
    series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    tail = 0.3989422804014327 * math.exp(-0.5 * x * x) * series
    return tail if x < 0 else 1 - tail


@jit
def black_scholes_64(spot, strike, years, calls, puts):
    for i in prange(spot.size):
        deviation = 0.3 * math.sqrt(years[i])
        d1 = (math.log(spot[i] / strike[i]) + 0.065 * years[i]) / deviation
        d2 = d1 - deviation
        discounted = strike[i] * math.exp(-0.02 * years[i])
        call = spot[i] * cdf64(d1) - discounted * cdf64(d2)
        calls[i] = call
        puts[i] = call - spot[i] + discounted


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
def logistic_step(x, labels, w, partial):
    rows = labels.size
    blocks = partial.shape[0]
    for b in prange(blocks):
        g = np.zeros(10, dtype=np.float32)
        for row in range(rows * b // blocks, rows * (b + 1) // blocks):
            score = f32(0)
            for j in range(10):
                score += w[j] * x[row, j]
            error = f32(1) / (f32(1) + math.exp(-score)) - labels[row]
            for j in range(10):
                g[j] += error * x[row, j]
        partial[b] = g


def logistic(x, labels, w):
    w[:] = 0
    partial = np.zeros((64, 10), dtype=np.float32)
    for _ in range(20):
        logistic_step(x, labels, w, partial)
        w -= f32(2 / labels.size) * partial.sum(axis=0)


@jit
def heat_step(now, after):
    n = now.shape[0]
    m = now.shape[1]
    for y in prange(n):
        up = max(y - 1, 0)
        down = min(y + 1, n - 1)
        for x in range(1, m - 1):
            c = now[y, x]
            after[y, x] = c + f32(0.2) * (now[up, x] + now[down, x] + now[y, x - 1] + now[y, x + 1] - f32(4) * c)
        for x in (0, m - 1):
            c = now[y, x]
            after[y, x] = c + f32(0.2) * (now[up, x] + now[down, x] + now[y, max(x - 1, 0)] + now[y, min(x + 1, m - 1)] - f32(4) * c)


def heat(u, y):
    now, after = y, scratch
    now[:] = u
    for _ in range(100):
        heat_step(now, after)
        now, after = after, now


@njit(fastmath=True, inline='always')
def magnitude(u, up, y, down, left, x, right):
    gx = u[up, right] + f32(2) * u[y, right] + u[down, right] - u[up, left] - f32(2) * u[y, left] - u[down, left]
    gy = u[down, left] + f32(2) * u[down, x] + u[down, right] - u[up, left] - f32(2) * u[up, x] - u[up, right]
    return math.sqrt(gx * gx + gy * gy)


@jit
def sobel(u, out):
    n = u.shape[0]
    m = u.shape[1]
    for y in prange(n):
        up = max(y - 1, 0)
        down = min(y + 1, n - 1)
        for x in range(1, m - 1):
            out[y, x] = magnitude(u, up, y, down, x - 1, x, x + 1)
        out[y, 0] = magnitude(u, up, y, down, 0, 0, 1)
        out[y, m - 1] = magnitude(u, up, y, down, m - 2, m - 1, m - 1)


@jit
def blur_across(image, weights, out):
    m = image.shape[1]
    radius = weights.size // 2
    for y in prange(image.shape[0]):
        line = np.empty(m + 2 * radius, dtype=np.float32)
        for x in range(-radius, m + radius):
            line[x + radius] = image[y, min(max(x, 0), m - 1)]
        for x in range(m):
            out[y, x] = f32(0)
        for k in range(weights.size):
            for x in range(m):
                out[y, x] += weights[k] * line[x + k]


@jit
def blur_down(image, weights, out):
    n = image.shape[0]
    radius = weights.size // 2
    for y in prange(n):
        for x in range(image.shape[1]):
            out[y, x] = f32(0)
        for k in range(weights.size):
            source = min(max(y + k - radius, 0), n - 1)
            for x in range(image.shape[1]):
                out[y, x] += weights[k] * image[source, x]


def blur(image, weights, out):
    blur_across(image, weights, scratch)
    blur_down(scratch, weights, out)


@njit(inline='always')
def reflected(i, n):
    return -1 - i if i < 0 else 2 * n - 1 - i if i >= n else i


@jit
def gamma_blur(u, out):
    n, m = u.shape
    for y in prange(n):
        for x in range(m):
            light = f32(0)
            for i in range(-10, 11):
                for j in range(-10, 11):
                    light += u[reflected(y + i, n), reflected(x + j, m)] ** f32(2.2)
            out[y, x] = (light / f32(441)) ** f32(1 / 2.2)


@jit
def mandelbrot(real, imaginary, out):
    for y in prange(imaginary.size):
        ci = imaginary[y]
        for x in range(real.size):
            cr = real[x]
            zr = f32(0)
            zi = f32(0)
            count = 0
            while count < 200 and zr * zr + zi * zi <= f32(4):
                t = zr * zr - zi * zi + cr
                zi = f32(2) * zr * zi + ci
                zr = t
                count += 1
            out[y, x] = count


ROW = int(os.environ['WIDTH'])
# name: function, shapes of the inputs (None: flat), shapes of the results, dtype (float32)
WORKLOADS = {
    'squares': (squares, [None, None], [4 << 20]),
    'sum': (total, [None], [1]),
    'black-scholes': (black_scholes, [None, None, None], [4_000_000, 4_000_000]),
    'black-scholes-64': (black_scholes_64, [None, None, None], [4_000_000, 4_000_000], np.float64),
    'prange-normalize': (normalize, [(-1, 1000)], [(4000, 1000)]),
    'logistic': (logistic, [(-1, 10), None], [10]),
    'heat': (heat, [(2048, 2048)], [(2048, 2048)]),
    'sobel': (sobel, [(-1, ROW)], ['like']),
    'blur21': (blur, [(2048, 2048), None], [(2048, 2048)]),
    'blur5': (blur, [(2048, 2048), None], [(2048, 2048)]),
    'gamma-blur': (gamma_blur, [(1024, 1024)], ['like']),
    'mandelbrot': (mandelbrot, [None, None], [(1024, 1024)]),
}

run, shapes, outputs, *rest = WORKLOADS[sys.argv[1]]
dtype = rest[0] if rest else np.float32
flat = [np.fromfile(f'{sys.argv[2]}/in{k}', dtype=dtype) for k in range(len(shapes))]
inputs = [x if shape is None else x.reshape(shape) for x, shape in zip(flat, shapes)]
results = [np.zeros(inputs[0].shape if shape == 'like' else shape, dtype=dtype) for shape in outputs]
scratch = np.zeros(results[0].shape, dtype=np.float32)

for line in sys.stdin:
    if line == 'run\n':
        start = time.perf_counter()
        run(*inputs, *results)
        print(f'{1e3 * (time.perf_counter() - start):.6f}', flush=True)
    else:
        for k, result in enumerate(results):
            result.tofile(f'{sys.argv[2]}/out{k}')
        print('saved', flush=True)
