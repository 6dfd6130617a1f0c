// From the bytes of a body to a JSON value that is safe to walk.
import { isUtf8 } from "node:buffer";
import { Failure } from "../chat/failures.ts";

/** Deepest nesting that is read. Deeper values break recursive walks (5000 levels suffice), and no real request comes near. */
const MAX_DEPTH = 64;
/** Most values in one body. */
const MAX_VALUES = 100_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** The value of a JSON body. Throws INVALID_JSON for malformed UTF-8 or JSON and for values that are too deep or too many. */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) throw new Failure("INVALID_JSON", "The request has no body: expected a JSON object.");
  if (!isUtf8(bytes)) throw new Failure("INVALID_JSON", "The request body is not valid UTF-8.");
  checkShape(bytes);
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    throw new Failure("INVALID_JSON", "The request body is not valid JSON.");
  }
}

/**
 * Bounds depth and number of values before JSON.parse sees them: a million `[` keep it busy for a quarter of a second.
 * Strings are skipped natively, so that megabytes of base64 cost next to nothing.
 */
function checkShape(bytes: Buffer): void {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case QUOTE:
        at = endOfString(bytes, at);
        break;
      case OPEN_BRACKET:
      case OPEN_BRACE:
        values++;
        if (++depth > MAX_DEPTH) {
          throw new Failure("INVALID_JSON", `The request body is nested more than ${MAX_DEPTH} levels deep.`);
        }
        break;
      case CLOSE_BRACKET:
      case CLOSE_BRACE:
        depth--;
        break;
      case COMMA:
        if (++values > MAX_VALUES) {
          throw new Failure("INVALID_JSON", `The request body holds more than ${MAX_VALUES} values.`);
        }
        break;
      default:
    }
  }
}

/** Index of the quote that ends the string which begins at `start`; past the end when there is none. */
function endOfString(bytes: Buffer, start: number): number {
  for (let quote = bytes.indexOf(QUOTE, start + 1); quote >= 0; quote = bytes.indexOf(QUOTE, quote + 1)) {
    let backslashes = 0;
    while (bytes[quote - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return quote;
  }
  return bytes.length;
}
