// A queue between those who must not wait and a store that may be slow: gathers, writes in batches, and drops what is too much.
import { setTimeout as sleep } from "node:timers/promises";
import { nameOf, type Remembered } from "./memory-table.ts";

export interface WriteBehindOptions {
  /** Writes all or none. */
  write(batch: readonly Remembered[]): Promise<void>;
  /** Told of every write: without an error it went well. */
  onWrite(error?: unknown): void;
  /** Told how many were given up. */
  onDrop(count: number): void;
}

/** Beyond it the oldest are dropped: a dozen images, or as much as a store takes in a few seconds. */
const WAITING_MAX_BYTES = 64 * 1024 * 1024;
/** Of one write; a larger value is written alone. */
const BATCH_MAX_BYTES = 1024 * 1024;
const BATCH_MAX_ROWS = 500;
/** After each write, in milliseconds: what comes in meanwhile shares the next one and its fsync. */
const PAUSE_MS = 50;
/** After a failed write, in milliseconds. */
const RETRY_PAUSE_MS = 2_000;
/** After a failed write the oldest is tried alone, and after so many more failures given up: whatever is wrong with it harms no other. */
const TRIES = 3;
/** How long the end of the process waits for the store, in milliseconds. */
const CLOSE_MAX_MS = 3_000;

export class WriteBehind {
  readonly #options: WriteBehindOptions;
  readonly #waiting = new Map<string, Remembered>();
  readonly #closing = new AbortController();
  #bytes = 0;
  #running: Promise<void> | undefined;

  constructor(options: WriteBehindOptions) {
    this.#options = options;
  }

  /** What waits under a key. */
  get(licence: string, key: string): string | undefined {
    return this.#waiting.get(nameOf({ licence, key }))?.value;
  }

  add(memory: Remembered): void {
    this.#remove(nameOf(memory));
    this.#waiting.set(nameOf(memory), memory);
    this.#bytes += memory.bytes;
    let dropped = 0;
    for (const name of this.#waiting.keys()) {
      if (this.#bytes <= WAITING_MAX_BYTES) break;
      this.#remove(name);
      dropped += 1;
    }
    if (dropped > 0) this.#options.onDrop(dropped);
    this.#running ??= this.#run();
  }

  /** Writes what waits, as far as there is time. What comes later is not written. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    const deadlineMs = performance.now() + CLOSE_MAX_MS;
    while (this.#waiting.size > 0 && performance.now() < deadlineMs) {
      if (!(await this.#writeBatch(this.#nextBatch()))) break;
    }
    if (this.#waiting.size > 0) this.#options.onDrop(this.#waiting.size);
    this.#waiting.clear();
  }

  async #run(): Promise<void> {
    let failures = 0;
    await this.#pause(0);
    while (this.#waiting.size > 0 && !this.#closing.signal.aborted) {
      const batch = this.#nextBatch(failures === 0 ? BATCH_MAX_ROWS : 1);
      const written = await this.#writeBatch(batch);
      failures = written ? 0 : failures + 1;
      if (failures > TRIES) {
        failures = 0;
        this.#settle(batch);
        this.#options.onDrop(batch.length);
      }
      await this.#pause(written ? PAUSE_MS : RETRY_PAUSE_MS);
    }
    this.#running = undefined;
  }

  async #pause(ms: number): Promise<void> {
    // Closing ends the pause, and nothing else can.
    await sleep(ms, undefined, { ref: false, signal: this.#closing.signal }).catch(() => undefined);
  }

  /** The oldest that fit together. They wait until they are written. */
  #nextBatch(maxRows = BATCH_MAX_ROWS): Remembered[] {
    const batch: Remembered[] = [];
    let bytes = 0;
    for (const memory of this.#waiting.values()) {
      bytes += memory.bytes;
      if (batch.length === maxRows || (batch.length > 0 && bytes > BATCH_MAX_BYTES)) break;
      batch.push(memory);
    }
    return batch;
  }

  async #writeBatch(batch: readonly Remembered[]): Promise<boolean> {
    try {
      await this.#options.write(batch);
    } catch (error) {
      this.#options.onWrite(error);
      return false;
    }
    this.#settle(batch);
    this.#options.onWrite();
    return true;
  }

  /** They no longer wait, but for those that were replaced meanwhile. */
  #settle(batch: readonly Remembered[]): void {
    for (const memory of batch) if (this.#waiting.get(nameOf(memory)) === memory) this.#remove(nameOf(memory));
  }

  #remove(name: string): void {
    const memory = this.#waiting.get(name);
    if (memory === undefined) return;
    this.#waiting.delete(name);
    this.#bytes -= memory.bytes;
  }
}
