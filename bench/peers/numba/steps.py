"""Neighbourhoods, many times."""
from numba import prange

from common import f32, inlined, jit, scratch, stepped


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


@jit
def wave_step(now, before):
    n = now.shape[0]
    m = now.shape[1]
    for y in prange(n):
        for x in range(m):
            c = now[y, x]
            up = now[y - 1, x] if y > 0 else f32(0)
            down = now[y + 1, x] if y < n - 1 else f32(0)
            left = now[y, x - 1] if x > 0 else f32(0)
            right = now[y, x + 1] if x < m - 1 else f32(0)
            before[y, x] = f32(2) * c - before[y, x] + f32(0.3) * (up + down + left + right - f32(4) * c)


@jit
def laplace_step(now, after):
    n = now.shape[0]
    for z in prange(1, n - 1):
        for y in range(1, n - 1):
            for x in range(1, n - 1):
                after[z, y, x] = (now[z, y, x - 1] + now[z, y, x + 1] + now[z, y - 1, x] + now[z, y + 1, x]
                                  + now[z - 1, y, x] + now[z + 1, y, x]) / f32(6)


@inlined
def spread(u, up, y, down, left, x, right):
    return (f32(0.2) * (u[up, x] + u[down, x] + u[y, left] + u[y, right])
            + f32(0.05) * (u[up, left] + u[up, right] + u[down, left] + u[down, right]) - u[y, x])


@jit
def gray_scott_step(u, v, u2, v2):
    n = u.shape[0]
    for y in prange(n):
        up = y - 1 if y > 0 else n - 1
        down = y + 1 if y < n - 1 else 0
        for x in range(n):
            left = x - 1 if x > 0 else n - 1
            right = x + 1 if x < n - 1 else 0
            a = u[y, x]
            b = v[y, x]
            eaten = a * b * b
            u2[y, x] = a + spread(u, up, y, down, left, x, right) - eaten + f32(0.0367) * (f32(1) - a)
            v2[y, x] = b + f32(0.5) * spread(v, up, y, down, left, x, right) + eaten - f32(0.1016) * b


@jit
def life_step(now, glow, after):
    n = now.shape[0]
    for y in prange(n):
        up = y - 1 if y > 0 else n - 1
        down = y + 1 if y < n - 1 else 0
        for x in range(n):
            left = x - 1 if x > 0 else n - 1
            right = x + 1 if x < n - 1 else 0
            around = (now[up, left] + now[up, x] + now[up, right] + now[y, left] + now[y, right]
                      + now[down, left] + now[down, x] + now[down, right])
            alive = 1 if around == 3 else now[y, x] if around == 2 else 0
            after[y, x] = alive
            glow[y, x] = f32(1) if alive == 1 else glow[y, x] * f32(0.985)


def relaxed(step):
    """One state; the array it goes to starts as a copy, for cells that a step leaves alone."""
    def run(u, steps, out):
        now, after = out, scratch(u)
        now[:] = u
        after[:] = u
        for _ in range(steps):
            step(now, after)
            now, after = after, now
        if now is not out:
            out[:] = now
    return run


def gray_scott(u, v, steps, u_out, v_out):
    now, after = (u_out, v_out), (scratch(u, 'u'), scratch(v, 'v'))
    now[0][:], now[1][:] = u, v
    for _ in range(steps):
        gray_scott_step(*now, *after)
        now, after = after, now
    if now[0] is not u_out:
        u_out[:], v_out[:] = now


def life(cells, glow, steps, cells_out, glow_out):
    now, after = cells_out, scratch(cells)
    now[:] = cells
    glow_out[:] = glow
    for _ in range(steps):
        life_step(now, glow_out, after)
        now, after = after, now
    if now is not cells_out:
        cells_out[:] = now


WORKLOADS = {
    'heat-2k': stepped(relaxed(heat_step)), 'heat-8k': stepped(relaxed(heat_step)), 'wave-2d': stepped(relaxed(wave_step)),
    'laplace-3d': stepped(relaxed(laplace_step)), 'gray-scott': stepped(gray_scott), 'life': stepped(life),
}
