// Reference A, the floor: a translating gateway with nothing but the translation. No framework, validation, log or retry.

import type { ServerResponse } from "node:http";
import { serve, type OpenAiRequest, type Upstream } from "./serve.ts";

/** The little of Gemini's answer that the bench's mock sends. */
interface GeminiAnswer {
  readonly candidates?: readonly {
    readonly content?: { readonly parts?: readonly { readonly text?: string; readonly inlineData?: InlineData }[] };
    readonly finishReason?: string;
  }[];
  readonly usageMetadata?: {
    readonly promptTokenCount?: number;
    readonly candidatesTokenCount?: number;
    readonly totalTokenCount?: number;
  };
}

interface InlineData {
  readonly mimeType: string;
  readonly data: string;
}

type Body = Awaited<ReturnType<Upstream>>["body"];

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** Length of `data: `. */
const FIELD_BYTES = 6;
const NOTHING = Buffer.alloc(0);

let answerCount = 0;

serve(async (request, response, upstream) => {
  const { statusCode, body } = await upstream(request);
  if (statusCode !== 200) {
    response.writeHead(statusCode, { "content-type": "application/json" }).end(await body.text());
  } else if (request.stream === true) await answerStream(request, response, body);
  else await answerWhole(request, response, body);
});

async function answerWhole({ model }: OpenAiRequest, response: ServerResponse, body: Body): Promise<void> {
  const answer = JSON.parse(await body.text()) as GeminiAnswer;
  const { promptTokenCount = 0, candidatesTokenCount = 0, totalTokenCount = 0 } = answer.usageMetadata ?? {};
  const text = JSON.stringify({
    id: `chatcmpl-${++answerCount}`,
    object: "chat.completion",
    created: Math.floor(Date.now() / 1_000),
    model,
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: textOf(answer), refusal: null },
        finish_reason: finishOf(answer),
      },
    ],
    usage: { prompt_tokens: promptTokenCount, completion_tokens: candidatesTokenCount, total_tokens: totalTokenCount },
  });
  response
    .writeHead(200, { "content-type": "application/json; charset=utf-8", "content-length": Buffer.byteLength(text) })
    .end(text);
}

function answerStream({ model }: OpenAiRequest, response: ServerResponse, body: Body): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const id = `chatcmpl-${++answerCount}`;
  const created = Math.floor(Date.now() / 1_000);
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
  const writeEvent = (line: string): void => {
    const answer = JSON.parse(line) as GeminiAnswer;
    const choices = [{ index: 0, delta: { content: textOf(answer) }, finish_reason: finishOf(answer) }];
    const chunk = JSON.stringify({ id, object: "chat.completion.chunk", created, model, choices });
    response.write(`data: ${chunk}\n\n`);
  };
  let rest: Buffer = NOTHING;
  body.on("data", (bytes: Buffer) => {
    rest = scanLines(rest.length === 0 ? bytes : Buffer.concat([rest, bytes]), writeEvent);
    if (response.writableNeedDrain) {
      body.pause();
      response.once("drain", () => body.resume());
    }
  });
  body.on("end", () => {
    response.end("data: [DONE]\n\n");
    resolve();
  });
  body.on("error", reject);
  response.on("close", () => body.destroy());
  return promise;
}

/** Hands over the JSON of each whole `data:` line; what is left waits for more bytes. */
function scanLines(bytes: Buffer, onEvent: (json: string) => void): Buffer {
  let start = 0;
  for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
    const contentEnd = bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
    if (contentEnd > start + FIELD_BYTES) onEvent(bytes.toString("utf8", start + FIELD_BYTES, contentEnd));
    start = end + 1;
  }
  return bytes.subarray(start);
}

function textOf({ candidates }: GeminiAnswer): string {
  let content = "";
  for (const { text, inlineData } of candidates?.[0]?.content?.parts ?? []) {
    if (text !== undefined) content += text;
    else if (inlineData !== undefined) content += `![image](data:${inlineData.mimeType};base64,${inlineData.data})`;
  }
  return content;
}

function finishOf({ candidates }: GeminiAnswer): string | null {
  const reason = candidates?.[0]?.finishReason;
  return reason === undefined ? null : reason === "STOP" ? "stop" : "length";
}
