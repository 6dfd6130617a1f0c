// The JSON of Gemini's answers and requests, around whose long base64 JSON.parse and JSON.stringify are led (chat/cuts.ts).
import { isStandardBase64, toStandardBase64 } from "../chat/base64.ts";
import { type Base64, Base64Bytes } from "../chat/bytes.ts";
import { CUT_MIN_LENGTH, Cuts, type Place } from "../chat/cuts.ts";
import { withoutHalves } from "./well-formed.ts";
import type { GenerateContentRequest, WirePart } from "./wire-request.ts";

/** JSON.parse of one of Gemini's answers. Throws SyntaxError. */
export function parseAnswer(json: string): unknown {
  if (json.length < CUT_MIN_LENGTH) return JSON.parse(json);
  const cuts = new Cuts();
  return cuts.parse(cutLongValues(json, cuts));
}

/** JSON.parse of a whole answer, in which long media stay the bytes they came as (`Base64Bytes`). Throws SyntaxError. */
export function parseWholeAnswer(body: Buffer): unknown {
  if (body.length < CUT_MIN_LENGTH) return JSON.parse(body.toString("utf8"));
  const cuts = new Cuts();
  const json = cuts.cutOut(body, placesOfData(body));
  return cuts.size === 0 ? parseAnswer(json) : cuts.parse(json);
}

const DATA_KEY = '"data":';
const SPACE = 0x20;
const QUOTE = 0x22;

/** Long values of `data` in a JSON text, as far as they are base64: other values may end at an escaped quote. */
function* placesOfData(json: Buffer): Generator<Place> {
  for (let key = json.indexOf(DATA_KEY); key >= 0;) {
    let start = key + DATA_KEY.length;
    while (json[start] === SPACE) start++;
    const end = json[start] === QUOTE ? json.indexOf(QUOTE, start + 1) : start;
    if (end - start > CUT_MIN_LENGTH) {
      const ascii = json.subarray(start + 1, end);
      if (isStandardBase64(ascii)) yield { start: start + 1, end, base64: new Base64Bytes(ascii) };
    }
    key = json.indexOf(DATA_KEY, Math.max(end, start));
  }
}

/** JSON.stringify of a request, as UTF-8 in pieces: what is no Unicode text becomes U+FFFD, wherever it stands. */
export function encodeRequest(request: GenerateContentRequest): readonly Buffer[] {
  if (!request.contents.some(({ parts }) => parts.some(({ inlineData }) => isLong(inlineData?.data)))) {
    return [Buffer.from(withoutHalves(JSON.stringify(request)))];
  }
  const cuts = new Cuts();
  const contents = request.contents.map(({ role, parts }) => ({
    role,
    parts: parts.map((part) => cutOut(part, cuts)),
  }));
  const json = JSON.stringify({ ...request, contents }, (key, value: unknown) =>
    // Only what is base64 beyond doubt may go around the escaping.
    key === "data" && typeof value === "string" && isLong(value) && toStandardBase64(value) === value
      ? cuts.hold(value)
      : value,
  );
  return cuts.pieces(withoutHalves(json));
}

/** Before JSON.stringify sees bytes: it would ask them for their text. */
function cutOut(part: WirePart, cuts: Cuts): WirePart {
  const { inlineData } = part;
  if (!(inlineData?.data instanceof Base64Bytes)) return part;
  return { ...part, inlineData: { ...inlineData, data: cuts.hold(inlineData.data) } };
}

function isLong(base64: Base64 | undefined): boolean {
  return base64 !== undefined && base64.length >= CUT_MIN_LENGTH;
}

/** Inside a JSON text these keys cannot be mistaken: a quote in a string would stand behind a backslash. */
function cutLongValues(json: string, cuts: Cuts): string {
  const key = /"(?:data|thoughtSignature)":\s*"/g;
  let short = "";
  let kept = 0;
  while (key.exec(json) !== null) {
    const start = key.lastIndex;
    const end = json.indexOf('"', start);
    if (end < 0) break;
    key.lastIndex = end;
    if (end - start < CUT_MIN_LENGTH) continue;
    const value = json.slice(start, end);
    // Escaped, so no plain base64: JSON.parse has to read it.
    if (value.includes("\\")) continue;
    short += json.slice(kept, start) + cuts.hold(value);
    kept = end;
  }
  return short + json.slice(kept);
}
