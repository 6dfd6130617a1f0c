// Events of answers with sound, as the upstream's state machine tells them.
import { lazyData, NO_BYTES } from "../../src/chat/bytes.ts";
import type { ChatEvent, MediaChunk, StreamChatResponse } from "../../src/gen/gemini/chat/v1/chat_pb.ts";

export const L16 = "audio/L16;codec=pcm;rate=24000";

/** A piece of sound, its bytes as base64 text. */
export function piece(
  mimeType: string,
  bytes: Uint8Array,
  { last = false, candidate = 0, part = 0 }: { last?: boolean; candidate?: number; part?: number } = {},
): ChatEvent {
  const source =
    bytes.length === 0 ? { case: "data" as const, value: NO_BYTES } : lazyData(Buffer.from(bytes).toString("base64"));
  const value: MediaChunk = { $typeName: "gemini.chat.v1.MediaChunk", mimeType, source, name: "", last };
  return {
    $typeName: "gemini.chat.v1.ChatEvent",
    candidate,
    part,
    signature: NO_BYTES,
    inThought: false,
    event: { case: "media", value },
  };
}

export function text(value: string): ChatEvent {
  return { ...piece("", NO_BYTES), part: 9, event: { case: "text", value } };
}

export function batch(...events: ChatEvent[]): StreamChatResponse {
  return { $typeName: "gemini.chat.v1.StreamChatResponse", events };
}
