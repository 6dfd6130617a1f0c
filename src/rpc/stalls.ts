// Tells a peer that takes nothing of what waits for it, to a tenth of the limit.
import type { Writable } from "node:stream";

/**
 * So often is looked within the limit: Node's timers of connections begin anew, silently, when a part of the last write was taken since
 * they began, so that one look alone came after twice the limit (measured).
 */
export const LOOKS = 10;
/** The next look comes after so many intervals only when something moved meanwhile. */
const MOVED = 1.5;
/** Where nothing waits to be taken, nothing but the time tells that something came. */
const MOVED_BY_TIME = 1.1;

/** What the last look saw. */
interface Look {
  readonly atMs: number;
  /** Still looks in a row. */
  readonly count: number;
  readonly waiting: number;
}

const lastLooks = new WeakMap<Writable, Look>();

/**
 * One more look, `everyMs` after the last one, at a peer for which `waiting` bytes wait: whether it stood still for the whole limit.
 * `missable` looks in a row may be missing without anything having moved.
 */
export function standsStill(peer: Writable, waiting: number, everyMs: number, missable = 0): boolean {
  const atMs = performance.now();
  const last = lastLooks.get(peer);
  if (!last) peer.once("drain", () => lastLooks.delete(peer));
  const longestMs = (waiting > 0 ? MOVED + missable : MOVED_BY_TIME) * everyMs;
  const isStill = last !== undefined && waiting >= last.waiting && atMs - last.atMs < longestMs;
  const isOfOneKind = last !== undefined && waiting > 0 === last.waiting > 0;
  const count = isStill && isOfOneKind ? last.count + 1 : 1;
  lastLooks.set(peer, { atMs, count, waiting });
  return count >= LOOKS;
}
