// Reference A, the floor: a translating gateway with nothing but the translation. No framework, validation, log or retry.

import type { ServerResponse } from "node:http";
import { scanLines, textOf, type GeminiAnswer } from "./gemini-answer.ts";
import { serve } from "./serve.ts";
import type { OpenAiRequest, Upstream } from "./upstream.ts";

type Body = Awaited<ReturnType<Upstream>>["body"];

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

function finishOf({ candidates }: GeminiAnswer): string | null {
  const reason = candidates?.[0]?.finishReason;
  return reason === undefined ? null : reason === "STOP" ? "stop" : "length";
}
