// What both reference targets share: a node:http server, whole bodies, the request's mapping, an undici pool.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Pool, type Dispatcher } from "undici";

/** The little of OpenAI's request that the bench sends. */
export interface OpenAiRequest {
  readonly model: string;
  readonly stream?: boolean;
  readonly temperature?: number;
  readonly messages: readonly { readonly role: string; readonly content: string | readonly OpenAiPart[] }[];
}

interface OpenAiPart {
  readonly text?: string;
  readonly image_url?: { readonly url: string };
}

export type Upstream = (request: OpenAiRequest) => ReturnType<Pool["request"]>;

const DATA_URL = /^data:([^;]+);base64,/;

/** Serves `answer` on a free port with the licence and upstream of the environment, and says so. */
export function serve(
  answer: (request: OpenAiRequest, response: ServerResponse, upstream: Upstream) => Promise<void>,
): void {
  const expected = `Bearer ${process.env["LICENCE"]}`;
  const pool = new Pool(process.env["MOCK_ORIGIN"] ?? "", { allowH2: false });
  const upstream: Upstream = (request) => pool.request(toGeminiCall(request));
  const server = createServer((incoming, response) => {
    if (incoming.headers.authorization !== expected) {
      response.writeHead(401).end();
      return;
    }
    readBody(incoming)
      .then((body) => answer(JSON.parse(body.toString("utf8")) as OpenAiRequest, response, upstream))
      .catch((error: unknown) => {
        console.error(error);
        response.destroy();
      });
  });
  server.listen(0, "127.0.0.1", () => console.log(`listening 127.0.0.1:${(server.address() as AddressInfo).port}`));
}

function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const pieces: Buffer[] = [];
  incoming.on("data", (piece: Buffer) => pieces.push(piece));
  incoming.on("end", () => resolve(Buffer.concat(pieces)));
  incoming.on("error", reject);
  return promise;
}

function toGeminiCall({ model, stream, messages, temperature }: OpenAiRequest): Dispatcher.RequestOptions {
  const system = messages.filter(({ role }) => role === "system");
  const turns = messages.filter(({ role }) => role !== "system");
  const body = {
    contents: turns.map(({ role, content }) => ({
      role: role === "assistant" ? "model" : "user",
      parts: toParts(content),
    })),
    ...(system.length > 0 && { systemInstruction: { parts: system.flatMap(({ content }) => toParts(content)) } }),
    generationConfig: { temperature },
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
