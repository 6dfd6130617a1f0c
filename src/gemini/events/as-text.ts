// What must be text in an answer. Whoever stands in Gemini's place may send anything, and what is no text would fail far from here.

/** "" for nothing; half a character, which has no form in UTF-8, becomes U+FFFD. Throws a TypeError, which makes the answer malformed (see events.ts). */
export function asText(value: unknown): string {
  if (typeof value === "string") return value.toWellFormed();
  if (value === undefined || value === null) return "";
  throw new TypeError(`text was expected, not ${typeof value}`);
}
