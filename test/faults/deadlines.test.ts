// Goal: every wait ends: at the caller's deadline, whatever it is called, or at the limit of the configuration, each with its own code.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Code, createClient } from "@connectrpc/connect";
import { ChatService } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { assertErrorOf } from "../facade/openai-error.ts";
import {
  errorAnswer,
  geminiErrors,
  headNow,
  jsonAnswer,
  pause,
  raw,
  startFaultyGemini,
  streamAnswer,
  textChunk,
  type FaultyGemini,
} from "../support/faulty-gemini.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { transportsOf } from "../support/transports.ts";
import { failureOf, openAi, question, readSse, readStream, reasonOf } from "./requests.ts";

/** Timers and a busy machine may be late by so much. */
const SLACK_MS = 1_500;
const LIMIT_MS = 600;

interface Rig extends AsyncDisposable {
  readonly gemini: FaultyGemini;
  readonly gateway: TestGateway;
}

async function rig(settings: Record<string, string> = {}): Promise<Rig> {
  const gemini = await startFaultyGemini();
  const gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin, ...settings });
  return {
    gemini,
    gateway,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await gemini.close();
    },
  };
}

async function timed<T>(promise: Promise<T>): Promise<{ value: T; ms: number }> {
  const startedMs = performance.now();
  return { value: await promise, ms: performance.now() - startedMs };
}

function assertAround(ms: number, expectedMs: number): void {
  assert.ok(ms >= expectedMs - 50 && ms < expectedMs + SLACK_MS, `${ms} ms instead of ${expectedMs}`);
}

const end = textChunk("end", { finishReason: "STOP" });

