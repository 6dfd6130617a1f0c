// How much the schemas of one request may grow, all together, where references make way for what they lead to: copies multiply.

/** In place of members of `allOf`; in UTF-16 units. As much again as the longest schema may have. */
const MAX_COPIED_LENGTH = 262_144;

/** Schemas in the OpenAPI subset, which has no references; one takes 2 µs (measured). */
const MAX_INLINED = 50_000;

/** What is left for the schemas of one request. */
export class SchemaGrowth {
  #copyableLength = MAX_COPIED_LENGTH;
  #inlinable = MAX_INLINED;

  /** Whether a schema of this length may be copied into the place of a member of `allOf`. */
  admitsCopy(length: number): boolean {
    this.#copyableLength -= length;
    return this.#copyableLength >= 0;
  }

  /** Whether one more schema may stand in the OpenAPI subset. */
  admitsInlined(): boolean {
    this.#inlinable--;
    return this.#inlinable >= 0;
  }
}
