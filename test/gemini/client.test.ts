// The client on good days: what it sends, and that streams and whole answers tell the same.

import assert from "node:assert/strict";
import { createServer, type IncomingMessage } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { suite, test } from "node:test";
import { ModalityTokens_Kind } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { base64OfData } from "../../src/chat/bytes.ts";
import { Failure } from "../../src/chat/failures.ts";
import {
  callChunk,
  errorAnswer,
  finishChunk,
  geminiErrors,
  imageChunk,
  jsonAnswer,
  pngBase64,
  refusingOrigin,
  splitAtRandom,
  splitEveryByte,
  streamAnswer,
  textChunk,
  thoughtChunk,
  usageOf,
} from "../support/faulty-gemini.ts";
import { fold, valuesOf } from "./read-answer.ts";
import { collect, KEYS, outcomeOf, startRig, textOf } from "./upstream-rig.ts";

const HELLO = [textChunk("Hel"), textChunk("lo"), finishChunk()];
const LIMITS = { firstEventMs: 10_000, idleMs: 10_000, totalMs: 10_000 };
const never = new AbortController().signal;

suite("requests", () => {
  test("a stream is asked for with the key in its header, the time left, and the body of its length", async () => {
    await using rig = await startRig([streamAnswer(HELLO)]);
    assert.equal(textOf(await collect(rig.open({ limits: { totalMs: 12_300 } }))), "Hello");
    const [call] = rig.gemini.calls;
    assert.equal(call?.method, "POST");
    assert.equal(call.target, "/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse");
    assert.equal(call.key, KEYS[0]?.key);
    assert.equal(call.headers["x-server-timeout"], "13");
    assert.equal(call.headers["content-type"], "application/json");
    assert.equal(call.headers["accept-encoding"], "identity");
    assert.equal(call.headers["content-length"], String(call.bodyBytes));
    assert.deepEqual(call.json(), { contents: [{ role: "user", parts: [{ text: "Hello" }] }] });
  });

  test("a whole answer is asked for at generateContent, each attempt with its own key and the same body", async () => {
    await using rig = await startRig([
      errorAnswer(geminiErrors.overloaded),
      jsonAnswer(textChunk("a", { finishReason: "STOP" })),
    ]);
    const call = rig.prepare();
    await collect(rig.open({ call, mode: "unary" }));
    await collect(rig.open({ call, mode: "unary", key: { index: 1, project: "two" } }));
    const [first, second] = rig.gemini.calls;
    assert.equal(first?.target, "/v1beta/models/gemini-3.8-flash:generateContent");
    assert.deepEqual(
      [first.key, second?.key],
      KEYS.map(({ key }) => key),
    );
    assert.deepEqual(first.body, second?.body);
  });

  test("the model's id is percent-encoded, tuned models and a path prefix keep their paths", async () => {
    await using rig = await startRig([]);
    const { gemini } = rig;
    await using prefixed = await startRig([], { baseUrl: new URL(`${gemini.origin}/some/prefix/`) });
    await collect(rig.open({ call: rig.prepare("a/../b?c") }));
    await collect(rig.open({ call: rig.prepare("x:y z") }));
    await collect(rig.open({ call: rig.prepare("tunedModels/mine") }));
    await collect(prefixed.open());
    assert.deepEqual(
      gemini.calls.map(({ path }) => path),
      [
        "/v1beta/a/../b%3Fc:streamGenerateContent",
        "/v1beta/models/x%3Ay%20z:streamGenerateContent",
        "/v1beta/tunedModels/mine:streamGenerateContent",
        "/some/prefix/v1beta/models/gemini-3.8-flash:streamGenerateContent",
      ],
    );
  });

  test("long base64 arrives unchanged, and text that only looks like it is escaped", async () => {
    await using rig = await startRig([streamAnswer(HELLO)]);
    const data = pngBase64(1_048_576);
    const fake = `${"A".repeat(40_000)}"},{"text":"injected`;
    const parts = [
      { inlineData: { mimeType: "image/png", data } },
      { text: "ä" },
      { inlineData: { mimeType: "x", data: fake } },
    ];
    await collect(rig.open({ call: rig.prepare("m", { contents: [{ role: "user", parts }] }) }));
    const [call] = rig.gemini.calls;
    assert.deepEqual(call?.json(), { contents: [{ role: "user", parts }] });
    assert.equal(call.headers["content-length"], String(call.bodyBytes));
  });

  test("connections are kept and used again", async () => {
    const answers = Array.from({ length: 5 }, () => streamAnswer(HELLO));
    await using rig = await startRig(answers);
    for (const _ of answers) await collect(rig.open());
    // Undici rests a connection for one turn of the event loop, so two take turns.
    assert.ok(rig.gemini.openConnections <= 2, `${rig.gemini.openConnections} connections`);
  });
});

