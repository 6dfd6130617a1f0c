// Halves of surrogate pairs, which no UTF-8 can carry and Google's reader refuses: callers can write one as an escape in any JSON text.

/** How JSON.stringify begins a half: it escapes nothing else so, and writes pairs as they are. */
const HALF = /\\ud[89a-f]/;
const [BACKSLASH, U, D] = Buffer.from("\\ud") as unknown as readonly [number, number, number];
/** U+FFFD is as long when it is escaped. */
const REPLACEMENT = Buffer.from("\\ufffd");

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
