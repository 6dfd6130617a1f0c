// What must be text in an answer. Whoever stands in Gemini's place may send anything, and what is no text would fail far from here.

/** "" for nothing. Throws a TypeError, which makes the answer malformed (see events.ts). */
export function asText(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return "";
  throw new TypeError(`text was expected, not ${typeof value}`);
}