suite("answers", () => {
  test("any cut of the bytes on the wire gives the same text, finish and usage", async () => {
    const chunks = [
      thoughtChunk("Hm 🤔"),
      textChunk("日本 "),
      textChunk("🐈‍⬛"),
      callChunk("f", { ä: 1 }),
      finishChunk("STOP", { usage: usageOf(9, 3, 7) }),
    ];
    for (const split of [splitEveryByte, splitAtRandom(1, 7), splitAtRandom(2, 90)]) {
      const { events, failure } = await outcomeOf(streamAnswer(chunks, { split }));
      assert.equal(failure, undefined);
      const answer = fold(events);
      assert.deepEqual(
        answer.candidates[0]?.parts.map(({ kind }) => kind.case),
        ["thought", "text", "toolCall"],
      );
      assert.equal(textOf({ events, failure }), "日本 🐈‍⬛");
      assert.equal(answer.usage?.completionTokens, 10);
    }
  });

  test("a stream and a whole answer fold to the same", async () => {
    const whole = textChunk("Hello", { finishReason: "STOP" });
    const [streamed, unary] = await Promise.all([
      outcomeOf(streamAnswer([textChunk("Hel"), textChunk("lo", { finishReason: "STOP" })])),
      outcomeOf(jsonAnswer(whole), { mode: "unary" }),
    ]);
    assert.deepEqual(fold(streamed.events), fold(unary.events));
  });

  test("the tier of the header is told", async () => {
    const { events } = await outcomeOf(
      jsonAnswer(textChunk("a", { finishReason: "STOP" }), { headers: { "x-gemini-service-tier": "priority" } }),
      { mode: "unary" },
    );
    assert.deepEqual([valuesOf(events, "started")[0]?.serviceTier, valuesOf(events, "usage")[0]?.serviceTier], [3, 3]);
  });

  test("events of one read share a batch, and the first batch begins with Started", async () => {
    await using rig = await startRig([streamAnswer(HELLO)]);
    const batches = [];
    for await (const batch of rig.open()) batches.push(batch.events.map(({ event }) => event.case));
    assert.equal(batches[0]?.[0], "started");
    assert.ok(batches.every((cases) => cases.length > 0));
    assert.deepEqual(batches.at(-1)?.slice(-2), ["finished", "usage"]);
  });

  test("a picture of 20 MB in one event arrives whole, streamed and not", async () => {
    const data = pngBase64(20_971_520);
    const chunk = imageChunk(data, "image/png", { finishReason: "STOP" });
    for (const [mode, answer] of [
      ["stream", streamAnswer([chunk])],
      ["unary", jsonAnswer(chunk)],
    ] as const) {
      const { events, failure } = await outcomeOf(answer, { mode });
      assert.equal(failure, undefined);
      const [media] = valuesOf(events, "media");
      assert.ok(media?.source.case === "data" && String(base64OfData(media.source)) === data, mode);
    }
  });

  test("missing counts are estimated from the request and the answer", async () => {
    const { events } = await outcomeOf(streamAnswer([textChunk("12345678", { usage: null, finishReason: "STOP" })]));
    const [usage] = valuesOf(events, "usage");
    assert.deepEqual([usage?.promptTokens, usage?.completionTokens, usage?.estimated], [2, 2, true]);
  });
});

