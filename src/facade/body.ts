// From the bytes of a body to a JSON value that is safe to walk.
import { isUtf8 } from "node:buffer";
import { isBase64 } from "../chat/base64.ts";
import { CUT_MIN_LENGTH, Cuts, type Place } from "../chat/cuts.ts";
import { Failure } from "../chat/failures.ts";

/** Deepest nesting that is read. Deeper values break recursive walks (5000 levels suffice), and no real request comes near. */
const MAX_DEPTH = 64;
/** Most values in one body. */
const MAX_VALUES = 100_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Printable letters that JSON need not escape. */
export const DATA_URL_HEAD: RegExp = /^data:[ !#-+\--[\]-~]{0,512},/;

/** The value of a JSON body. Throws INVALID_JSON for malformed UTF-8 or JSON and for values that are too deep or too many. */
export function parseJson(bytes: Buffer): unknown {
  return parseChecked(checkBody(bytes), bytes);
}

/** What has to hold before a body is parsed, and where its long strings stand. Throws INVALID_JSON. */
export function checkBody(bytes: Buffer): Span[] {
  if (bytes.length === 0) throw new Failure("INVALID_JSON", "The request has no body: expected a JSON object.");
  if (!isUtf8(bytes)) throw new Failure("INVALID_JSON", "The request body is not valid UTF-8.");
  return checkShape(bytes);
}

/** The value of a body that was checked. Throws INVALID_JSON. */
export function parseChecked(longStrings: readonly Span[], bytes: Buffer): unknown {
  try {
    return parseAround(longStrings, bytes);
  } catch {
    throw new Failure("INVALID_JSON", "The request body is not valid JSON.");
  }
}

/** Where a string stands between its quotes. */
export type Span = readonly [start: number, end: number];

/** JSON.parse, around the media in long strings. Throws SyntaxError. */
function parseAround(longStrings: readonly Span[], bytes: Buffer): unknown {
  const cuts = new Cuts();
  return cuts.parse(cuts.cutOut(bytes, placesOfMedia(longStrings, bytes)));
}

function* placesOfMedia(longStrings: readonly Span[], bytes: Buffer): Generator<Place> {
  for (const [start, end] of longStrings) {
    const base64 = bytes.toString("latin1", start, end);
    if (isMedia(base64) && !isName(bytes, end)) yield { start, end, base64 };
  }
}

/** Whether a string is base64 with nothing or the head of a data URL before it, so that JSON.parse would return it as it is. */
function isMedia(text: string): boolean {
  const [head = ""] = DATA_URL_HEAD.exec(text) ?? [];
  return isBase64(text.slice(head.length));
}

/** Whether the string that ends here names a member: no value, so it has to stay. */
function isName(bytes: Buffer, end: number): boolean {
  let next = end + 1;
  while (isSpace(bytes[next])) next++;
  return bytes[next] === COLON;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/**
 * Bounds depth and number of values before JSON.parse sees them: a million `[` keep it busy for a quarter of a second.
 * Strings are skipped natively, so that megabytes of base64 cost next to nothing; the long ones are returned.
 */
function checkShape(bytes: Buffer): Span[] {
  const longStrings: Span[] = [];
  let depth = 0;
  let values = 0;
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case QUOTE: {
        const end = endOfString(bytes, at);
        if (end - at > CUT_MIN_LENGTH) longStrings.push([at + 1, end]);
        at = end;
        break;
      }
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
  return longStrings;
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
