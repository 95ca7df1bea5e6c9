"""The numbers that were fitted for functions in src/dsl/kernel/math, printed again.

Needs mpmath and NumPy: python3 scripts/math-coefficients.py
Polynomials are minimax for the relative error (Remez), lowest power first.
"""
from mpmath import cos, erf, erfc, euler, exp, floor, gamma, log, loggamma, lu_solve, matrix, mp, mpf, nstr, pi, polyval, psi, sign, sqrt
import numpy as np

mp.dps = 60


def remez(f, low, high, degree, weight=None):
    """The polynomial of least weighted error, and that error; the weight is 1 / |f| where none is given."""
    low, high, n = mpf(low), mpf(high), degree + 1
    w = weight or (lambda x: 1 / abs(f(x)))
    at = lambda k, m: (low + high) / 2 - (high - low) / 2 * cos(pi * k / m)
    points = [at(k, n) for k in range(n + 1)]
    for _ in range(12):
        a, b = matrix(n + 1, n + 1), matrix(n + 1, 1)
        for i, x in enumerate(points):
            for j in range(n):
                a[i, j] = x**j
            a[i, n], b[i] = (-1)**i / w(x), f(x)
        solution = lu_solve(a, b)
        p = [solution[j] for j in range(n)]
        grid = [at(k, 40 * (n + 1)) for k in range(40 * (n + 1) + 1)]
        errors = [(polyval(p[::-1], x) - f(x)) * w(x) for x in grid]
        extrema = []
        for x, e in zip(grid, errors):
            if extrema and sign(e) == sign(extrema[-1][1]):
                if abs(e) > abs(extrema[-1][1]):
                    extrema[-1] = (x, e)
            else:
                extrema.append((x, e))
        worst = max(abs(e) for e in errors)
        if len(extrema) < n + 1 or worst < 1.02 * abs(solution[n]):
            break
        while len(extrema) > n + 1:
            extrema.pop(0 if abs(extrema[0][1]) < abs(extrema[-1][1]) else -1)
        points = [x for x, _ in extrema]
    return p, worst


def single(x):
    return float(np.float32(float(x)))


def show(name, fit, digits, split=False):
    """`split`: the first coefficient in two parts, and in the last place what the first part lacks."""
    p, error = fit
    rounded = single if digits == 32 else float
    text = [repr(rounded(c)) if digits == 64 else str(np.float32(rounded(c))) for c in p]
    low = f'; rest of the first {rounded(p[0] - mpf(rounded(p[0])))!r}' if split else ''
    print(f'{name}, float{digits}: error 2^{nstr(log(error, 2), 4)}{low}\n  ' + ', '.join(text))


def exp_rest(r):
    """What 1 + r lacks of e^r, relative to r^2."""
    return (exp(r) - 1 - r) / r**2 if abs(r) > mpf(10)**-20 else mpf(1) / 2


def erf_series(z):
    return erf(sqrt(z)) / sqrt(z) - 1 if z > 0 else 2 / sqrt(pi) - 1


def erfc_factor(t, k):
    a = k * (1 + t) / (1 - t)
    return (1 + 2 * a) * exp(a * a) * erfc(a)


def stirling(w):
    if w == 0:
        return sqrt(2 * pi)
    y = 1 / w
    return exp(loggamma(y + mpf(1) / 2) - y * (log(y) - 1))


def stirling_series(w):
    if w == 0:
        return mpf(1) / 12
    a = 1 / sqrt(w)
    return (loggamma(a) - (a - mpf(1) / 2) * (log(a) - 1) - (log(2 * pi) / 2 - mpf(1) / 2)) * a


def near_one(v):
    u = v + mpf(1) / 4
    return (loggamma(1 + u) / u if abs(u) > mpf(10)**-30 else -euler) / (u - 1)


def near_two(v):
    u = v + mpf(1) / 4
    return loggamma(2 + u) / u if abs(u) > mpf(10)**-30 else 1 - euler


def zero_of_lgamma(m, side):
    """Its distance from the pole at -m, on one side of it."""
    low, high = mpf(10)**-40, mpf(1) / 2
    for _ in range(250):
        middle = (low + high) / 2
        if abs(gamma(-m + side * middle)) > 1:
            low = middle
        else:
            high = middle
    return side * (low + high) / 2


FIRST, SECOND = -2 + zero_of_lgamma(2, -1), -3 + zero_of_lgamma(3, 1)


def between_zeros(v):
    x = mpf('-2.625') + v
    return log(abs(gamma(x))) / ((x - FIRST) * (x - SECOND))


def main():
    half = log(2) / 2 + mpf(10)**-6
    show('exp', remez(exp_rest, -half, half, 4, lambda r: (r * r + mpf(10)**-6) * exp(-r)), 32)
    c = mpf(0.8)
    for digits, degree in ((32, 6), (64, 10)):
        show('erfSeries', remez(erf_series, 0, c * c, degree, lambda z: 1 / (erf_series(z) + 1)), digits)
    for digits, degree, k, end in ((32, 9, mpf(2.5), mpf(10.1)), (64, 20, mpf(3), mpf(27.3))):
        show('erfcTail', remez(lambda t: erfc_factor(t, k), (c - k) / (c + k), (end - k) / (end + k), degree), digits)
    for digits, degree, end in ((32, 5, 36), (64, 14, 172)):
        show('gammaFar', remez(stirling, mpf(1) / end, 1 / mpf(2.75), degree), digits, True)
    for digits, degree in ((32, 1), (64, 5)):
        show('lgammaFar', remez(stirling_series, 0, mpf(1) / 64, degree), digits)
    for digits, degree in ((32, 7), (64, 16)):
        p, error = remez(lambda s: psi(0, 3 + s), mpf(-0.62), mpf(0.5), degree)
        show('lgammaNearZeros, from its derivative', ([p_k / (k + 1) for k, p_k in enumerate(p)], error), digits)
    for digits, degrees in ((32, (10, 7, 12)), (64, (24, 17, 28))):
        show('lgammaOne', remez(near_one, -0.5, 0.5, degrees[0]), digits, True)
        show('lgammaTwo', remez(near_two, -0.5, 0.5, degrees[1]), digits, True)
        show('lgammaLow', remez(between_zeros, mpf('-0.19'), mpf('0.21'), degrees[2]), digits, True)
    for name, zero in (('first', FIRST), ('second', SECOND)):
        for rounded in (single, float):
            print(f'lgammaLow, {name} zero: {rounded(zero)!r} + {rounded(zero - mpf(rounded(zero)))!r}')
    print('gammaZeros:')
    for m in range(2, 18):
        for side in ((-1,) if m == 2 else (-1, 1)):
            zero = zero_of_lgamma(m, side)
            print(f'  {m} {side:+}: {float(zero)!r}, {float(zero - mpf(float(zero)))!r}')
    mp.dps = 420
    print('twoOverPi: %x' % int(floor(2 / pi * mpf(2)**1152)))


if __name__ == '__main__':
    main()
