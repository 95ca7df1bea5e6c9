"""What the workloads in Numba share."""
import numpy as np
from numba import njit

jit = njit(parallel=True, fastmath=True)
inlined = njit(fastmath=True, inline='always')
f32 = np.float32

_spare = {}


def scratch(like, name=''):
    """An array like another one, which stays for the next run."""
    key = (like.shape, like.dtype.str, name)
    if key not in _spare:
        _spare[key] = np.zeros_like(like)
    return _spare[key]


def plain(f):
    """A function of the inputs and results as a workload."""
    return lambda inputs, results, numbers: f(*inputs, *results)


def stepped(f):
    """With the number of steps between them."""
    return lambda inputs, results, numbers: f(*inputs, int(numbers['steps']), *results)