describe("the deadline of the caller", { concurrency: 4 }, () => {
  test("x-request-timeout ends JSON calls and streams that have not begun with 504", async () => {
    await using rigged = await rig();
    for (const stream of [false, true]) {
      rigged.gemini.script([["stall"]]);
      const { value, ms } = await timed(rigged.gateway.post(openAi(stream), { "x-request-timeout": "0.6" }));
      await assertErrorOf(value, { status: 504, code: "timeout" });
      assertAround(ms, LIMIT_MS);
      assert.equal(await rigged.gemini.calls.at(-1)?.whenEnded(), "client-closed");
    }
  });

  test("x-request-timeout ends a running stream with an error event", async () => {
    await using rigged = await rig();
    rigged.gemini.script([streamAnswer([textChunk("one"), "stall"])]);
    const asked = rigged.gateway.post(openAi(true), { "x-request-timeout": "0.6" });
    const { value, ms } = await timed(asked.then((response) => response.text()));
    const answer = readSse(value);
    assert.deepEqual([answer.content, answer.error?.code, answer.done], ["one", "timeout", false]);
    assertAround(ms, LIMIT_MS);
  });

  test("X-Stainless-Timeout ends a JSON call", async () => {
    await using rigged = await rig();
    rigged.gemini.script([["stall"]]);
    const { value, ms } = await timed(rigged.gateway.post(openAi(false), { "X-Stainless-Timeout": "1" }));
    await assertErrorOf(value, { status: 504, code: "timeout" });
    assertAround(ms, 1_000);
  });

  test("X-Stainless-Timeout only bounds the wait for the 200 of a stream, which then goes on", async () => {
    await using rigged = await rig();
    rigged.gemini.script([streamAnswer([headNow, pause(2_500), end])]);
    const { value, ms } = await timed(rigged.gateway.post(openAi(true), { "X-Stainless-Timeout": "1" }));
    assert.equal(value.status, 200);
    assert.ok(ms < 1_500, `${ms} ms`);
    const answer = readSse(await value.text());
    assert.deepEqual([answer.content, answer.done], ["end", true]);
  });

  test("strange values of the SDK's header are ignored", async () => {
    await using rigged = await rig();
    for (const value of ["soon", "-5", "0", ""]) {
      rigged.gemini.script([jsonAnswer(end)]);
      const response = await rigged.gateway.post(openAi(false), { "X-Stainless-Timeout": value });
      assert.equal(response.status, 200, value);
      await response.text();
    }
  });

  for (const name of ["gRPC over HTTP/2", "Connect over HTTP/2", "Connect over HTTP/1.1", "Connect with JSON"]) {
    test(`the deadline of ${name} ends calls and streams on both sides`, async () => {
      await using rigged = await rig();
      const transport = transportsOf(rigged.gateway).find((candidate) => candidate.name === name)?.transport;
      assert.ok(transport);
      const client = createClient(ChatService, transport);
      rigged.gemini.script([["stall"], streamAnswer([textChunk("one"), "stall"])]);
      const unary = await timed(failureOf(client.chat(question(), { timeoutMs: LIMIT_MS })));
      assert.equal(unary.value.code, Code.DeadlineExceeded);
      assertAround(unary.ms, LIMIT_MS);
      const stream = await timed(readStream(client.streamChat(question(), { timeoutMs: LIMIT_MS })));
      assert.equal(stream.value.failure?.code, Code.DeadlineExceeded);
      assertAround(stream.ms, LIMIT_MS);
      for (const call of rigged.gemini.calls) assert.equal(await call.whenEnded(), "client-closed");
    });

    test(`x-request-timeout works over ${name} too and has a reason; nonsense in it is refused`, async () => {
      await using rigged = await rig();
      const transport = transportsOf(rigged.gateway).find((candidate) => candidate.name === name)?.transport;
      assert.ok(transport);
      const client = createClient(ChatService, transport);
      rigged.gemini.script([["stall"], ["stall"]]);
      for (const call of [
        () => client.chat(question(), { headers: { "x-request-timeout": "0.6" } }),
        () =>
          readStream(client.streamChat(question(), { headers: { "x-request-timeout": "0.6" } })).then(({ failure }) =>
            Promise.reject(failure),
          ),
      ]) {
        const { value, ms } = await timed(failureOf(call()));
        assert.deepEqual([value.code, reasonOf(value)], [Code.DeadlineExceeded, "TIMEOUT"]);
        assertAround(ms, LIMIT_MS);
      }
      for (const call of [
        () => client.chat(question(), { headers: { "x-request-timeout": "soon" } }),
        () =>
          readStream(client.streamChat(question(), { headers: { "x-request-timeout": "soon" } })).then(({ failure }) =>
            Promise.reject(failure),
          ),
      ]) {
        const failure = await failureOf(call());
        assert.deepEqual([failure.code, reasonOf(failure)], [Code.InvalidArgument, "INVALID_VALUE"]);
      }
    });
  }

  test("a deadline longer than ours is clamped, not refused", async () => {
    await using rigged = await rig({ REQUEST_TIMEOUT_MS: String(LIMIT_MS), STREAM_TIMEOUT_MS: String(LIMIT_MS) });
    rigged.gemini.script(() => ["stall"]);
    const rest = await timed(rigged.gateway.post(openAi(false), { "x-request-timeout": "86400000" }));
    assert.equal(rest.value.status, 504);
    assertAround(rest.ms, LIMIT_MS);
    await rest.value.text();
    const transport = transportsOf(rigged.gateway).find(({ name }) => name === "gRPC over HTTP/2")?.transport;
    assert.ok(transport);
  });

  for (const [name, header, value] of [
    ["gRPC over HTTP/2", "grpc-timeout", "99999999H"],
    ["gRPC over HTTP/2", "grpc-timeout", "99999999m"],
    ["Connect over HTTP/1.1", "connect-timeout-ms", "9999999999"],
    ["Connect over HTTP/2", "connect-timeout-ms", "4294967296"],
  ] as const) {
    test(`${header}: ${value} over ${name} is clamped to our own limit`, async () => {
      await using rigged = await rig({ REQUEST_TIMEOUT_MS: String(LIMIT_MS) });
      rigged.gemini.script(() => ["stall"]);
      const transport = transportsOf(rigged.gateway).find((candidate) => candidate.name === name)?.transport;
      assert.ok(transport);
      const client = createClient(ChatService, transport);
      const { value: failure, ms } = await timed(failureOf(client.chat(question(), { headers: { [header]: value } })));
      assert.deepEqual([failure.code, reasonOf(failure)], [Code.DeadlineExceeded, "TIMEOUT"]);
      assertAround(ms, LIMIT_MS);
    });
  }

  test("RT-1: one deadline spans all attempts and waits, for all of many callers", async () => {
    await using rigged = await rig();
    // Each attempt keeps within the deadline; two of them do not.
    rigged.gemini.script(() => [pause(0.75 * LIMIT_MS), ...errorAnswer(geminiErrors.overloaded)]);
    await Promise.all(
      Array.from({ length: 20 }, async (_, at) => {
        const { value, ms } = await timed(rigged.gateway.post(openAi(at % 2 === 0), { "x-request-timeout": "0.6" }));
        await value.text();
        assert.ok([503, 504].includes(value.status), String(value.status));
        assert.ok(ms < LIMIT_MS + SLACK_MS, `${ms} ms`);
      }),
    );
    // A third attempt could begin only after the deadline.
    assert.ok(rigged.gemini.calls.length <= 2 * 20);
  });
});

describe("Gemini is told how long we wait", () => {
  test("the rest of the caller's deadline, in whole seconds", async () => {
    await using rigged = await rig();
    rigged.gemini.script(({ streaming }) => (streaming ? streamAnswer([end]) : jsonAnswer(end)));
    for (const stream of [false, true]) {
      await (await rigged.gateway.post(openAi(stream), { "x-request-timeout": "7.5" })).text();
      assert.equal(rigged.gemini.calls.at(-1)?.headers["x-server-timeout"], "8");
    }
    await (await rigged.gateway.post(openAi(false))).text();
    assert.equal(rigged.gemini.calls.at(-1)?.headers["x-server-timeout"], "600");
    await (await rigged.gateway.post(openAi(true))).text();
    assert.equal(rigged.gemini.calls.at(-1)?.headers["x-server-timeout"], "1200");
    const transport = transportsOf(rigged.gateway).find(({ name }) => name === "gRPC over HTTP/2")?.transport;
    assert.ok(transport);
    await createClient(ChatService, transport).chat(question(), { timeoutMs: 5_000 });
    assert.equal(rigged.gemini.calls.at(-1)?.headers["x-server-timeout"], "5");
  });
});

