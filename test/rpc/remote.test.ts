// Goal: a facade in front of a remote ChatService answers like one with the service inside, and passes on who asks, how long they
// wait and when they leave.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ModelService } from "../../src/gen/gemini/chat/v1/models_pb.ts";
import { assertErrorOf } from "../facade/openai-error.ts";
import { openAi, readSse } from "../faults/requests.ts";
import {
  errorAnswer,
  geminiErrors,
  jsonAnswer,
  pause,
  quotaExceeded,
  startFaultyGemini,
  streamAnswer,
  textChunk,
  type FaultyGemini,
} from "../support/faulty-gemini.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";

interface Pair extends AsyncDisposable {
  readonly service: TestGateway;
  readonly facade: TestGateway;
}

/** A gateway, and a facade alone in front of it. */
async function pair(service: Record<string, string>, facade: Record<string, string> = {}): Promise<Pair> {
  const behind = await startGateway(service);
  const front = await startGateway({ CHAT_SERVICE_URL: `http://${behind.app.grpc}`, ...facade });
  return {
    service: behind,
    facade: front,
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]();
      await behind[Symbol.asyncDispose]();
    },
  };
}

const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
const chat = (facts: object = {}) => ({
  model: "gemini-3.8-flash",
  messages: [{ role: "user", content: "Grüße, 世界 🌍" }],
  ...facts,
});
const weather = {
  type: "function",
  function: {
    name: "get_weather",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};

/** What may differ between two answers to the same question: ids, times, and random signatures. */
function withoutChance(text: string): string {
  return text
    .replaceAll(/"(id|response_id|created|thought_signature|thoughtSignature|expires_at)":(?:"[^"]*"|\d+)/g, '"$1":0')
    .replaceAll(/call_[A-Za-z0-9_-]+|audio_[0-9a-f]+/g, "");
}

describe("the same answers", () => {
  let gateways: Pair;
  before(async () => {
    gateways = await pair({});
  });
  after(() => gateways[Symbol.asyncDispose]());

  const questions: [string, object][] = [
    ["a chat", chat()],
    ["several answers", chat({ n: 2 })],
    ["a tool call", chat({ tools: [weather], tool_choice: "required" })],
    [
      "JSON by a schema",
      chat({
        response_format: { type: "json_schema", json_schema: { name: "x", schema: weather.function.parameters } },
      }),
    ],
    ["a generated image", chat({ model: "gemini-nano-banana-2.1" })],
    ["code that is run", chat({ tools: [{ type: "function", function: { name: "codeExecution" } }] })],
    [
      "an image to look at",
      chat({
        messages: [
          { role: "user", content: [{ type: "image_url", image_url: { url: `data:image/png;base64,${PNG}` } }] },
        ],
      }),
    ],
    ["thoughts", chat({ reasoning_effort: "high" })],
    ["warnings", chat({ logit_bias: { "1": 1 }, model: "gemini-2.0-flash" })],
    ["an unknown model", chat({ model: "gemini-nope" })],
    ["a wrong parameter", chat({ temperature: 3 })],
    [
      "bytes that are no image",
      chat({
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "see" },
              { type: "image_url", image_url: { url: `data:image/png;base64,${btoa("no image at all")}` } },
            ],
          },
        ],
      }),
    ],
  ];
  for (const [title, body] of questions) {
    for (const stream of [false, true]) {
      test(`${title}${stream ? ", streamed" : ""}`, async () => {
        const [near, far] = await Promise.all(
          [gateways.service, gateways.facade].map(async (gateway) => {
            const response = await gateway.post({
              ...body,
              stream,
              ...(stream && { stream_options: { include_usage: true } }),
            });
            const headers = ["x-gateway-model", "x-gateway-warnings", "content-type", "retry-after", "x-should-retry"];
            const told = headers.map((name) => `${name}: ${response.headers.get(name)}`);
            const text = withoutChance(await response.text());
            return { status: response.status, told, content: stream && response.status === 200 ? readSse(text) : text };
          }),
        );
        assert.deepEqual(far, near);
      });
    }
  }

  test("the list of models, one model and no such model", async () => {
    for (const path of ["/gemini/v1/models", "/gemini/v1/models/gemini-3.8-flash", "/gemini/v1/models/gemini-nope"]) {
      const [near, far] = await Promise.all([gateways.service.get(path), gateways.facade.get(path)]);
      assert.equal(far.status, near.status);
      assert.equal(withoutChance(await far.text()), withoutChance(await near.text()));
    }
  });

  test("the licence is judged by the service behind, and one that is missing by nobody else", async () => {
    for (const headers of [
      { authorization: "unknown-licence-000000" },
      { authorization: "" },
      { authorization: "", "x-api-key": "wrong-licence-0000000" },
    ]) {
      for (const stream of [false, true]) {
        await assertErrorOf(await gateways.facade.post(chat({ stream }), headers), {
          status: 401,
          code: "invalid_api_key",
        });
      }
      await assertErrorOf(await gateways.facade.get("/gemini/v1/models", headers), {
        status: 401,
        code: "invalid_api_key",
      });
    }
  });

  test("a facade alone speaks no gRPC and no Connect, and holds no store", async () => {
    assert.equal(gateways.facade.app.grpc, undefined);
    const transport = createGrpcTransport({ baseUrl: gateways.facade.app.http });
    await assert.rejects(createClient(ModelService, transport).listModels({}));
    const response = await fetch(`${gateways.facade.app.http}/gemini.chat.v1.ModelService/ListModels`, {
      method: "POST",
      body: "{}",
    });
    assert.equal(response.status, 404);
    await response.text();
  });

  test("a request id travels with the request", async () => {
    const id = "from-the-edge-1";
    await (await gateways.facade.post(chat(), { "x-request-id": id })).text();
    assert.ok(gateways.service.log.some((line) => line.includes("call finished") && line.includes(id)));
  });
});

