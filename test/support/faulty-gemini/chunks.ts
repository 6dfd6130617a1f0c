// Gemini's answers as JSON: builders for the chunks of a generate call, and Google's own spacing of them.

import { crc32 } from "node:zlib";
import { seededBytes } from "./random.ts";

/** A JSON object that goes on the wire as it stands; `__proto__` may be an own key. */
export type JsonObject = { [key: string]: unknown };

/** What all chunk builders take: `usage: null` leaves `usageMetadata` out, `index: null` the candidate's index. */
export interface ChunkOptions {
  readonly index?: number | null;
  readonly finishReason?: string;
  readonly usage?: JsonObject | null;
  /** Further fields of the candidate, e.g. `finishMessage` or `groundingMetadata`. */
  readonly candidate?: JsonObject;
}

const MODEL_VERSION = "gemini-3.8-flash";
const RESPONSE_ID = "k3VxaJ2fAeT9nvgP0aWb8Ak";

/** `usageMetadata` with Google's sum: total = prompt + candidates + thoughts. Zero counts are left out, as Google does. */
export function usageOf(prompt: number, candidates: number, thoughts = 0): JsonObject {
  return {
    ...(prompt !== 0 && { promptTokenCount: prompt }),
    ...(candidates !== 0 && { candidatesTokenCount: candidates }),
    totalTokenCount: prompt + candidates + thoughts,
    ...(prompt !== 0 && { promptTokensDetails: [{ modality: "TEXT", tokenCount: prompt }] }),
    ...(thoughts !== 0 && { thoughtsTokenCount: thoughts }),
  };
}

/** A chunk around ready candidates; none at all leaves the key out, as a blocked prompt does. */
export function candidatesChunk(
  candidates: readonly JsonObject[],
  usage: JsonObject | null = usageOf(9, 3),
): JsonObject {
  return {
    ...(candidates.length > 0 && { candidates }),
    ...(usage !== null && { usageMetadata: usage }),
    modelVersion: MODEL_VERSION,
    responseId: RESPONSE_ID,
  };
}

/** One candidate with these parts; without parts its `content` has only the role (seen from 2.5 models). */
export function candidateOf(parts: readonly JsonObject[], options: ChunkOptions = {}): JsonObject {
  const index = options.index === undefined ? 0 : options.index;
  return {
    content: { ...(parts.length > 0 && { parts }), role: "model" },
    ...(options.finishReason !== undefined && { finishReason: options.finishReason }),
    ...(index !== null && { index }),
    ...options.candidate,
  };
}

export function partsChunk(parts: readonly JsonObject[], options: ChunkOptions = {}): JsonObject {
  return candidatesChunk([candidateOf(parts, options)], options.usage);
}

export function textChunk(text: string, options?: ChunkOptions): JsonObject {
  return partsChunk([{ text }], options);
}

export function thoughtChunk(text: string, options?: ChunkOptions): JsonObject {
  return partsChunk([{ text, thought: true }], options);
}

/** A whole function call; `args` parsed by JSON.parse may own `__proto__` and keeps it on the wire. */
export function callChunk(
  name: string,
  args: JsonObject,
  call: { readonly id?: string; readonly signature?: string } = {},
  options?: ChunkOptions,
): JsonObject {
  const functionCall = { name, args, ...(call.id !== undefined && { id: call.id }) };
  return partsChunk(
    [{ functionCall, ...(call.signature !== undefined && { thoughtSignature: call.signature }) }],
    options,
  );
}

/** An image part; `base64` is sent as given, so it need not be valid. */
export function imageChunk(base64: string, mimeType = "image/png", options?: ChunkOptions): JsonObject {
  return partsChunk([{ inlineData: { mimeType, data: base64 } }], options);
}

/** The separate last chunk of Gemini 3: an empty text and the reason. */
export function finishChunk(finishReason = "STOP", options: ChunkOptions = {}): JsonObject {
  return textChunk("", { ...options, finishReason });
}

/** A refused prompt: HTTP 200, no candidates. */
export function blockedChunk(blockReason = "PROHIBITED_CONTENT"): JsonObject {
  return { promptFeedback: { blockReason }, ...candidatesChunk([], usageOf(14, 0)) };
}

/** Base64 of a PNG, exactly `characters` long (a multiple of 4, at least 80): valid segments, seeded noise as pixels. */
export function pngBase64(characters: number, seed = 1): string {
  const signature = Buffer.from("89504e470d0a1a0a", "hex");
  const header = pngSegment("IHDR", Buffer.from("00000100000001000806000000", "hex"));
  const end = pngSegment("IEND", Buffer.alloc(0));
  const noiseBytes = (characters / 4) * 3 - signature.length - header.length - end.length - PNG_SEGMENT_OVERHEAD_BYTES;
  const noise = pngSegment("IDAT", seededBytes(seed, noiseBytes));
  return Buffer.concat([signature, header, noise, end]).toString("base64");
}

/** Length, type and checksum of a PNG segment. */
const PNG_SEGMENT_OVERHEAD_BYTES = 12;

function pngSegment(type: string, data: Buffer): Buffer {
  const segment = Buffer.alloc(data.length + PNG_SEGMENT_OVERHEAD_BYTES);
  segment.writeUInt32BE(data.length, 0);
  segment.write(type, 4, "latin1");
  data.copy(segment, 8);
  segment.writeUInt32BE(crc32(segment.subarray(4, data.length + 8)), data.length + 8);
  return segment;
}

/** JSON as Google streams it: a space after each colon, none after commas, all on one line (894 of 894 recordings). */
export function toStreamJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toStreamJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}: ${toStreamJson(member)}`).join(",")}}`;
}

/** JSON as Google answers unary calls and errors: two-space indentation and a line end. */
export function toUnaryJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