describe("the limits of the configuration", { concurrency: 4 }, () => {
  test("FIRST_EVENT_TIMEOUT_MS ends a stream that does not begin, after one more try", async () => {
    await using rigged = await rig({ FIRST_EVENT_TIMEOUT_MS: String(LIMIT_MS) });
    rigged.gemini.script(() => ["stall"]);
    const { value, ms } = await timed(rigged.gateway.post(openAi(true)));
    await assertErrorOf(value, { status: 504, code: "first_event_timeout" });
    assert.ok(ms >= 2 * LIMIT_MS - 50 && ms < 2 * LIMIT_MS + 1_000 + SLACK_MS, `${ms} ms`);
    assert.equal(rigged.gemini.calls.length, 2);
    assert.equal(await rigged.gemini.calls[0]?.whenEnded(), "client-closed");
  });

  test("FIRST_EVENT_TIMEOUT_MS does not end a JSON call", async () => {
    await using rigged = await rig({ FIRST_EVENT_TIMEOUT_MS: String(LIMIT_MS) });
    rigged.gemini.script([[pause(2 * LIMIT_MS), ...jsonAnswer(end)]]);
    const response = await rigged.gateway.post(openAi(false));
    assert.equal(response.status, 200);
    await response.text();
  });

  test("STREAM_IDLE_TIMEOUT_MS ends a stream that falls silent, also when bytes still trickle", async () => {
    await using rigged = await rig({ STREAM_IDLE_TIMEOUT_MS: String(LIMIT_MS) });
    const silent = streamAnswer([textChunk("one"), "stall"]);
    const bytes = Array.from({ length: 60 }, () => [pause(50), raw("x")]).flat();
    const trickling = streamAnswer([textChunk("one"), raw('data: {"candidates": "'), ...bytes]);
    for (const answer of [silent, trickling]) {
      rigged.gemini.script([answer]);
      const asked = rigged.gateway.post(openAi(true));
      const { value, ms } = await timed(asked.then((response) => response.text()));
      const { content, error, done } = readSse(value);
      assert.deepEqual([content, error?.code, done], ["one", "stream_idle_timeout", false]);
      assertAround(ms, LIMIT_MS);
      assert.equal(await rigged.gemini.calls.at(-1)?.whenEnded(), "client-closed");
    }
  });

  test("STREAM_IDLE_TIMEOUT_MS has its own reason over gRPC", async () => {
    await using rigged = await rig({ STREAM_IDLE_TIMEOUT_MS: String(LIMIT_MS) });
    rigged.gemini.script([streamAnswer([textChunk("one"), "stall"])]);
    const transport = transportsOf(rigged.gateway).find(({ name }) => name === "gRPC over HTTP/2")?.transport;
    assert.ok(transport);
    const { failure, text } = await readStream(createClient(ChatService, transport).streamChat(question()));
    assert.deepEqual([text, failure?.code, reasonOf(failure)], ["one", Code.DeadlineExceeded, "STREAM_IDLE_TIMEOUT"]);
  });

  test("REQUEST_TIMEOUT_MS ends a JSON call and no stream", async () => {
    await using rigged = await rig({ REQUEST_TIMEOUT_MS: String(LIMIT_MS) });
    rigged.gemini.script([["stall"], streamAnswer([textChunk("one "), pause(2 * LIMIT_MS), end])]);
    const { value, ms } = await timed(rigged.gateway.post(openAi(false)));
    await assertErrorOf(value, { status: 504, code: "timeout" });
    assertAround(ms, LIMIT_MS);
    const stream = readSse(await (await rigged.gateway.post(openAi(true))).text());
    assert.deepEqual([stream.content, stream.done], ["one end", true]);
  });

  test("STREAM_TIMEOUT_MS ends a stream however lively it is", async () => {
    await using rigged = await rig({ STREAM_TIMEOUT_MS: String(LIMIT_MS) });
    const lively = Array.from({ length: 60 }, () => [textChunk("x"), pause(50)]).flat();
    rigged.gemini.script([streamAnswer(lively)]);
    const { value, ms } = await timed(rigged.gateway.post(openAi(true)).then((response) => response.text()));
    const { error, done, finishReasons } = readSse(value);
    assert.deepEqual([error?.code, done, finishReasons], ["timeout", false, []]);
    assertAround(ms, LIMIT_MS);
  });
});
