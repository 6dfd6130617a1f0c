// Cuts bytes as they come into the chunks of a resumable upload, holding one of them at a time.

export interface UploadChunk {
  readonly bytes: Buffer;
  /** Where it begins. */
  readonly offset: number;
  readonly isLast: boolean;
}

/**
 * Chunks of exactly `chunkBytes`, but for the last one, which may be empty only when there is nothing at all. Bytes are copied: a host
 * that sends one byte at a time must not cost a hundred for each. Each chunk has memory of its own, which is free once it was sent.
 */
export async function* toChunks(pieces: AsyncIterable<Uint8Array>, chunkBytes: number): AsyncGenerator<UploadChunk> {
  let chunk = Buffer.allocUnsafeSlow(chunkBytes);
  let filled = 0;
  let offset = 0;
  for await (const piece of pieces) {
    for (let taken = 0; taken < piece.length;) {
      // A full chunk waits for one more byte, which tells that it is not the last.
      if (filled === chunkBytes) {
        yield { bytes: chunk, offset, isLast: false };
        offset += filled;
        chunk = Buffer.allocUnsafeSlow(chunkBytes);
        filled = 0;
      }
      const part = piece.subarray(taken, taken + chunkBytes - filled);
      chunk.set(part, filled);
      filled += part.length;
      taken += part.length;
    }
  }
  yield { bytes: chunk.subarray(0, filled), offset, isLast: true };
}
