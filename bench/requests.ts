// The bytes of one question, ready to be written again and again.

import { create, toBinary } from "@bufbuild/protobuf";
import { ChatRequestSchema, Role } from "../src/gen/gemini/chat/v1/chat_pb.ts";
import { pngBase64 } from "../test/support/faulty-gemini.ts";
import { ROUTE, type Dialect, type Scenario } from "./scenarios.ts";

const SYSTEM = "You are a helpful assistant.";
const PROMPT = "What is the capital of France, and since when? Answer in two sentences.";
/** No sampling parameter: the newest models ignore them, and each answer would carry a warning, which the other targets do not write. */
const MAX_TOKENS = 1_000;

/** A whole HTTP/1.1 request. */
export function toRequest(scenario: Scenario, dialect: Dialect, host: string, licence: string): Buffer {
  const isGemini = dialect === "gemini";
  const body = Buffer.from(JSON.stringify(isGemini ? toGeminiBody(scenario) : toOpenAiBody(scenario)));
  const method = scenario.streaming ? "streamGenerateContent?alt=sse" : "generateContent";
  const target = isGemini ? `/v1beta/models/${scenario.model}:${method}` : ROUTE;
  const credential = isGemini ? "x-goog-api-key: bench-key" : `authorization: Bearer ${licence}`;
  const head = `POST ${target} HTTP/1.1\r\nhost: ${host}\r\n${credential}\r\ncontent-type: application/json\r\n`;
  return Buffer.concat([Buffer.from(`${head}content-length: ${body.length}\r\n\r\n`), body]);
}

/** A serialised ChatRequest. Its image has as many bytes as the others' has characters. */
export function toChatRequest({ model, imageCharacters }: Scenario): Buffer {
  const media = { mimeType: "image/png", source: { case: "data", value: imageBytesOf(imageCharacters) } } as const;
  const image = { kind: { case: "media", value: media } } as const;
  const request = create(ChatRequestSchema, {
    model,
    messages: [
      { role: Role.SYSTEM, parts: [{ kind: { case: "text", value: SYSTEM } }] },
      {
        role: Role.USER,
        parts: [{ kind: { case: "text", value: PROMPT } }, ...(imageCharacters === 0 ? [] : [image])],
      },
    ],
    sampling: { maxOutputTokens: MAX_TOKENS },
  });
  return Buffer.from(toBinary(ChatRequestSchema, request));
}

function toOpenAiBody({ model, streaming, imageCharacters }: Scenario): object {
  const url = `data:image/png;base64,${imageOf(imageCharacters)}`;
  const content =
    imageCharacters === 0
      ? PROMPT
      : [
          { type: "text", text: PROMPT },
          { type: "image_url", image_url: { url } },
        ];
  const messages = [
    { role: "system", content: SYSTEM },
    { role: "user", content },
  ];
  return { model, messages, max_tokens: MAX_TOKENS, ...(streaming && { stream: true }) };
}

function toGeminiBody({ imageCharacters }: Scenario): object {
  const image = { inlineData: { mimeType: "image/png", data: imageOf(imageCharacters) } };
  return {
    contents: [{ role: "user", parts: [{ text: PROMPT }, ...(imageCharacters === 0 ? [] : [image])] }],
    systemInstruction: { parts: [{ text: SYSTEM }] },
    generationConfig: { maxOutputTokens: MAX_TOKENS },
  };
}

function imageOf(characters: number): string {
  return characters === 0 ? "" : pngBase64(characters);
}

function imageBytesOf(bytes: number): Uint8Array<ArrayBuffer> {
  // Four characters are three bytes.
  return Uint8Array.from(Buffer.from(imageOf(Math.ceil(bytes / 3) * 4), "base64"));
}
