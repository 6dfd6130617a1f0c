// The references' upstream: a request mapped to Gemini's words, an undici pool.

import { Pool, type Dispatcher } from "undici";

/** The little of OpenAI's request that the bench sends. */
export interface OpenAiRequest {
  readonly model: string;
  readonly stream?: boolean;
  readonly max_tokens?: number;
  readonly messages: readonly { readonly role: string; readonly content: string | readonly OpenAiPart[] }[];
}

interface OpenAiPart {
  readonly text?: string;
  readonly image_url?: { readonly url: string };
}

/** Settles with the head of the answer. */
export type Upstream = (request: OpenAiRequest) => ReturnType<Pool["request"]>;

const DATA_URL = /^data:([^;]+);base64,/;

/** Calls the mock of the environment. */
export function createUpstream(): Upstream {
  const pool = new Pool(process.env["MOCK_ORIGIN"] ?? "", { allowH2: false });
  return (request) => pool.request(toGeminiCall(request));
}

function toGeminiCall({
  model,
  stream,
  messages,
  max_tokens: maxOutputTokens,
}: OpenAiRequest): Dispatcher.RequestOptions {
  const system = messages.filter(({ role }) => role === "system");
  const turns = messages.filter(({ role }) => role !== "system");
  const body = {
    contents: turns.map(({ role, content }) => ({
      role: role === "assistant" ? "model" : "user",
      parts: toParts(content),
    })),
    ...(system.length > 0 && { systemInstruction: { parts: system.flatMap(({ content }) => toParts(content)) } }),
    generationConfig: { maxOutputTokens },
  };
  const method = stream === true ? "streamGenerateContent?alt=sse" : "generateContent";
  return {
    method: "POST",
    path: `/v1beta/models/${encodeURIComponent(model)}:${method}`,
    headers: { "content-type": "application/json", "x-goog-api-key": "bench-key" },
    body: JSON.stringify(body),
  };
}

function toParts(content: string | readonly OpenAiPart[]): object[] {
  if (typeof content === "string") return [{ text: content }];
  return content.map(({ text, image_url }) => (image_url === undefined ? { text } : toInlineData(image_url.url)));
}

function toInlineData(url: string): object {
  const [prefix = "", mimeType] = DATA_URL.exec(url) ?? [];
  return { inlineData: { mimeType, data: url.slice(prefix.length) } };
}
