// Cuts batches of events to the sizes that the contract promises: messages of at most 2 MiB, pieces of at most 1 MiB.
// Only wire transports need it; in process a batch goes over as it is.
import type { ChatEvent, MediaChunk, StreamChatResponse } from "../gen/gemini/chat/v1/chat_pb.ts";
import {
  base64OfData,
  dataLength,
  lazyData,
  NO_BYTES,
  setSignature,
  signatureText,
  type Base64,
  type DataSource,
} from "./bytes.ts";

const MESSAGE_MAX_BYTES = 2 * 1_048_576;
const PIECE_MAX_BYTES = 1_048_576;
/** A multiple of 4 characters decodes by itself; this many give the most bytes that fit. */
const PIECE_BASE64_LENGTH = Math.floor(PIECE_MAX_BYTES / 3) * 4;
/** A UTF-16 unit takes at most 3 bytes of UTF-8. */
const BYTES_PER_UNIT = 3;
const PIECE_TEXT_LENGTH = Math.floor(PIECE_MAX_BYTES / BYTES_PER_UNIT);
/** Tags, lengths and numbers of one field or event: more than they ever take. */
const OVERHEAD_BYTES = 32;

/**
 * The batch in messages of at most 2 MiB; itself when it is small. An event that cannot be cut (calls, code, grounding) and is larger
 * goes alone. Texts are cut between code points, base64 text is cut as text.
 */
export function splitForWire(batch: StreamChatResponse): Iterable<StreamChatResponse> {
  if (sizeBound(batch.events) <= MESSAGE_MAX_BYTES) return [batch];
  return pack(batch.events.flatMap(cutEvent));
}

/** Fills messages one after the other. */
function* pack(events: readonly ChatEvent[]): Generator<StreamChatResponse> {
  let message: ChatEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    const size = eventBound(event);
    if (message.length > 0 && bytes + size > MESSAGE_MAX_BYTES) {
      yield { $typeName: "gemini.chat.v1.StreamChatResponse", events: message };
      message = [];
      bytes = 0;
    }
    message.push(event);
    bytes += size;
  }
  if (message.length > 0) yield { $typeName: "gemini.chat.v1.StreamChatResponse", events: message };
}

/** An upper bound of the encoded size; nothing is encoded to find it. */
function sizeBound(events: readonly ChatEvent[]): number {
  let bytes = 0;
  for (const event of events) bytes += eventBound(event);
  return bytes;
}

function eventBound(event: ChatEvent): number {
  const { event: told } = event;
  const signature = (signatureText(event).length / 4) * 3;
  if (told.case === "text" || told.case === "thought")
    return told.value.length * BYTES_PER_UNIT + signature + OVERHEAD_BYTES;
  if (told.case === "media" && told.value.source.case === "data") {
    const { mimeType, name, source } = told.value;
    return dataLength(source) + (mimeType.length + name.length) * BYTES_PER_UNIT + signature + 2 * OVERHEAD_BYTES;
  }
  return valueBound(told.value) + signature + OVERHEAD_BYTES;
}

/** Bound of any message, list or scalar. */
function valueBound(value: unknown): number {
  if (typeof value === "string") return value.length * BYTES_PER_UNIT + OVERHEAD_BYTES;
  if (value instanceof Uint8Array) return value.length + OVERHEAD_BYTES;
  if (typeof value !== "object" || value === null) return OVERHEAD_BYTES;
  // Media inside a tool result: its bytes are behind a getter.
  if ("case" in value && value.case === "data") return dataLength(value as DataSource) + OVERHEAD_BYTES;
  return Object.values(value).reduce<number>((sum, field) => sum + valueBound(field), OVERHEAD_BYTES);
}

/** The event itself, or the pieces that append to the same part. */
function cutEvent(event: ChatEvent): ChatEvent[] {
  const { event: told } = event;
  switch (told.case) {
    case "text":
    case "thought": {
      const pieces = cutText(told.value).map((value) => ({ case: told.case, value }));
      return assemble(event, pieces, { case: told.case, value: "" });
    }
    case "media": {
      const { source } = told.value;
      if (source.case !== "data") return [event];
      const sources = cutData(source);
      const pieces = sources.map((piece, at) => chunk(told.value, piece, told.value.last && at === sources.length - 1));
      return assemble(event, pieces, chunk(told.value, { case: "data", value: NO_BYTES }, false));
    }
    default:
      return [event];
  }
}

/** Pieces of the signature first, on events without content: so the last event of all is the last piece of the content. */
function assemble(event: ChatEvent, pieces: readonly ChatEvent["event"][], empty: ChatEvent["event"]): ChatEvent[] {
  const signature = signatureText(event);
  if (pieces.length === 1 && signature.length <= PIECE_BASE64_LENGTH) return [event];
  const { candidate, part, inThought } = event;
  const carry = (told: ChatEvent["event"]): ChatEvent => ({
    $typeName: "gemini.chat.v1.ChatEvent",
    candidate,
    part,
    signature: NO_BYTES,
    inThought,
    event: told,
  });
  const signed = cutBase64(signature).map((text) => {
    const carrier = carry(empty);
    setSignature(carrier, text);
    return carrier;
  });
  return [...signed, ...pieces.map(carry)];
}

function chunk(media: MediaChunk, source: DataSource, last: boolean): ChatEvent["event"] {
  return { case: "media", value: { ...media, source, last } };
}

function cutText(text: string): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length || pieces.length === 0;) {
    let end = at + PIECE_TEXT_LENGTH;
    if (isHighSurrogate(text.charCodeAt(end - 1))) end--;
    pieces.push(text.slice(at, end));
    at = end;
  }
  return pieces;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function cutData(source: DataSource): DataSource[] {
  if (dataLength(source) <= PIECE_MAX_BYTES) return [source];
  return cutBase64(base64OfData(source)).map((piece) => lazyData(piece));
}

function cutBase64(base64: Base64): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < base64.length; at += PIECE_BASE64_LENGTH)
    pieces.push(base64.slice(at, at + PIECE_BASE64_LENGTH));
  return pieces;
}
