/** Random bodies with control flow: lanes and the interpreter agree bit for bit, in maps, reductions and nests. */
import fc from 'fast-check';
import { suite } from 'uvu';
import { expectSame, target } from './emit-support.ts';
import { randomMap, randomNest, randomReduction } from './random-programs.ts';

const test = suite('cpu random loops');

const domains = fc.oneof(
  fc.tuple(fc.integer({ min: 1, max: 45 })),
  fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 30 })),
  fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 20 })),
  fc.tuple(fc.integer({ min: 60, max: 80 }), fc.integer({ min: 1, max: 4 })),
);
const list = fc.array(fc.nat(1 << 20), { minLength: 30, maxLength: 90 });
const kinds = { map: randomMap, reduction: randomReduction, nest: randomNest };

for (const [kind, make] of Object.entries(kinds)) {
  test(kind, async () => {
    await fc.assert(fc.asyncProperty(list, domains, async (choices, domain) => {
      await expectSame(make(choices, domain), `${kind} over [${domain}]`, kind === 'reduction' ? 3e-5 : 0);
    }), { numRuns: Number(process.env.WEFT_FUZZ_RUNS) || 120 });
  });
}

test.after(() => target().close());
test.run();
