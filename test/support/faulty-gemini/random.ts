// Randomness that repeats: the same seed gives the same misbehaviour.

/** Numbers in [0, 1) from a 32-bit seed (the mulberry32 step). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

export function seededBytes(seed: number, count: number): Buffer {
  const random = seededRandom(seed);
  const bytes = Buffer.allocUnsafe(count);
  for (let at = 0; at < count; at++) bytes[at] = random() * 256;
  return bytes;
}
