// What must be a whole number in an answer. Anything else would fail far from here, where the contract's fields are written.

const INT32_MAX = 2_147_483_647;

/** A position or an id of 0 and up, as an int32 field takes it. Throws a TypeError, which makes the answer malformed (see events.ts). */
export function asIndex(value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= INT32_MAX) return value;
  throw new TypeError("a whole number was expected");
}
