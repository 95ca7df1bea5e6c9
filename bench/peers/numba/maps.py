"""Every element by itself, and reductions of all elements."""
import math

from numba import prange

from common import f32, inlined, jit, plain


@jit
def squares(a, b, y):
    for k in prange(a.size):
        y[k] = a[k] * a[k] + b[k] * b[k]


@jit
def triad(a, b, y):
    for k in prange(a.size):
        y[k] = a[k] + f32(2.5) * b[k]


@jit
def total(a, y):
    s = f32(0)
    for k in prange(a.size):
        s += a[k]
    y[0] = s


@jit
def statistics(a, low, high, mean):
    smallest = a[0]
    largest = a[0]
    s = f32(0)
    for k in prange(a.size):
        s += a[k]
        smallest = min(smallest, a[k])
        largest = max(largest, a[k])
    low[0] = smallest
    high[0] = largest
    mean[0] = s / f32(a.size)


@jit
def monte_carlo_pi(x, y, out):
    inside = 0
    for k in prange(x.size):
        inside += x[k] * x[k] + y[k] * y[k] < f32(1)
    out[0] = 4 * inside / x.size


@jit
def kernel_density(x, out):
    total = f32(0)
    for k in prange(x.size):
        a = -(x[k] + f32(1)) * (x[k] + f32(1)) * f32(2)
        b = -(x[k] - f32(2)) * (x[k] - f32(2)) * f32(2)
        c = -(x[k] - f32(5)) * (x[k] - f32(5)) * f32(2)
        m = max(a, max(b, c))
        total += m - f32(0.405465108) + math.log(math.exp(a - m) + math.exp(b - m) + math.exp(c - m))
    out[0] = total / x.size


@inlined
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


@inlined
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


@inlined
def escape(zr, zi, cr, ci, steps):
    count = 0
    while count < steps and zr * zr + zi * zi <= f32(4):
        t = zr * zr - zi * zi + cr
        zi = f32(2) * zr * zi + ci
        zr = t
        count += 1
    return count


@jit
def mandelbrot(real, imaginary, steps, out):
    for y in prange(imaginary.size):
        for x in range(real.size):
            out[y * real.size + x] = escape(f32(0), f32(0), real[x], imaginary[y], steps)


@jit
def juliaset(real, imaginary, steps, out):
    for y in prange(imaginary.size):
        for x in range(real.size):
            out[y * real.size + x] = escape(real[x], imaginary[y], f32(-0.4), f32(0.6), steps)


def fractal(f):
    return lambda inputs, results, numbers: f(inputs[0].ravel(), inputs[1].ravel(), int(numbers['steps']), results[0])


WORKLOADS = {
    'squares': plain(squares), 'triad': plain(triad), 'sum': plain(total), 'statistics': plain(statistics),
    'pi': plain(monte_carlo_pi), 'kernel-density': plain(kernel_density), 'black-scholes': plain(black_scholes),
    'black-scholes-64': plain(black_scholes_64), 'mandelbrot': fractal(mandelbrot), 'juliaset': fractal(juliaset),
}
