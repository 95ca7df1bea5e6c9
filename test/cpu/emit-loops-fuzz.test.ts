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

/**
 * A bool that is the same along a row was made bytes where a whole vector wanted it, which is not on the way of a block that has
 * none.
 */
const found: Readonly<Record<string, [number[], [number, number]][]>> = {
  map: [[[
    911126, 577409, 698851, 718914, 79558, 823397, 526535, 761810, 303316, 936756, 1006779, 279794, 923772, 341589,
    430005, 192751, 201240, 595781, 654500, 396569, 1044018, 935268, 149021, 1045294, 546580, 617949, 836873, 935962,
    438349, 935301, 732959, 265693, 943170, 576498, 766876, 878999, 235017, 363372, 723116, 923626, 626372, 2394,
    645388, 715460, 198413, 819239, 274834, 751164, 64584, 1031980, 110156, 803228, 24918, 919721, 534446, 297347,
    947410, 418623, 990491,
  ], [4, 12]]],
};

for (const [kind, { make, share }] of Object.entries(kinds)) {
  test(kind, async () => {
    await fc.assert(fc.asyncProperty(list, domains, async (choices, domain) => {
      await expectSameInAllWays(make(choices, domain), `${kind} over [${domain}]`, kind === 'reduction' ? 3e-5 : 0);
    }), { examples: found[kind], numRuns: Math.ceil(share * (Number(process.env.WEFT_FUZZ_RUNS) || 80)) });
  });
}

test.after(closeTargets);
test.run();
