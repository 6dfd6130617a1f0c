// Bytes that come in pieces of any size and are kept.

/** Smaller pieces are copied together: who sends one byte at a time must not cost a hundred for each. The first stays: most come alone. */
const SMALL_BYTES = 16_384;
const BLOCK_BYTES = 65_536;

export class BytePile {
  readonly #pieces: Buffer[] = [];
  #block = Buffer.alloc(0);
  #filled = 0;
  /** Bytes in all. */
  size = 0;

  add(piece: Buffer): void {
    const isFirst = this.size === 0;
    this.size += piece.length;
    if (isFirst || piece.length >= SMALL_BYTES) {
      this.#close();
      this.#pieces.push(piece);
      return;
    }
    if (this.#filled + piece.length > this.#block.length) {
      this.#close();
      this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    }
    this.#filled += piece.copy(this.#block, this.#filled);
  }

  /** All of it, in order. */
  pieces(): Buffer[] {
    this.#close();
    return [...this.#pieces];
  }

  /** All of it as one; a single piece is not copied. */
  whole(): Buffer {
    const [first, ...others] = this.pieces();
    return first && others.length === 0 ? first : Buffer.concat(this.#pieces);
  }

  #close(): void {
    if (this.#filled > 0) this.#pieces.push(this.#block.subarray(0, this.#filled));
    this.#block = this.#block.subarray(this.#filled);
    this.#filled = 0;
  }
}
