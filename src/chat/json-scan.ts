// A look over the bytes of a JSON text before anything parses or walks it: how deep it nests, how much it holds, where its strings stand.

/** Deepest nesting that is read. Deeper values break recursive walks (5000 levels suffice), Google reads 100, and no real request comes near. */
export const MAX_DEPTH = 64;
/** Most values in one body, and in the JSON texts of one request. With names of their own, so many take 0.1 s to read and to write (measured). */
export const MAX_VALUES = 100_000;
/** Longest name of a member of a body or a schema, in UTF-16 units. */
export const NAME_MAX_LENGTH = 256;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * The number of values, but for the first of each list and object; or what there is too much of, which ends the look.
 * A million `[` keep JSON.parse busy for a quarter of a second. Strings are skipped natively, so that megabytes of base64 cost next to
 * nothing; `onString` is told where the quotes of each stand. Never throws, whatever the text is.
 */
export function scanJson(
  bytes: Buffer,
  maxValues: number,
  onString?: (start: number, end: number) => void,
): number | "levels" | "values" {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case QUOTE: {
        const end = endOfString(bytes, at);
        onString?.(at, end);
        at = end;
        break;
      }
      case OPEN_BRACKET:
      case OPEN_BRACE:
        values++;
        if (++depth > MAX_DEPTH) return "levels";
        break;
      case CLOSE_BRACKET:
      case CLOSE_BRACE:
        depth--;
        break;
      case COMMA:
        values++;
        break;
      default:
    }
    if (values > maxValues) return "values";
  }
  return values;
}

/** Index of the quote that ends the string which begins at `start`; past the end when there is none. */
function endOfString(bytes: Buffer, start: number): number {
  for (let quote = bytes.indexOf(QUOTE, start + 1); quote >= 0; quote = nextQuote(bytes, quote + 1)) {
    let backslashes = 0;
    while (bytes[quote - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return quote;
  }
  return bytes.length;
}

/** Where one quote is escaped, the next is near: to find it natively costs as much as to look at so many bytes (measured). */
const NEAR_BYTES = 64;

/** Index of the first quote from `start` on; negative when there is none. */
function nextQuote(bytes: Buffer, start: number): number {
  const far = Math.min(start + NEAR_BYTES, bytes.length);
  for (let at = start; at < far; at++) if (bytes[at] === QUOTE) return at;
  return bytes.indexOf(QUOTE, far);
}
