// One resumable upload: takes bytes at the offset it stands at, keeps their beginning and their hash, and nothing else.

import { createHash, type Hash } from "node:crypto";
import { ApiError, invalidArgument } from "../errors.ts";
import { HEAD_BYTES } from "./held-file.ts";

/** Google's limit of a file. */
export const MAX_FILE_BYTES = 2 * 1024 ** 3;

/** Chunks but the last are multiples of this; Google announces it in a header (recorded: 8 MiB). */
export const CHUNK_GRANULARITY_BYTES = 8_388_608;

/** What the first request of an upload said of the file. */
export interface Announced {
  readonly project: string;
  readonly id?: string;
  readonly displayName?: string;
  readonly mimeType: string;
  /** Absent when the caller does not know it yet. */
  readonly sizeBytes?: number;
}

/** What a finished upload leaves behind. */
export interface Uploaded {
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly head: Buffer;
}

interface Position {
  readonly offset: number;
  readonly hash: Hash;
}

/** One upload under way. */
export class Upload {
  readonly announced: Announced;
  #kept: Position = { offset: 0, hash: createHash("sha256") };
  #head = Buffer.alloc(0);
  #busy = false;

  constructor(announced: Announced) {
    this.announced = announced;
  }

  /** Bytes received and kept so far. */
  get offset(): number {
    return this.#kept.offset;
  }

  /**
   * Takes a chunk that starts at `offset`. When the caller breaks off, whole granules stay and the rest is forgotten.
   * Throws a 400 for a wrong offset, a size against the rules, or a second chunk at the same time.
   */
  async append(offset: number, bytes: AsyncIterable<Buffer>, isLast: boolean): Promise<void> {
    if (this.#busy) throw new ApiError(409, "Another request is already uploading to this session.");
    if (offset !== this.#kept.offset) {
      throw invalidArgument(
        `Invalid request. The upload offset ${offset} does not match the ${this.#kept.offset} bytes already received.`,
      );
    }
    this.#busy = true;
    try {
      await this.#take(bytes, isLast);
    } finally {
      this.#busy = false;
      this.#head = this.#head.subarray(0, this.#kept.offset);
    }
  }

  async #take(bytes: AsyncIterable<Buffer>, isLast: boolean): Promise<void> {
    let at = this.#kept.offset;
    const hash = this.#kept.hash.copy();
    for await (const piece of bytes) {
      this.#checkSize(at + piece.length);
      for (let start = 0; start < piece.length;) {
        const toBoundary = CHUNK_GRANULARITY_BYTES - (at % CHUNK_GRANULARITY_BYTES);
        const part = piece.subarray(start, start + toBoundary);
        hash.update(part);
        this.#keepHead(part, at);
        at += part.length;
        start += part.length;
        if (at % CHUNK_GRANULARITY_BYTES === 0) this.#kept = { offset: at, hash: hash.copy() };
      }
    }
    if (isLast) this.#checkComplete(at);
    else this.#checkGranularity(at);
    this.#kept = { offset: at, hash };
  }

  #keepHead(part: Buffer, at: number): void {
    if (at < HEAD_BYTES) this.#head = Buffer.concat([this.#head, part.subarray(0, HEAD_BYTES - at)]);
  }

  #checkSize(size: number): void {
    const limit = this.announced.sizeBytes ?? MAX_FILE_BYTES;
    if (size > limit) throw invalidArgument(`Invalid request. The upload is larger than the ${limit} bytes allowed.`);
  }

  #checkComplete(size: number): void {
    const { sizeBytes = size } = this.announced;
    if (size === sizeBytes) return;
    throw invalidArgument(`Invalid request. The upload ended after ${size} bytes, but ${sizeBytes} were announced.`);
  }

  #checkGranularity(at: number): void {
    const size = at - this.#kept.offset;
    if (at % CHUNK_GRANULARITY_BYTES === 0) return;
    throw invalidArgument(
      "Invalid request. The number of bytes uploaded is required to be equal or greater than " +
        `${CHUNK_GRANULARITY_BYTES}, except for the final request (it's recommended to be the exact multiple of ` +
        `${CHUNK_GRANULARITY_BYTES}). The received request contained ${size} bytes, which does not meet this requirement.`,
    );
  }

  /** Ends the upload; what was taken is the file. */
  finish(): Uploaded {
    return { sizeBytes: this.#kept.offset, sha256: this.#kept.hash.digest("hex"), head: Buffer.from(this.#head) };
  }
}
