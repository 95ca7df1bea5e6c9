"""Neighbourhoods, once."""
import math

import numpy as np
from numba import njit, prange

from common import f32, inlined, jit, plain, scratch


@inlined
def around(i, n):
    """The indices before and after, the edge's beyond it."""
    return max(i - 1, 0), min(i + 1, n - 1)


@inlined
def across_gradient(u, up, y, down, left, right):
    return u[up, right] + f32(2) * u[y, right] + u[down, right] - u[up, left] - f32(2) * u[y, left] - u[down, left]


@inlined
def down_gradient(u, up, down, left, x, right):
    return u[down, left] + f32(2) * u[down, x] + u[down, right] - u[up, left] - f32(2) * u[up, x] - u[up, right]


@inlined
def magnitude(u, up, y, down, left, x, right):
    gx = across_gradient(u, up, y, down, left, right)
    gy = down_gradient(u, up, down, left, x, right)
    return math.sqrt(gx * gx + gy * gy)


@jit
def sobel(u, out):
    n, m = u.shape
    for y in prange(n):
        up, down = around(y, n)
        for x in range(1, m - 1):
            out[y, x] = magnitude(u, up, y, down, x - 1, x, x + 1)
        out[y, 0] = magnitude(u, up, y, down, 0, 0, 1)
        out[y, m - 1] = magnitude(u, up, y, down, m - 2, m - 1, m - 1)


@jit
def gradient_products(u, xx, yy, xy):
    n, m = u.shape
    for y in prange(n):
        up, down = around(y, n)
        for x in range(m):
            left, right = around(x, m)
            gx = across_gradient(u, up, y, down, left, right) / f32(8)
            gy = down_gradient(u, up, down, left, x, right) / f32(8)
            xx[y, x] = gx * gx
            yy[y, x] = gy * gy
            xy[y, x] = gx * gy


@inlined
def box(u, up, y, down, left, x, right):
    return (u[up, left] + u[up, x] + u[up, right] + u[y, left] + u[y, x] + u[y, right]
            + u[down, left] + u[down, x] + u[down, right])


@jit
def corner_response(xx, yy, xy, out):
    n, m = xx.shape
    for y in prange(n):
        up, down = around(y, n)
        for x in range(m):
            left, right = around(x, m)
            a = box(xx, up, y, down, left, x, right)
            b = box(yy, up, y, down, left, x, right)
            c = box(xy, up, y, down, left, x, right)
            out[y, x] = a * b - c * c - f32(0.05) * (a + b) * (a + b)


def harris(u, out):
    xx, yy, xy = scratch(u, 'xx'), scratch(u, 'yy'), scratch(u, 'xy')
    gradient_products(u, xx, yy, xy)
    corner_response(xx, yy, xy, out)


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
    between = scratch(image)
    blur_across(image, weights, between)
    blur_down(between, weights, out)


@njit(inline='always')
def reflected(i, n):
    return -1 - i if i < 0 else 2 * n - 1 - i if i >= n else i


@jit
def gamma_blur_of(u, radius, out):
    n, m = u.shape
    for y in prange(n):
        for x in range(m):
            light = f32(0)
            for i in range(-radius, radius + 1):
                for j in range(-radius, radius + 1):
                    light += u[reflected(y + i, n), reflected(x + j, m)] ** f32(2.2)
            out[y, x] = (light / f32((2 * radius + 1) ** 2)) ** f32(1 / 2.2)


def gamma_blur(inputs, results, numbers):
    gamma_blur_of(inputs[0], int(numbers['radius']), results[0])


@jit
def erode(u, out):
    n, m = u.shape
    for y in prange(n):
        up, down = around(y, n)
        for x in range(m):
            left, right = around(x, m)
            above = min(u[up, left], u[up, x], u[up, right])
            here = min(u[y, left], u[y, x], u[y, right])
            out[y, x] = min(above, here, u[down, left], u[down, x], u[down, right])


@jit
def threshold(u, out):
    n, m = u.shape
    for y in prange(n):
        up, down = around(y, n)
        for x in range(m):
            left, right = around(x, m)
            total = np.int32(0)
            for k in range(left, right + 1):
                total += np.int32(u[up, k]) + np.int32(u[y, k]) + np.int32(u[down, k])
            if x == 0 or x == m - 1:
                total += np.int32(u[up, x]) + np.int32(u[y, x]) + np.int32(u[down, x])
            out[y, x] = 255 if 9 * np.int32(u[y, x]) > total else 0


WORKLOADS = {
    'erode': plain(erode), 'threshold': plain(threshold),
    'sobel': plain(sobel), 'harris': plain(harris), 'blur-5': plain(blur), 'blur-21': plain(blur), 'gamma-blur': gamma_blur,
}
