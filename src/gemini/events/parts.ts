// Gemini's parts as ChatEvents: which piece continues a part, which begins one.
//
// - Text continues the part before it when that is of the same kind (text or thought) and unsigned. A signed part is never merged
//   with another: Gemini wants a signature back on exactly the part it came with. A whole answer goes by the same rule, so that it
//   equals the fold of the stream.
// - `{"text":"","thoughtSignature":…}`, how Gemini 3 ends a stream, signs the text before it: a whole answer carries the signature on
//   that text (recordings of 3.x: 41 streams end this way, no whole answer has an empty signed part). Where no unsigned part of its
//   kind is open it becomes an empty part of its own, because a signature must not be lost.
// - An empty text without signature says nothing and is left out.
import type { ChatEvent, MediaChunk } from "../../gen/gemini/chat/v1/chat_pb.ts";
import { toStandardBase64 } from "../../chat/base64.ts";
import { type Base64, Base64Bytes, lazyData, NO_BYTES, setSignature } from "../../chat/bytes.ts";
import { Failure } from "../../chat/failures.ts";
import type { GeminiBlob, GeminiPart } from "../wire.ts";
import { asText } from "./as-text.ts";
import { addFunctionCall, flushCall } from "./calls.ts";
import { beginPart, partEvent, tellText, tellWhole, type CandidateState, type PartSink } from "./candidate.ts";
import { toWholeEvent } from "./whole-part.ts";

/** Keys of a part that describe its data and are no data. */
const SIDE_KEYS: ReadonlySet<string> = new Set([
  "thought",
  "thoughtSignature",
  "videoMetadata",
  "mediaResolution",
  "mediaProcessing",
  "speechMetadata",
  "partMetadata",
]);

/** Keys of a part that its events can say. */
const SAID_KEYS: ReadonlySet<string> = new Set([
  "text",
  "inlineData",
  "fileData",
  "functionCall",
  "functionResponse",
  "executableCode",
  "codeExecutionResult",
  "toolCall",
  "toolResponse",
  "thought",
  "thoughtSignature",
]);

/** Adds the events of the next piece of a candidate's content. */
export function addPart(candidate: CandidateState, part: GeminiPart, sink: PartSink): void {
  if (typeof part.text === "string") addText(candidate, part, part.text, sink);
  else if (part.functionCall) addFunctionCall(candidate, part, part.functionCall, sink);
  else if (Object.keys(part).every((key) => SIDE_KEYS.has(key))) addText(candidate, part, "", sink);
  else {
    if (candidate.pendingCall) flushCall(candidate, sink);
    if (part.inlineData) addMedia(candidate, part, part.inlineData, sink);
    else {
      const event = toWholeEvent(candidate, part);
      // The JSON of an unknown part holds its signature, and all else, already.
      if (event.case === "nativePart") return tellWhole(candidate, event, "", part.thought === true, sink);
      tellWhole(candidate, event, asText(part.thoughtSignature), part.thought === true, sink);
    }
  }
  for (const key in part) if (!SAID_KEYS.has(key)) candidate.unsaid.add(key);
}

function addText(candidate: CandidateState, part: GeminiPart, text: string, sink: PartSink): void {
  const kind = part.thought === true ? "thought" : "text";
  const signature = asText(part.thoughtSignature);
  if (text === "" && signature === "") return;
  if (candidate.pendingCall) flushCall(candidate, sink);
  if (candidate.open !== kind || (signature !== "" && text !== "")) beginPart(candidate, kind, sink);
  const whole = toWholeCharacters(candidate, text, signature !== "");
  if (whole === "" && signature === "") return;
  const event = tellText(candidate, kind, whole, sink);
  if (signature !== "") {
    setSignature(event, signature);
    candidate.open = undefined;
  }
}

/** A piece may end inside a character of two UTF-16 units, of which neither face could tell half: it waits for the next one. */
function toWholeCharacters(candidate: CandidateState, text: string, isLast: boolean): string {
  let whole = candidate.half + text;
  candidate.half = "";
  if (!isLast && isHighSurrogate(whole.charCodeAt(whole.length - 1))) {
    candidate.half = whole.slice(-1);
    whole = whole.slice(0, -1);
  }
  return whole.toWellFormed();
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

/** Pictures come whole. Sound may come in pieces over time; its last piece shows only afterwards (see closePart). */
function addMedia(candidate: CandidateState, part: GeminiPart, blob: GeminiBlob, sink: PartSink): void {
  const mimeType = asText(blob.mimeType);
  const data = blob.data instanceof Base64Bytes ? blob.data : asText(blob.data);
  const displayName = asText(blob.displayName);
  const inThought = part.thought === true;
  const signature = asText(part.thoughtSignature);
  const inPieces = mimeType.startsWith("audio/") && signature === "";
  const value = (last: boolean): ChatEvent["event"] => ({
    case: "media",
    value: toChunk(mimeType, data, displayName, last),
  });
  if (!inPieces) {
    tellWhole(candidate, value(true), signature, inThought, sink);
    return;
  }
  const { open } = candidate;
  const continues = typeof open === "object" && open.audio === mimeType && open.inThought === inThought;
  if (!continues) beginPart(candidate, { audio: mimeType, inThought }, sink);
  sink.events.push(partEvent(candidate, value(false), inThought));
}

/** The text goes into data URLs as it stands, so it is checked: that costs a tenth of a millisecond per megabyte. */
function toChunk(mimeType: string, data: Base64, name: string, last: boolean): MediaChunk {
  const base64 = typeof data === "string" ? toStandardBase64(data) : data;
  if (base64 === undefined && data !== "") {
    throw new Failure("UPSTREAM_INVALID_RESPONSE", "Gemini sent media that cannot be decoded.");
  }
  const source = base64 === undefined ? { case: "data" as const, value: NO_BYTES } : lazyData(base64);
  return { $typeName: "gemini.chat.v1.MediaChunk", mimeType, source, name, last };
}
