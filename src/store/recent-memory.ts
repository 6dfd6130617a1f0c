// What was remembered lately, in this process: bounded in size, expiring, least recently used first out.
import type { Clock } from "../chat/ports.ts";

/** In UTF-16 units, an entry's own weight included: up to 128 MB. */
const MAX_SIZE = 64 * 1024 * 1024;
/** What an entry weighs beside its texts: objects and the map's place for it. */
const ENTRY_SIZE = 100;

interface Entry {
  readonly value: string;
  readonly expiresMs: number;
}

export class RecentMemory {
  readonly #clock: Pick<Clock, "now">;
  readonly #ttlMs: number;
  readonly #maxSize: number;
  // A Map keeps insertion order: re-inserting on use makes its first entry the least recently used one.
  readonly #entries = new Map<string, Entry>();
  #size = 0;

  constructor(clock: Pick<Clock, "now">, ttlMs: number, maxSize: number = MAX_SIZE) {
    this.#clock = clock;
    this.#ttlMs = ttlMs;
    this.#maxSize = maxSize;
  }

  get(key: string): string | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    if (this.#clock.now() >= entry.expiresMs) {
      this.#remove(key, entry);
      return undefined;
    }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** A value larger than the whole memory is not kept. */
  set(key: string, value: string): void {
    const known = this.#entries.get(key);
    if (known) this.#remove(key, known);
    if (sizeOf(key, value) > this.#maxSize) return;
    this.#entries.set(key, { value, expiresMs: this.#clock.now() + this.#ttlMs });
    this.#size += sizeOf(key, value);
    if (this.#size > this.#maxSize) this.#shrink();
  }

  #shrink(): void {
    for (const [oldest, entry] of this.#entries) {
      if (this.#size <= this.#maxSize) break;
      this.#remove(oldest, entry);
    }
  }

  #remove(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#size -= sizeOf(key, entry.value);
  }
}

function sizeOf(key: string, value: string): number {
  return ENTRY_SIZE + key.length + value.length;
}
