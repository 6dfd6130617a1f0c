// The memory behind the port: what is recent is in this process, what is older or another replica's is in the store.
import type { Clock, Memory } from "../chat/ports.ts";
import type { KeptMemory } from "./kept-memory.ts";
import { nameOf } from "./memory-table.ts";
import { RecentMemory } from "./recent-memory.ts";

/** Over a night and a late morning. A conversation that pauses longer is continued with the documented bypass instead. */
export const TTL_MS = 48 * 60 * 60 * 1000;

/** Known to be nothing. Without it every answer that has nothing to remember would cost each later turn a query. */
const NOTHING = "";
/** What another replica gives is in the store within this time. */
const SETTLED_AFTER_MS = 5_000;
/** How long first misses are known, and how many, in UTF-16 units. */
const MISSES = { ttlMs: 10 * 60 * 1000, maxSize: 4 * 1024 * 1024 };

/** Memory of this process, and of the store where there is one. */
export function createMemory(
  clock: Pick<Clock, "now">,
  kept?: KeptMemory,
  recent: RecentMemory = new RecentMemory(clock, TTL_MS),
): Memory {
  const misses = new RecentMemory(clock, MISSES.ttlMs, MISSES.maxSize);
  /** What is still missing long after it was first asked for will never be there. */
  const noteMiss = (name: string): void => {
    const firstMs = misses.get(name);
    if (firstMs === undefined) misses.set(name, String(clock.now()));
    else if (clock.now() - Number(firstMs) >= SETTLED_AFTER_MS) recent.set(name, NOTHING);
  };
  return {
    async get(licence, keys) {
      const found = new Map<string, string>();
      const missing: string[] = [];
      for (const key of keys) {
        const value = recent.get(nameOf({ licence, key }));
        if (value === undefined) missing.push(key);
        else if (value !== NOTHING) found.set(key, value);
      }
      if (kept === undefined || missing.length === 0) return found;
      const { values, complete } = await kept.read(licence, missing);
      for (const key of missing) {
        const name = nameOf({ licence, key });
        const value = values.get(key);
        if (value === undefined) {
          if (complete) noteMiss(name);
          continue;
        }
        recent.set(name, value);
        found.set(key, value);
      }
      return found;
    },
    set(licence, key, value) {
      recent.set(nameOf({ licence, key }), value ?? NOTHING);
      if (value !== undefined) kept?.write(licence, key, value);
    },
  };
}
