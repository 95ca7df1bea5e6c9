/** Random bodies with control flow: lanes and the interpreter agree bit for bit, in maps, reductions and nests. */
import fc from 'fast-check';
import { suite } from 'uvu';
import { closeTargets, expectSameInAllWays } from './emit-support.ts';
import { randomBroadMap, randomLongMap, randomMap, randomNest, randomReduction } from './random-programs.ts';

const test = suite('cpu random loops');

const domains = fc.oneof(
  fc.tuple(fc.integer({ min: 1, max: 45 })),
  fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 30 })),
  fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 20 })),
  fc.tuple(fc.integer({ min: 60, max: 80 }), fc.integer({ min: 1, max: 4 })),
);
/** Small numbers mean the same few choices again and again. */
const list = fc.noBias(fc.array(fc.nat(1 << 20), { minLength: 30, maxLength: 90 }));
/** Where locals are used again, which the longest bodies alone do: a few of those, and many that are made to. */
const kinds = {
  map: { make: randomMap, share: 1 }, reduction: { make: randomReduction, share: 1 }, nest: { make: randomNest, share: 1 },
  'broad map': { make: randomBroadMap, share: 1 / 6 }, 'long map': { make: randomLongMap, share: 1 / 30 },
};

for (const [kind, { make, share }] of Object.entries(kinds)) {
  test(kind, async () => {
    await fc.assert(fc.asyncProperty(list, domains, async (choices, domain) => {
      await expectSameInAllWays(make(choices, domain), `${kind} over [${domain}]`, kind === 'reduction' ? 3e-5 : 0);
    }), { numRuns: Math.ceil(share * (Number(process.env.WEFT_FUZZ_RUNS) || 80)) });
  });
}

test.after(closeTargets);
test.run();
