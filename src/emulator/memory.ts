// Which requests an emulator has met: for triggers that let only the first of equal ones fail.

/** Of more the oldest is forgotten. */
const MAX_REMEMBERED = 1_024;

/** Fingerprints of requests, within bounds. */
export class RequestMemory {
  readonly #met = new Set<string>();

  /** Whether this one is new; from then on it is not. */
  meet(fingerprint: string): boolean {
    if (this.#met.has(fingerprint)) return false;
    this.#met.add(fingerprint);
    for (const oldest of this.#met) {
      if (this.#met.size <= MAX_REMEMBERED) break;
      this.#met.delete(oldest);
    }
    return true;
  }
}
