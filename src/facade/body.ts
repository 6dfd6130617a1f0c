// From the bytes of a body to a JSON value that is safe to walk.
import { isUtf8 } from "node:buffer";
import { isBase64 } from "../chat/base64.ts";
import { CUT_MIN_LENGTH, Cuts, type Place } from "../chat/cuts.ts";
import { Failure } from "../chat/failures.ts";
import { MAX_DEPTH, MAX_VALUES, NAME_MAX_LENGTH, scanJson } from "../chat/json-scan.ts";
import { refuseLongNames } from "./long-names.ts";

const COLON = 0x3a;

/** Printable letters that JSON need not escape. */
export const DATA_URL_HEAD: RegExp = /^data:[ !#-+\--[\]-~]{0,512},/;

/**
 * The value of a JSON body. Throws INVALID_JSON for malformed UTF-8 or JSON and for values that are too deep or too many, INVALID_VALUE for
 * a member whose name is too long.
 */
export function parseJson(bytes: Buffer): unknown {
  return parseChecked(checkBody(bytes), bytes);
}

/** What has to hold before a body is parsed, and where its long strings stand. Throws INVALID_JSON and INVALID_VALUE. */
export function checkBody(bytes: Buffer): Span[] {
  if (bytes.length === 0) throw new Failure("INVALID_JSON", "The request has no body: expected a JSON object.");
  if (!isUtf8(bytes)) throw invalid("is not valid UTF-8");
  return checkShape(bytes);
}

/** The value of a body that was checked. Throws INVALID_JSON. */
export function parseChecked(longStrings: readonly Span[], bytes: Buffer): unknown {
  try {
    return parseAround(longStrings, bytes);
  } catch {
    throw invalid("is not valid JSON");
  }
}

/** Where a string stands between its quotes. */
export type Span = readonly [start: number, end: number];

/** JSON.parse, around the media in long strings. Throws SyntaxError. */
function parseAround(longStrings: readonly Span[], bytes: Buffer): unknown {
  const cuts = new Cuts();
  return cuts.parse(cuts.cutOut(bytes, placesOfMedia(longStrings, bytes)));
}

/** Longer than the head of a data URL: most other texts show so soon that they are no base64. To make one of 90 MB takes 50 ms (measured). */
const GLANCE_LENGTH = 1_024;
const BASE64_LETTERS = /^[\w+/=-]*$/;

function* placesOfMedia(longStrings: readonly Span[], bytes: Buffer): Generator<Place> {
  for (const [start, end] of longStrings) {
    const glance = bytes.toString("latin1", start, Math.min(start + GLANCE_LENGTH, end));
    if (!BASE64_LETTERS.test(withoutHead(glance))) continue;
    const base64 = bytes.toString("latin1", start, end);
    if (isMedia(base64)) yield { start, end, base64 };
  }
}

/** Whether a string is base64 with nothing or the head of a data URL before it, so that JSON.parse would return it as it is. */
function isMedia(text: string): boolean {
  return isBase64(withoutHead(text));
}

function withoutHead(text: string): string {
  const [head = ""] = DATA_URL_HEAD.exec(text) ?? [];
  return text.slice(head.length);
}

/** Whether the string that ends here names a member. */
function isName(bytes: Buffer, end: number): boolean {
  let next = end + 1;
  while (isSpace(bytes[next])) next++;
  return bytes[next] === COLON;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Bounds depth, number of values and names before JSON.parse sees them. Where the long strings stand. */
function checkShape(bytes: Buffer): Span[] {
  const longStrings: Span[] = [];
  let hasLongName = false;
  const size = scanJson(bytes, MAX_VALUES, (start, end) => {
    if (end - start > CUT_MIN_LENGTH) longStrings.push([start + 1, end]);
    if (end - start > NAME_MAX_LENGTH) hasLongName ||= isName(bytes, end);
  });
  if (size === "levels") throw invalid(`is nested more than ${MAX_DEPTH} levels deep`);
  if (size === "values") throw invalid(`holds more than ${MAX_VALUES} values`);
  if (hasLongName) refuseLongNames(bytes);
  return longStrings;
}

function invalid(problem: string): Failure {
  return new Failure("INVALID_JSON", `The request body ${problem}.`);
}