describe("behind a facade alone", () => {
  let gemini: FaultyGemini;
  let gateways: Pair;
  before(async () => {
    gemini = await startFaultyGemini();
    const times = { STREAM_COMMIT_DELAY_MS: "300", KEEP_ALIVE_INTERVAL_MS: "150" };
    gateways = await pair(
      { GEMINI_BASE_URL: gemini.origin, ...times },
      { ...times, REQUEST_TIMEOUT_MS: "2000", STREAM_TIMEOUT_MS: "2000" },
    );
  });
  after(async () => {
    await gateways[Symbol.asyncDispose]();
    await gemini.close();
  });

  for (const stream of [false, true]) {
    test(`a caller who leaves closes Gemini's connection${stream ? ", also in the middle of a stream" : ""}`, async () => {
      const calls = gemini.calls.length;
      gemini.script([stream ? streamAnswer([textChunk("one"), "stall"]) : ["stall"]]);
      const controller = new AbortController();
      const asked = gateways.facade
        .post(openAi(stream), {}, controller.signal)
        .then(({ body }) => body?.getReader().read())
        .catch((error: unknown) => error);
      const call = (await gemini.waitForCalls(calls + 1)).at(-1);
      if (stream) await asked;
      controller.abort();
      assert.equal(await call?.whenEnded(), "client-closed");
      await asked;
    });

    test(`an upstream error keeps its status, its words and its wait${stream ? ", also for a stream" : ""}`, async () => {
      gemini.script(() => errorAnswer(quotaExceeded("26s")));
      const limited = await gateways.facade.post(openAi(stream));
      assert.equal(limited.headers.get("retry-after"), "26");
      await assertErrorOf(limited, { status: 429, code: "rate_limit_exceeded", type: "rate_limit_error" });
      gemini.script([errorAnswer(geminiErrors.contextTooLong)]);
      await assertErrorOf(await gateways.facade.post(openAi(stream)), {
        status: 400,
        code: "context_length_exceeded",
        param: "messages",
        message: /maximum context length/,
      });
    });
  }

  test("a stream that breaks off is an error event", async () => {
    gemini.script([streamAnswer([textChunk("one"), "reset"])]);
    const answer = readSse(await (await gateways.facade.post(openAi(true))).text());
    assert.deepEqual([answer.content, answer.error?.code, answer.done], ["one", "upstream_stream_truncated", false]);
  });

  test("silence is filled at the edge, and messages of silence in between disturb nobody", async () => {
    gemini.script([streamAnswer([pause(1_000), textChunk("late", { finishReason: "STOP" })])]);
    const answer = readSse(await (await gateways.facade.post(openAi(true))).text());
    assert.ok(answer.comments >= 3, String(answer.comments));
    assert.deepEqual([answer.content, answer.done], ["late", true]);
  });

  test("a deadline shrinks on its way", async () => {
    gemini.script([jsonAnswer(textChunk("ok", { finishReason: "STOP" }))]);
    await (await gateways.facade.post(openAi(false), { "x-request-timeout": "1.5" })).text();
    assert.equal(gemini.calls.at(-1)?.headers["x-server-timeout"], "2");
    gemini.script([["stall"]]);
    const startedMs = performance.now();
    await assertErrorOf(await gateways.facade.post(openAi(false), { "x-request-timeout": "0.5" }), {
      status: 504,
      code: "timeout",
    });
    assert.ok(performance.now() - startedMs < 1_500);
    assert.equal(await gemini.calls.at(-1)?.whenEnded(), "client-closed");
  });

  test("without one of the caller the facade's own limits hold", async () => {
    for (const stream of [false, true]) {
      gemini.script([stream ? streamAnswer([textChunk("one"), "stall"]) : ["stall"]]);
      const startedMs = performance.now();
      const text = await (await gateways.facade.post(openAi(stream))).text();
      assert.match(text, /"code":"timeout"/);
      assert.ok(performance.now() - startedMs < 4_000);
    }
  });

  test("a caller's own retry is one attempt behind the facade too", async () => {
    const calls = gemini.calls.length;
    gemini.script(() => errorAnswer(geminiErrors.overloaded));
    await (await gateways.facade.post(openAi(false), { "X-Stainless-Retry-Count": "2" })).text();
    assert.equal(gemini.calls.length, calls + 1);
  });

  test("retry_attempt is how often a failed call is made again behind the facade too", async () => {
    for (const retries of [0, 1]) {
      const calls = gemini.calls.length;
      gemini.script(() => errorAnswer(geminiErrors.overloaded));
      await (await gateways.facade.post({ ...openAi(false), retry_attempt: retries })).text();
      assert.equal(gemini.calls.length, calls + 1 + retries);
    }
  });

  test("a slow reader at the edge holds Gemini back behind it", async () => {
    const calls = gemini.calls.length;
    const word = textChunk("x".repeat(65_536));
    gemini.script([streamAnswer(Array.from({ length: 3_000 }, () => word))]);
    const response = await gateways.facade.post(openAi(true));
    const reader = response.body?.getReader();
    await reader?.read();
    await sleep(1_000);
    const call = gemini.calls[calls];
    // Socket buffers of three hops, and what the client's own stream takes in.
    assert.ok((call?.bytesSent ?? 0) < 60_000_000, String(call?.bytesSent));
    await reader?.cancel();
    assert.equal(await call?.whenEnded(), "client-closed");
  });
});

