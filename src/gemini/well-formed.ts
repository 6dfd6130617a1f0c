// Halves of surrogate pairs, which no UTF-8 can carry and Google's reader refuses: callers can write one as an escape in any JSON text.

/** How JSON.stringify begins a half: it escapes nothing else so, and writes pairs as they are. */
const HALF = /\\ud[89a-f]/;
const [BACKSLASH, U, D] = Buffer.from("\\ud") as unknown as readonly [number, number, number];
/** U+FFFD is as long when it is escaped. */
const REPLACEMENT = Buffer.from("\\ufffd");

/** The same in what callers write, who also begin whole pairs so. */
const ESCAPED = /\\ud[89a-f]/i;

/**
 * JSON.parse with U+FFFD in place of each half, in names too. JSON.stringify needs six times as long for a half as for any other character
 * (160 ms for 20 MB of them, measured), so they had better not come so far.
 */
export function parseWellFormed(json: string): unknown {
  const value: unknown = JSON.parse(json);
  return ESCAPED.test(json) ? toWellFormed(value) : value;
}

function toWellFormed(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(toWellFormed);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name.toWellFormed(), toWellFormed(item)]));
}

/** What JSON.stringify wrote, with U+FFFD in place of each half. */
export function withoutHalves(json: string): string {
  if (!HALF.test(json)) return json;
  const bytes = Buffer.from(json);
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] !== BACKSLASH) continue;
    if (bytes[at + 1] === U && bytes[at + 2] === D) bytes.set(REPLACEMENT, at);
    at++;
  }
  return bytes.toString("utf8");
}
