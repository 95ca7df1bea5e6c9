/** Repeatable numbers for synthetic data, so that every run and every machine sees the same inputs. */

/** Mulberry32 (Tommy Ettinger, public domain): uniform in [0, 1). */
export function uniform(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Standard normal by the sum of twelve uniforms: close enough for test data, and quick. */
export function normal(next: () => number): () => number {
  return () => {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += next();
    return sum;
  };
}
