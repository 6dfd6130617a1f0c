// Maps requests as the upstream adapter does, and shows what goes over the wire and which warnings were raised.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { profileOf } from "../../src/chat/models.ts";
import type { WarningCode } from "../../src/chat/warnings.ts";
import { type RequestDefaults, toGenerateContent } from "../../src/gemini/request.ts";
import type { GenerateContentRequest } from "../../src/gemini/wire-request.ts";
import { ChatRequestSchema, type MessageSchema, type PartSchema, Role } from "../../src/gen/gemini/chat/v1/chat_pb.ts";

export type RequestInit = MessageInitShape<typeof ChatRequestSchema>;
export type MessageInit = MessageInitShape<typeof MessageSchema>;
export type PartInit = MessageInitShape<typeof PartSchema>;

/** A model of each generation, by what sets it apart. */
export const MODELS = {
  newest: "gemini-3.8-flash",
  /** Honours sampling, accepts prefill, requires signatures. */
  gemini3: "gemini-3.5-flash",
  gemini25: "gemini-2.5-flash",
  gemma: "gemma-4-31b-it",
  image: "gemini-nano-banana-2.1",
  speech: "gemini-3.8-flash-tts",
  olderSpeech: "gemini-2.5-flash-preview-tts",
} as const;

export interface Mapped {
  /** What JSON.stringify makes of the body. */
  readonly body: GenerateContentRequest;
  /** `code:param`, in the order they were raised. */
  readonly warnings: readonly string[];
}

/** Throws what the mapping throws. */
export function map(
  request: RequestInit,
  model: string = MODELS.newest,
  defaults: Partial<RequestDefaults> = {},
): Mapped {
  const warnings: string[] = [];
  const raise = (code: WarningCode, param: string): void => void warnings.push(`${code}:${param}`);
  const whole = { safetySettings: [], upstreamObjects: false, ...defaults };
  const body = toGenerateContent(create(ChatRequestSchema, request), profileOf(model), raise, whole);
  return { body: JSON.parse(JSON.stringify(body)) as GenerateContentRequest, warnings };
}

export function system(text: string): MessageInit {
  return { role: Role.SYSTEM, parts: [textPart(text)] };
}

export function user(...parts: (string | PartInit)[]): MessageInit {
  return { role: Role.USER, parts: parts.map(toPart) };
}

export function assistant(...parts: (string | PartInit)[]): MessageInit {
  return { role: Role.ASSISTANT, parts: parts.map(toPart) };
}

export function tool(...parts: PartInit[]): MessageInit {
  return { role: Role.TOOL, parts };
}

function toPart(part: string | PartInit): PartInit {
  return typeof part === "string" ? textPart(part) : part;
}

export function textPart(text: string, signature?: string): PartInit {
  return { kind: { case: "text", value: text }, ...signed(signature) };
}

export function call(id: string, name: string, args = "{}", signature?: string): PartInit {
  return { kind: { case: "toolCall", value: { id, name, arguments: args } }, ...signed(signature) };
}

export function result(toolCallId: string, content: string, more: { name?: string; isError?: boolean } = {}): PartInit {
  return { kind: { case: "toolResult", value: { toolCallId, content, ...more } } };
}

/** Media of base64 text. */
export function media(mimeType: string, base64: string, more: object = {}): PartInit {
  const source = { case: "data" as const, value: Buffer.from(base64, "base64") };
  return { kind: { case: "media", value: { mimeType, source, ...more } } };
}

export function link(mimeType: string, uri: string, more: object = {}): PartInit {
  return { kind: { case: "media", value: { mimeType, source: { case: "uri", value: uri }, ...more } } };
}

function signed(signature: string | undefined): { signature?: Uint8Array } {
  return signature === undefined ? {} : { signature: Buffer.from(signature, "base64") };
}

/** Base64 that stands for a signature. */
export const SIGNATURE = "c2lnbmF0dXJl";
export const BYPASS = "skip_thought_signature_validator";
