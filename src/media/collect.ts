// Reads fetched media into memory as far as a request has room for them.
import { BytePile } from "../chat/byte-pile.ts";
import type { OpenedMedia } from "./fetch.ts";
import { SNIFF_BYTES } from "./sniff.ts";

/** Bytes that may still be held for a request; its fetches share it. */
export type Budget = { left: number };

/** All bytes, or those that were read when it showed that they do not fit; more of them follow in `opened.pieces`. */
export type Collected = { readonly bytes: Buffer } | { readonly start: Buffer[] };

/** `uses`: how often the media stand in the request. Rejects as `opened.pieces` does. */
export async function collect(opened: OpenedMedia, budget: Budget, uses: number): Promise<Collected> {
  const pile = new BytePile();
  let taken = 0;
  /** Takes all of it or, where that is too much, nothing any more: others may need what is left. */
  const take = (bytes: number): boolean => {
    const fits = bytes * uses <= budget.left;
    const change = fits ? bytes * uses : -taken;
    taken += change;
    budget.left -= change;
    return fits;
  };
  let fits = take(opened.length ?? 0);
  // By hand: leaving a loop would end the fetch.
  const pieces = opened.pieces[Symbol.asyncIterator]();
  while (fits || pile.size < SNIFF_BYTES) {
    const next = await pieces.next();
    if (next.done) {
      if (fits) return { bytes: Buffer.concat(pile.pieces(), pile.size) };
      break;
    }
    pile.add(next.value);
    if (opened.length === undefined && fits) fits = take(next.value.length);
  }
  return { start: pile.pieces() };
}
