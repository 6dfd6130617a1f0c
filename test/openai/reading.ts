// Short ways to read a body in tests.
import assert from "node:assert/strict";
import { base64OfData } from "../../src/chat/bytes.ts";
import { Failure } from "../../src/chat/failures.ts";
import type { ChatRequest, Media, Message, Part } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import type { ChatIntent } from "../../src/openai/intent.ts";
import { readChatCompletion } from "../../src/openai/request.ts";

export const hello = [{ role: "user", content: "hi" }];

/** Reads a body; model and messages are filled in. */
export function read(body: object, headers: { strict?: boolean; images?: string } = {}): ChatIntent {
  return readChatCompletion(
    { model: "gemini-3.8-flash", messages: hello, ...body },
    { headers: { strict: headers.strict ?? false, images: headers.images } },
  );
}

export function requestOf(body: object): ChatRequest {
  return read(body).request;
}

/** Reads a body that must be refused. */
export function refusalOf(body: object, headers: { strict?: boolean; images?: string } = {}): Failure {
  try {
    read(body, headers);
  } catch (error) {
    assert(error instanceof Failure, String(error));
    return error;
  }
  return assert.fail(`accepted ${JSON.stringify(body).slice(0, 200)}`);
}

/** "code:param" of each warning. */
export function warningsOf(body: object): string[] {
  return read(body).warnings.map(({ code, param }) => `${code}:${param}`);
}

export function messageOf(message: object): Message {
  const [read] = requestOf({ messages: [message] }).messages;
  assert(read);
  return read;
}

export function partsOf(message: object): Part[] {
  return messageOf(message).parts;
}

/** The media of a user message with this one part. */
export function mediaOf(part: object): Media {
  const [first] = partsOf({ role: "user", content: [part] });
  assert(first?.kind.case === "media");
  return first.kind.value;
}

/** Base64 or URI of a media. */
export function placeOf({ source }: Media): string {
  assert(source.case !== undefined);
  return source.case === "data" ? String(base64OfData(source)) : source.value;
}

/** Parts in short: text, `media`, or the kind's name with its most telling field. */
export function outline(parts: readonly Part[]): string[] {
  return parts.map(({ kind }) => {
    switch (kind.case) {
      case "text":
      case "refusal":
        return `${kind.case} ${kind.value}`;
      case "media":
        return `media ${kind.value.mimeType} ${placeOf(kind.value)}`;
      case "toolCall":
        return `call ${kind.value.id} ${kind.value.name} ${kind.value.arguments}`;
      case "toolResult":
        return `result ${kind.value.toolCallId} ${kind.value.name} ${kind.value.content}`;
      default:
        return String(kind.case);
    }
  });
}