suite("other calls", () => {
  test("tokens are counted for the whole request", async () => {
    const answer = {
      totalTokens: 31,
      cachedContentTokenCount: 4,
      promptTokensDetails: [{ modality: "TEXT", tokenCount: 31 }],
    };
    await using rig = await startRig([jsonAnswer(answer)]);
    const count = await rig.upstream.countTokens({
      key: { index: 0, project: "one" },
      call: rig.prepare("gemini-x"),
      signal: never,
      limits: LIMITS,
    });
    assert.deepEqual([count.totalTokens, count.cachedTokens], [31, 4]);
    assert.deepEqual(
      count.modalityTokens.map(({ kind, tokens }) => [kind, tokens]),
      [[ModalityTokens_Kind.PROMPT, 31]],
    );
    const [call] = rig.gemini.calls;
    assert.equal(call?.path, "/v1beta/models/gemini-x:countTokens");
    const contents = [{ role: "user", parts: [{ text: "Hello" }] }];
    assert.deepEqual(call.json(), { generateContentRequest: { model: "models/gemini-x", contents } });
  });

  test("a count that fails is a failure of the catalogue", async () => {
    for (const answer of [errorAnswer(geminiErrors.overloaded), jsonAnswer(null)]) {
      await using rig = await startRig([answer]);
      const count = rig.upstream.countTokens({
        key: { index: 0, project: "one" },
        call: rig.prepare(),
        signal: never,
        limits: LIMITS,
      });
      await assert.rejects(count, (error) => error instanceof Failure && error.row.httpStatus >= 502);
    }
  });

  test("all pages of the model list are read, up to a limit", async () => {
    const queries: string[] = [];
    await using server = await serve((request) => {
      queries.push(request.url ?? "");
      const page = queries.length;
      const models = [
        {
          name: `models/m${page}`,
          displayName: `M ${page}`,
          inputTokenLimit: 5,
          supportedGenerationMethods: ["generateContent"],
          thinking: true,
          maxTemperature: 2,
        },
        {},
      ];
      return { models, ...(page === 3 ? {} : { nextPageToken: `t&${page}` }) };
    });
    await using rig = await startRig([], { baseUrl: new URL(server.origin) });
    const models = await rig.upstream.listModels({ index: 0, project: "one" }, never);
    assert.deepEqual(
      models.map(({ id }) => id),
      ["m1", "m2", "m3"],
    );
    assert.deepEqual(models[0], {
      id: "m1",
      displayName: "M 1",
      description: "",
      inputTokenLimit: 5,
      outputTokenLimit: 0,
      chats: true,
      thinking: true,
      maxTemperature: 2,
    });
    assert.deepEqual(queries, [
      "/v1beta/models?pageSize=1000",
      "/v1beta/models?pageSize=1000&pageToken=t%261",
      "/v1beta/models?pageSize=1000&pageToken=t%262",
    ]);
  });

  test("a model list without end comes to one", async () => {
    await using server = await serve(() => ({ models: [{ name: "models/m" }], nextPageToken: "again" }));
    await using rig = await startRig([], { baseUrl: new URL(server.origin) });
    assert.equal((await rig.upstream.listModels({ index: 0, project: "one" }, never)).length, 20);
  });
});

suite("proxies", () => {
  test("the configured proxy gets the request with its full address", async () => {
    const targets: string[] = [];
    await using proxy = await serve((request) => {
      targets.push(`${request.url} ${String(request.headers["x-goog-api-key"])}`);
      return textChunk("by proxy", { finishReason: "STOP" });
    });
    await using rig = await startRig([], {
      baseUrl: new URL("http://gemini.invalid"),
      proxyUrl: new URL(proxy.origin),
    });
    assert.equal(textOf(await collect(rig.open({ mode: "unary" }))), "by proxy");
    assert.deepEqual(targets, [`http://gemini.invalid/v1beta/models/gemini-3.8-flash:generateContent ${KEYS[0]?.key}`]);
  });

  test("a proxy that is not there is an upstream that cannot be reached", async () => {
    await using rig = await startRig([], { proxyUrl: new URL(await refusingOrigin()) });
    assert.equal((await collect(rig.open())).failure?.reason, "UPSTREAM_UNAVAILABLE");
  });

  test("proxy variables of the environment are not read", async () => {
    const before = { ...process.env };
    process.env["HTTP_PROXY"] = process.env["http_proxy"] = process.env["ALL_PROXY"] = await refusingOrigin();
    try {
      assert.equal(textOf(await outcomeOf(streamAnswer(HELLO))), "Hello");
    } finally {
      process.env = before;
    }
  });
});

/** A server that answers every request with this JSON. */
async function serve(answer: (request: IncomingMessage) => unknown): Promise<AsyncDisposable & { origin: string }> {
  const server = createServer((request, response) => {
    request.resume();
    response.setHeader("content-type", "application/json").end(JSON.stringify(answer(request)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