test("the readiness of a facade alone is that of the service behind it", async () => {
  const service = await startGateway({ SHUTDOWN_DELAY_MS: "300" });
  const port = service.app.grpc?.split(":").at(-1) ?? "";
  await using facade = await startGateway({ CHAT_SERVICE_URL: `http://127.0.0.1:${port}` });
  const ready = async (): Promise<number> => {
    const response = await facade.get("/readyz");
    await response.text();
    return response.status;
  };
  assert.equal(await ready(), 200);
  await service[Symbol.asyncDispose]();
  for (let tries = 0; tries < 100 && (await ready()) === 200; tries++) await sleep(100);
  assert.equal(await ready(), 503);
  assert.equal((await facade.get("/healthz")).status, 200);
  for (const stream of [false, true]) {
    const response = await facade.post(chat({ stream }));
    assert.equal(response.status, 503);
    await response.text();
  }
  await using _again = await startGateway({ GRPC_PORT: port });
  for (let tries = 0; tries < 100 && (await ready()) === 503; tries++) await sleep(100);
  assert.equal(await ready(), 200);
  const answered = await facade.post(chat());
  assert.equal(answered.status, 200);
  await answered.text();
});

test("a facade starts without its service, and is not ready", async () => {
  await using facade = await startGateway({ CHAT_SERVICE_URL: "http://127.0.0.1:9" });
  const response = await facade.get("/readyz");
  assert.equal(response.status, 503);
  await response.text();
});
