/**
 * Nests: one invocation per point of the domain, which performs the effects of the body there. Outputs are whole arrays,
 * filled before (see `submit.ts`), and any point may store to any element.
 */
import { dtypes } from '../../dsl/dtype.ts';
import { sizeOf } from '../../dsl/shape.ts';
import type { Kernel, Launch } from '../../fusion/kernel.ts';
import { domainPoint, elementLoop, linearGrid, rowGrid, wordOf, type Pass } from './emit.ts';
import { writeFunction, type LeafText } from './function.ts';
import { clampedIndex, loadText, pointLeaves, storedOutput, storedSize } from './leaves.ts';
import { createModule, sharesWords, type EmitOptions, type Module, type Shader } from './module.ts';
import { createStatements } from './statements.ts';
import { packing } from './wgsl.ts';

/** The points of a nest are often few and take long: small workgroups spread them over more of the device. */
const nestGroup = 64;

export function nestPass(launch: Launch): Pass {
  const { kernel, inner, domain } = launch;
  const items = sizeOf(domain);
  const rows = rowGrid(domain, 1, nestGroup);
  return {
    variant: rows ? 'nest-rows' : 'nest',
    emit: (options) => emitNest(kernel, inner, options, rows !== undefined),
    items,
    size: nestGroup,
    ...(rows ?? linearGrid(Math.ceil(items / nestGroup))),
  };
}

export function emitNest(kernel: Kernel, inner: Launch['inner'], options: EmitOptions, rows = false): Shader {
  const module = createModule(kernel, options);
  const axes = Array.from({ length: kernel.rank }, (_, k) => k);
  const main = elementLoop(module, 1, (indent) => {
    const out = createStatements(indent, domainPoint(module, kernel.rank, rows, indent));
    const leaves = { ...pointLeaves({ module, kernel, inner, out, axes }), ...outputLeaves(module, kernel) };
    writeFunction(module, { results: [], effects: kernel.body.effects }, leaves, out);
    return { lines: out.lines, stores: [] };
  }, { size: nestGroup, rowAxis: rows ? kernel.rank - 1 : undefined });
  return module.finish([kernel.name, `nest over ${kernel.rank} axes${rows ? ', row by row' : ''}`], main);
}

/** How elements of outputs are loaded and stored. */
function outputLeaves(module: Module, kernel: Kernel): Required<Pick<LeafText, 'load' | 'store'>> {
  /** Row-major and dense. */
  const addressOf = (output: number, index: readonly string[]): string => index.slice(1).reduce((before, i, k) =>
    `${k > 0 ? `(${before})` : before} * ${storedSize(module, output, k + 1)} + ${i}`, index[0] ?? '0');

  return {
    load(effect, index) {
      const output = storedOutput(kernel, effect.output);
      const inside = index.map((i, axis) => clampedIndex(module, i, storedSize(module, output, axis)));
      const array = module.output(output), { dtype } = kernel.outputs[output];
      return loadText(module, array, dtype, addressOf(output, inside), sharesWords(kernel, output));
    },
    store(effect, index, value, when) {
      const output = storedOutput(kernel, effect.output);
      const conditions = [
        ...(when === undefined ? [] : [when]),
        // As unsigned numbers: those below 0 are beyond every size.
        ...index.map((i, axis) => `u32(${i}) < u32(${storedSize(module, output, axis)})`),
      ];
      const text = storeText(module, kernel, output, addressOf(output, index), value);
      return conditions.length > 0 ? `if (${conditions.join(' && ')}) { ${text} }` : text;
    },
  };
}

function storeText(module: Module, kernel: Kernel, output: number, address: string, value: string): string {
  const array = module.output(output), { dtype } = kernel.outputs[output];
  if (!sharesWords(kernel, output)) return `${array}[${address}] = ${value};`;
  const name = module.define(`store_${array}`, () => storeFunction(array, packing(dtype), dtypes[dtype].bits));
  return `${name}(u32(${address}), ${wordOf(value, dtype)});`;
}

/**
 * Changes the bits of one element in a word that other invocations change at the same time. By exchange of the word: to
 * clear the bits and then to set them would mix the values of two invocations that store to one element.
 */
const storeFunction = (array: string, pack: number, bits: number): string => `
fn store_${array}(i: u32, value: u32) {
  let word = i / ${pack}u;
  var before = atomicLoad(&${array}[word]);
  loop {
    let after = insertBits(before, value, (i % ${pack}u) * ${bits}u, ${bits}u);
    let result = atomicCompareExchangeWeak(&${array}[word], before, after);
    if (result.exchanged) { break; }
    before = result.old_value;
  }
}`.trim();
