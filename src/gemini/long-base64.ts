// The JSON of Gemini's answers and requests, around whose long base64 JSON.parse and JSON.stringify are led (chat/cuts.ts).
import { toStandardBase64 } from "../chat/base64.ts";
import { CUT_MIN_LENGTH, Cuts } from "../chat/cuts.ts";
import type { GenerateContentRequest } from "./wire-request.ts";

/** JSON.parse of one of Gemini's answers. Throws SyntaxError. */
export function parseAnswer(json: string): unknown {
  if (json.length < CUT_MIN_LENGTH) return JSON.parse(json);
  const cuts = new Cuts();
  return cuts.parse(cutLongValues(json, cuts));
}

/** JSON.stringify of a request, as UTF-8. */
export function encodeRequest(request: GenerateContentRequest): Buffer {
  if (!request.contents.some(({ parts }) => parts.some(({ inlineData }) => isLong(inlineData?.data)))) {
    return Buffer.from(JSON.stringify(request));
  }
  const cuts = new Cuts();
  const json = JSON.stringify(request, (key, value: unknown) =>
    // Only what is base64 beyond doubt may go around the escaping.
    key === "data" && isLong(value) && toStandardBase64(value) === value ? cuts.hold(value) : value,
  );
  const joined = cuts.join(json);
  return typeof joined === "string" ? Buffer.from(joined) : joined;
}

function isLong(value: unknown): value is string {
  return typeof value === "string" && value.length >= CUT_MIN_LENGTH;
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
