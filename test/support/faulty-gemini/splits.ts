// Where a body is cut: none of it may matter to a parser.

import { seededRandom } from "./random.ts";

/** Cuts bytes into pieces that together are the same bytes; never yields an empty piece. */
export type Splitter = (bytes: Buffer) => Iterable<Buffer>;

/** Each byte alone: inside UTF-8 characters, line ends and `data:` alike. */
export function* splitEveryByte(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at++) yield bytes.subarray(at, at + 1);
}

/** Pieces of 1 to `maxBytes`, the same for the same seed. */
export function splitAtRandom(seed: number, maxBytes: number): Splitter {
  return function* (bytes) {
    const random = seededRandom(seed);
    for (let at = 0; at < bytes.length;) {
      const end = at + 1 + Math.floor(random() * maxBytes);
      yield bytes.subarray(at, end);
      at = end;
    }
  };
}

/** Everything in one piece. */
export function* joinPieces(bytes: Buffer): Generator<Buffer> {
  if (bytes.length > 0) yield bytes;
}
