// Memory of this process for what clients lose between turns: bounded in size, expiring, least recently used first out.
import type { Clock, Memory } from "../chat/ports.ts";

/** A conversation that pauses longer is continued with the documented bypass instead. */
const TTL_MS = 24 * 60 * 60 * 1000;
/** UTF-16 units of keys and values together: up to 128 MB. */
const MAX_SIZE = 64 * 1024 * 1024;

interface Entry {
  readonly value: string;
  readonly expiresMs: number;
}

export function createMemory(clock: Pick<Clock, "now">, maxSize: number = MAX_SIZE, ttlMs: number = TTL_MS): Memory {
  // A Map keeps insertion order: re-inserting on use makes its first entry the least recently used one.
  const entries = new Map<string, Entry>();
  let size = 0;
  const remove = (key: string, entry: Entry): void => {
    entries.delete(key);
    size -= key.length + entry.value.length;
  };
  return {
    async get(key) {
      const entry = entries.get(key);
      if (!entry) return undefined;
      if (clock.now() >= entry.expiresMs) {
        remove(key, entry);
        return undefined;
      }
      entries.delete(key);
      entries.set(key, entry);
      return entry.value;
    },
    set(key, value) {
      const known = entries.get(key);
      if (known) remove(key, known);
      if (key.length + value.length > maxSize) return;
      entries.set(key, { value, expiresMs: clock.now() + ttlMs });
      size += key.length + value.length;
      for (const [oldest, entry] of entries) {
        if (size <= maxSize) break;
        remove(oldest, entry);
      }
    },
  };
}
