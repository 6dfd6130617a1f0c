// Memory that outlives the process, in the store: replicas of one PostgreSQL share it. No request waits for a write, none waits long for a
// read, and none fails because the store does.
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../chat/ports.ts";
import type { Database } from "./database.ts";
import { sweepMemories } from "./memory-sweep.ts";
import { readMemories, readMemory, writeMemories, type MemorySize } from "./memory-table.ts";
import { repeat } from "./repeat.ts";
import { WriteBehind } from "./write-behind.ts";

/** What the store is asked to do for the memory. */
export type MemoryOperation = "read" | "write" | "sweep";

export interface KeptMemoryOptions {
  readonly clock: Pick<Clock, "now" | "wall">;
  readonly ttlMs: number;
  /** The oldest go first beyond it. */
  readonly max?: MemorySize;
  readonly sweepIntervalMs?: number;
  readonly readTimeoutMs?: number;
  /** Told of every operation: without an error it went well. */
  onOperation(operation: MemoryOperation, error?: unknown): void;
  /** Told how many values will not be kept because the store did not take them. */
  onDrop(count: number): void;
}

export interface KeptValues {
  readonly values: ReadonlyMap<string, string>;
  /** Whether all keys were looked for: then what is not there is nowhere. */
  readonly complete: boolean;
}

export interface KeptMemory {
  /** What is known under these keys, most wanted first; as much as the time allows. Never rejects. */
  read(licence: string, keys: readonly string[]): Promise<KeptValues>;
  /** Queues a value; one that is too large is dropped. */
  write(licence: string, key: string, value: string): void;
  /** Writes what waits and ends the sweeping; the database stays open. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A day of five signed answers a second, of a kilobyte or two as is usual, or some three hundred images. */
const MAX: MemorySize = { rows: 500_000, bytes: 1024 ** 3 };
const SWEEP_INTERVAL_MS = 60_000;
/** A sweep is due earlier when so much was written: the part of the maximum by which it can be exceeded. */
const SWEEP_AFTER_PART = 1 / 16;
/** A bypass costs the model little, waiting costs the caller time. */
const READ_TIMEOUT_MS = 500;
/** After a read that failed or took too long nobody else tries and waits for so long. */
const READ_REST_MS = 5_000;
/** Beyond it the oldest answers of a conversation stay without; Gemini checks the current turn only. */
const READ_MAX_KEYS = 500;
/** Of the values of one request; Google's own limit for a whole request is 100 MB. */
const READ_MAX_BYTES = 64 * 1024 * 1024;
/** Signatures of images have up to 3 MB; one value beyond this would push everything else out of the queue. */
const VALUE_MAX_BYTES = 16 * 1024 * 1024;
/** Keys of ours are; others come from clients, were never written and might be no text for a store. */
const WRITABLE_KEY = /^[\x21-\x7e]{1,128}$/;

/** Starts the sweeping; nothing is read yet. */
export function openKeptMemory(db: Database, options: KeptMemoryOptions): KeptMemory {
  const { clock, ttlMs, max = MAX, onOperation } = options;
  let sweeping: Promise<void> | undefined;
  const sweep = (): Promise<void> =>
    (sweeping ??= sweepMemories(db, max, clock.wall()).finally(() => (sweeping = undefined)));
  const stopSweeping = repeat(sweep, options.sweepIntervalMs ?? SWEEP_INTERVAL_MS, (error) =>
    onOperation("sweep", error),
  );
  let unswept = 0;
  const queue = new WriteBehind({
    async write(batch) {
      await writeMemories(db, batch, clock.wall() + ttlMs);
      unswept += batch.reduce((sum, { bytes }) => sum + bytes, 0);
      if (unswept < max.bytes * SWEEP_AFTER_PART) return;
      unswept = 0;
      await sweep().catch((error: unknown) => onOperation("sweep", error));
    },
    onWrite: (error) => onOperation("write", error),
    onDrop: (count) => options.onDrop(count),
  });
  const reader = new Reader(db, options);
  return {
    async read(licence, keys) {
      const found = new Map<string, string>();
      const missing: string[] = [];
      for (const key of keys) {
        const waiting = queue.get(licence, key);
        if (waiting !== undefined) found.set(key, waiting);
        else if (WRITABLE_KEY.test(key)) missing.push(key);
      }
      const asked = missing.slice(0, READ_MAX_KEYS);
      const answered = asked.length === 0 || (await reader.read(licence, asked, found));
      // A reading that took too long may still be going on.
      return { values: new Map(found), complete: answered && asked.length === missing.length };
    },
    write(licence, key, value) {
      const bytes = licence.length + Buffer.byteLength(key) + Buffer.byteLength(value);
      if (bytes > VALUE_MAX_BYTES) options.onDrop(1);
      else queue.add({ licence, key, value, bytes });
    },
    async [Symbol.asyncDispose]() {
      await stopSweeping();
      await queue.close();
    },
  };
}

/** Reads within the time there is, and lets a store rest that did not answer. */
class Reader {
  readonly #db: Database;
  readonly #options: KeptMemoryOptions;
  #restUntilMs = Number.NEGATIVE_INFINITY;

  constructor(db: Database, options: KeptMemoryOptions) {
    this.#db = db;
    this.#options = options;
  }

  /** Puts into `found` what there is; false when that may not be all. */
  async read(licence: string, keys: readonly string[], found: Map<string, string>): Promise<boolean> {
    const { clock, onOperation, readTimeoutMs = READ_TIMEOUT_MS } = this.#options;
    if (clock.now() < this.#restUntilMs) return false;
    const late = Promise.withResolvers<never>();
    const aborted = new AbortController();
    const timer = setTimeout(() => {
      aborted.abort();
      late.reject(new Error(`no answer within ${readTimeoutMs} ms`));
    }, readTimeoutMs);
    try {
      const complete = await Promise.race([this.#collect(licence, keys, found, aborted.signal), late.promise]);
      onOperation("read");
      return complete;
    } catch (error) {
      this.#restUntilMs = clock.now() + READ_REST_MS;
      onOperation("read", error);
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Small values come together. Each large one takes milliseconds, in which others have their turn. */
  async #collect(
    licence: string,
    keys: readonly string[],
    found: Map<string, string>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const rows = await readMemories(this.#db, licence, keys, this.#options.clock.wall());
    if (signal.aborted) return false;
    const large = new Map<string, number>();
    for (const { key, bytes, value } of rows) {
      if (value === null) large.set(key, bytes);
      else found.set(key, value);
    }
    let left = READ_MAX_BYTES;
    for (const key of keys) {
      const bytes = large.get(key);
      if (bytes === undefined) continue;
      left -= bytes;
      if (left < 0) return false;
      await nextTurn();
      const value = await readMemory(this.#db, licence, key);
      if (signal.aborted) return false;
      if (value !== undefined) found.set(key, value);
    }
    return true;
  }
}
