"""The workloads in Numba, parallel and fastmath. `main.py` lists them; otherwise it speaks as native/main.c does."""
import os
import sys
import time

import numpy as np

import learning
import maps
import order
import rows
import stencils
import steps

WORKLOADS = {name: f for module in (maps, rows, stencils, steps, learning, order) for name, f in module.WORKLOADS.items()}

if len(sys.argv) < 3:
    print('\n'.join(WORKLOADS))
    sys.exit()

run, folder = WORKLOADS[sys.argv[1]], sys.argv[2]
inputs, results, numbers = [], [], {}
with open(os.path.join(folder, 'manifest')) as manifest:
    for what, kind, *rest in (line.split() for line in manifest):
        if what == 'in':
            inputs.append(np.fromfile(f'{folder}/in{len(inputs)}', dtype=kind).reshape([int(n) for n in rest]))
        elif what == 'out':
            # A result with as many elements as the first input has its shape.
            like = inputs[0].shape if inputs[0].size == int(rest[0]) else int(rest[0])
            results.append(np.zeros(like, dtype=kind))
        else:
            numbers[kind] = float(rest[0])

for line in sys.stdin:
    if line == 'run\n':
        start = time.perf_counter()
        run(inputs, results, numbers)
        print(f'{1e3 * (time.perf_counter() - start):.6f}', flush=True)
    elif line == 'save\n':
        for k, result in enumerate(results):
            result.tofile(f'{folder}/out{k}')
        print('saved', flush=True)
    else:
        print('ready', flush=True)
